"""gyeol and gensim on the four coherences, run in turn, one JSON line each.

    cargo build --release -p gyeol-topic --example coherence
    python bench/topic/coherence.py DOCS [--topics 50] [--measures u_mass,c_uci,c_npmi,c_v] [--rounds 1] [--keep OUT.jsonl]

DOCS is a text, a document a line; topics are ten frequent words each, drawn by a fixed generator from the 2,000 most frequent, for what is
timed is the counting. One thread each. `same` says whether the means agree to 1e-9.
"""

import argparse
import json
import os
import random
import subprocess
import tempfile
import time
from collections import Counter

import prepared

NAMES = {"u_mass": "u-mass", "c_uci": "uci", "c_npmi": "npmi", "c_v": "c-v"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--topics", type=int, default=50)
    parser.add_argument("--measures", default=",".join(NAMES))
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--documents", type=int, help="the first ones alone")
    parser.add_argument("--ours", default="target/release/examples/coherence")
    parser.add_argument("--keep", help="append the lines to this file")
    options = parser.parse_args()
    import gensim
    from gensim.corpora import Dictionary
    from gensim.models.coherencemodel import CoherenceModel

    documents, _ = prepared.documents(options.file)
    documents = documents[: options.documents]
    frequent = [w for w, _ in Counter(w for d in documents for w in d).most_common(2000)]
    draw = random.Random(1)
    topics = [draw.sample(frequent, 10) for _ in range(options.topics)]
    texts = [[str(w) for w in d] for d in documents]
    dictionary = Dictionary(texts)
    with tempfile.TemporaryDirectory() as folder:
        names = [os.path.join(folder, n) for n in ("texts", "topics")]
        prepared.write(names[0], documents)
        prepared.write(names[1], topics)
        for turn in range(options.rounds):
            run = subprocess.run([options.ours, *names, "1", "5"], capture_output=True, text=True, check=True)
            ours = {tuple(r["measures"]): r for r in map(json.loads, run.stdout.splitlines())}
            for name in options.measures.split(","):
                begun = time.perf_counter()
                model = CoherenceModel(topics=[[str(w) for w in t] for t in topics], texts=texts, dictionary=dictionary, coherence=name, processes=1)
                mean = float(model.get_coherence())
                seconds = time.perf_counter() - begun
                mine = ours[(NAMES[name],)]
                record = {"case": name, "turn": turn, "documents": len(documents), "tokens": sum(map(len, documents)), "gensim_version": gensim.__version__, "gensim": seconds, "gyeol": mine["seconds"], "times": seconds / mine["seconds"], "same": abs(mine["means"][0] - mean) < 1e-9 * abs(mean), "load": round(os.getloadavg()[0], 2)}
                print(json.dumps(record), flush=True)
                if options.keep:
                    print(json.dumps(record), file=open(options.keep, "a"))
            print(json.dumps({"case": "all four at once", "gyeol": [r["seconds"] for m, r in ours.items() if len(m) == 4][0]}), flush=True)


if __name__ == "__main__":
    main()
