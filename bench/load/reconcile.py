"""What numpy says of reconciliation, for crates/forecast/src/hierarchy/tests.rs:

    python bench/load/reconcile.py > crates/forecast/src/hierarchy/numpy.json

Written from the papers in their own form, S (S' W^-1 S)^-1 S' W^-1, which the crate does not use.
"""

import json

import numpy as np

rng = np.random.default_rng(7)
groups = [[0, 1], [2, 3, 4], [0, 1, 2, 3, 4]]
m, u, origins, horizon = 5, 3, 12, 3
S = np.vstack([np.eye(m), [[float(j in g) for j in range(m)] for g in groups]])
n = m + u
mixing = np.tril(rng.normal(size=(n, n))) + np.diag(np.arange(1.0, n + 1))
errors = np.einsum("ij,kjh->kih", mixing, rng.normal(size=(origins, n, horizon)))
base = np.concatenate([rng.uniform(5, 50, size=m), rng.uniform(20, 150, size=u)])

# Uncentred second moments; their correlations; the variance of each correlation over origins (Schaefer and Strimmer 2005).
by_origin = np.einsum("kih,kjh->kij", errors, errors) / horizon
W = by_origin.mean(axis=0)
d = np.sqrt(np.diag(W))
r = W / np.outer(d, d)
variance = (by_origin / np.outer(d, d)).var(axis=0, ddof=1) / origins
off = ~np.eye(n, dtype=bool)
shrinkage = float(np.clip(variance[off].sum() / (r[off] ** 2).sum(), 0, 1))
shrunk = shrinkage * np.diag(np.diag(W)) + (1 - shrinkage) * W


def reconciled(weights):
    inverse = np.linalg.inv(weights)
    return (S @ np.linalg.solve(S.T @ inverse @ S, S.T @ inverse @ base)).tolist()


print(
    json.dumps(
        {
            "groups": groups,
            "horizon": horizon,
            "errors": errors.reshape(origins, -1).tolist(),
            "base": base.tolist(),
            "shrinkage": shrinkage,
            "covariances": shrunk.tolist(),
            "ols": reconciled(np.eye(n)),
            "wls": reconciled(np.diag(np.diag(W))),
            "mint": reconciled(shrunk),
        }
    )
)
