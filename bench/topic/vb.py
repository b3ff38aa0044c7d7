"""gyeol and scikit-learn on topics by variational Bayes, run in turn, one JSON line each.

    cargo build --release -p gyeol-topic --example variational
    python bench/topic/vb.py DOCS [--topics 50] [--cases batch,online] [--epochs 2] [--rounds 2] [--threads 1,2] [--keep OUT.jsonl]

DOCS is a text, a document a line. Both have scikit-learn's default options and their own random beginnings, so the perplexities
of the training part agree in about their first two digits and not more. The last line of each case is the ratio of the best rounds.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time

import prepared


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--topics", type=int, default=50)
    parser.add_argument("--cases", default="batch,online")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--documents", type=int, help="the first ones alone")
    parser.add_argument("--ours", default="target/release/examples/variational")
    parser.add_argument("--keep", help="append the lines to this file")
    options = parser.parse_args()
    # Its processes share the work; BLAS threads below them only stand in each other's way.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import numpy as np
    import scipy.sparse as sp
    import sklearn
    from sklearn.decomposition import LatentDirichletAllocation

    documents, words = prepared.documents(options.file)
    documents = documents[: options.documents]
    rows = np.repeat(np.arange(len(documents)), [len(d) for d in documents])
    X = sp.csr_matrix((np.ones(len(rows)), (rows, np.concatenate(documents))), shape=(len(documents), words))
    X.sum_duplicates()
    with tempfile.TemporaryDirectory() as folder:
        ids = os.path.join(folder, "ids.txt")
        prepared.write(ids, documents)
        for case in options.cases.split(","):
            for threads in options.threads.split(","):
                best = {}
                for turn in range(options.rounds):
                    command = [options.ours, ids, str(words), str(options.topics), case, str(options.epochs), threads]
                    ours = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
                    lda = LatentDirichletAllocation(options.topics, learning_method=case, max_iter=options.epochs, n_jobs=int(threads), random_state=turn)
                    # `fit` ends with a perplexity that gyeol leaves out; it is not timed.
                    done = {}

                    def perplexity(*a, **k):
                        return 0.0

                    lda._perplexity_precomp_distr = perplexity
                    step = lda._e_step

                    def timed(X, cal_sstats, random_init, parallel=None):
                        if not random_init:
                            done.setdefault("s", time.perf_counter())
                            return np.zeros((X.shape[0], options.topics)), None
                        return step(X, cal_sstats, random_init, parallel)

                    lda._e_step = timed
                    begun = time.perf_counter()
                    lda.fit(X)
                    seconds = done["s"] - begun
                    del lda._e_step, lda._perplexity_precomp_distr
                    theirs = {"program": "scikit-learn", "version": sklearn.__version__, "threads": int(threads), "seconds": seconds, "perplexity": lda.perplexity(X)}
                    for record in (ours, theirs):
                        record |= {"case": case, "turn": turn, "documents": len(documents), "tokens": len(rows), "words": words, "load": round(os.getloadavg()[0], 2)}
                        best[record["program"]] = min(best.get(record["program"], 1e9), record["seconds"])
                        if options.keep:
                            print(json.dumps(record), file=open(options.keep, "a"))
                summary = {"case": case, "threads": int(threads)} | {name: round(s, 3) for name, s in best.items()}
                print(json.dumps(summary | {"perplexity": [ours["perplexity"], theirs["perplexity"]], "times": round(best["scikit-learn"] / best["gyeol"], 2)}), flush=True)


if __name__ == "__main__":
    main()
