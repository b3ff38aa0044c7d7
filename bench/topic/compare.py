"""gyeol and scikit-learn on document-term matrices, singular values and neighbours, run in turn, one JSON line each.

    cargo build --release -p gyeol-topic --example vectors
    python bench/topic/compare.py DOCS [--cases count,tfidf,svd,lanczos,neighbours] [--rounds 3] [--keep OUT.jsonl]

DOCS is a text, a document a line. Both run with `--threads` threads; scikit-learn's vectorizers know one. `same` says
whether the results agree: the matrix to 1e-12, singular values to 1e-6 (lanczos with ARPACK), explained variance not lower
(svd), and the sum of all neighbours' cosines to 1e-6. The last line of each case is the ratio of the best rounds. Run it where nothing
else runs, and compare ratios, not figures.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time


def theirs(case, documents, threads, matrix):
    """Seconds, and what came out."""
    import numpy as np
    import scipy.sparse as sp
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
    from sklearn.neighbors import NearestNeighbors

    if case in ("count", "tfidf"):
        cls = CountVectorizer if case == "count" else TfidfVectorizer
        begun = time.perf_counter()
        made = cls().fit_transform(documents)
        return time.perf_counter() - begun, made
    if case in ("svd", "lanczos"):
        # The matrix that gyeol decomposed: of terms that are equally frequent the two choose others at the limit.
        X = sp.load_npz(matrix)
        how = {"algorithm": "randomized", "n_iter": 5, "random_state": 0} if case == "svd" else {"algorithm": "arpack", "random_state": 0}
        begun = time.perf_counter()
        model = TruncatedSVD(100, **how).fit(X)
        return time.perf_counter() - begun, model
    X = TfidfVectorizer().fit_transform(documents)
    begun = time.perf_counter()
    distances, _ = NearestNeighbors(n_neighbors=10, metric="cosine", algorithm="brute", n_jobs=threads).fit(X).kneighbors(X)
    return time.perf_counter() - begun, np.sum(1 - distances)


def same(case, ours, made, out):
    import numpy as np
    import scipy.sparse as sp

    if case in ("count", "tfidf"):
        X = sp.load_npz(out)
        made.sort_indices()
        equal = X.shape == made.shape and np.array_equal(X.indptr, made.indptr) and np.array_equal(X.indices, made.indices)
        return bool(equal and np.allclose(X.data, made.data, rtol=1e-12, atol=0))
    if case == "neighbours":
        return bool(abs(ours["sum"] - made) < 1e-6 * abs(made))
    if case == "lanczos":
        s = made.singular_values_[[0, 49, 99]]
        return bool(np.allclose(ours["sigma"], s, rtol=1e-6, atol=0))
    return bool(ours["explained"] >= float(made.explained_variance_ratio_.sum()) - 1e-5)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--cases", default="count,tfidf,svd,lanczos,neighbours")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--ours", default="target/release/examples/vectors")
    parser.add_argument("--keep", help="append the lines to this file")
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", str(options.threads))
    os.environ.setdefault("OPENBLAS_NUM_THREADS", str(options.threads))
    import sklearn

    documents = open(options.file, encoding="utf-8").read().split("\n")[:-1]
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "m.npz")
        for case in options.cases.split(","):
            best = {}
            for turn in range(options.rounds):
                command = [options.ours, case, options.file, str(options.threads), "1"] + ([out] if case != "neighbours" else [])
                ours = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
                seconds, made = theirs(case, documents, options.threads, out)
                other = {"program": "scikit-learn", "version": sklearn.__version__, "case": case, "threads": options.threads, "seconds": [seconds]}
                if case in ("svd", "lanczos"):
                    other["explained"] = float(made.explained_variance_ratio_.sum())
                ours["same"] = same(case, ours, made, out)
                for record in (ours, other):
                    record |= {"turn": turn, "load": round(os.getloadavg()[0], 2)}
                    best[record["program"]] = min(best.get(record["program"], 1e9), min(record["seconds"]))
                    if options.keep:
                        print(json.dumps(record), file=open(options.keep, "a"))
            summary = {"case": case, "same": ours["same"]} | {name: round(s, 3) for name, s in best.items()}
            print(json.dumps(summary | {"times": round(best["scikit-learn"] / best["gyeol"], 2)}), flush=True)


if __name__ == "__main__":
    main()
