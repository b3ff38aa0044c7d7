"""Latent Dirichlet allocation beside tomotopy: speed, and quality of the topics. One JSON line each; needs tomotopy, gensim,
scikit-learn (its list of stop words).

    cargo build --release -p gyeol-topic --example lda
    python bench/topic/lda.py speed DOCS [--k 50,500] [--threads 1,2] [--seconds 15] [--keep OUT.jsonl]
    python bench/topic/lda.py quality TRAIN [TEST] [--k 20,50,100] [--seeds 1,2] [--keep OUT.jsonl]

DOCS is a text, a document a line. TRAIN and TEST are JSON lines with `text`, or the raw AP file (`<TEXT>` … `</TEXT>`);
without TEST every tenth document is held out. Words are [a-z]{3,15} in small letters without scikit-learn's English stop
words, in at least five documents and at most half of them; both programs get the same tokens, the same priors (α 0.1, β
0.01; α learned every 10 sweeps after 50 for quality, fixed for speed) and the same number of sweeps.

Speed is judged by the log-likelihood per token of words and topics together by seconds; the two programs take turns.
Perplexity is by document completion: one function scores both programs' topics (`lda judge`). Coherence is gensim's NPMI
(window 10) of the ten first words over the training texts.
"""

import argparse
import gzip
import json
import os
import re
import subprocess
import tempfile
import time
from collections import Counter


def documents(path):
    opened = gzip.open(path, "rt", encoding="utf-8", errors="replace") if path.endswith(".gz") else open(path, encoding="utf-8")
    with opened as lines:
        text = lines.read()
    if "<TEXT>" in text[:10_000]:
        return re.findall(r"<TEXT>(.*?)</TEXT>", text, re.S)
    if text.startswith("{"):
        return [json.loads(line)["text"] for line in text.splitlines()]
    return text.split("\n")[:-1]


def cut(texts):
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS as stop

    return [[w for w in re.findall(r"\b[a-z]{3,15}\b", t.lower()) if w not in stop] for t in texts]


def pruned(train, others=()):
    df = Counter(w for d in train for w in set(d))
    keep = {w for w, n in df.items() if 5 <= n <= len(train) / 2}
    return [[d for d in ([w for w in d if w in keep] for d in part) if d] for part in (train, *others)]


def written(folder, name, docs):
    path = os.path.join(folder, name)
    with open(path, "w") as out:
        out.writelines(" ".join(d) + "\n" for d in docs)
    return path


def ours(options, *arguments):
    out = subprocess.run([options.ours, *map(str, arguments)], capture_output=True, text=True)
    if out.returncode:
        raise SystemExit(out.stderr)
    return json.loads(out.stdout)


def theirs(docs, k, seed, burn_in, learn):
    import tomotopy

    model = tomotopy.LDAModel(k=k, alpha=0.1, eta=0.01, seed=seed)
    model.optim_interval, model.burn_in = (10, burn_in) if learn else (0, 0)
    for d in docs:
        model.add_doc(d)
    model.train(0)
    return model


def speed(options, folder, keep):
    import tomotopy

    (docs,) = pruned(cut(documents(options.file)))
    path = written(folder, "docs", docs)
    for k in map(int, options.k.split(",")):
        for threads in map(int, options.threads.split(",")):
            for turn in range(options.rounds):
                line = ours(options, "speed", path, k, threads, options.seconds, 5, 1)
                keep(line | {"turn": turn})
                model, seconds, sweeps, trace = theirs(docs, k, 1, 0, False), 0.0, 0, []
                while seconds < options.seconds:
                    begun = time.perf_counter()
                    model.train(5, workers=threads)
                    seconds, sweeps = seconds + time.perf_counter() - begun, sweeps + 5
                    trace.append([round(seconds, 3), sweeps, model.ll_per_word])
                other = {"program": "tomotopy", "version": tomotopy.__version__, "isa": tomotopy.isa, "k": k, "threads": threads, "turn": turn,
                         "sweeps": sweeps, "seconds": seconds, "tokens_per_s": round(model.num_words * sweeps / seconds), "trace": trace}
                keep(other)
                reached = next((s for s, _, l in line["trace"] if l >= trace[-1][2]), None)
                print(json.dumps({"k": k, "threads": threads, "gyeol": line["tokens_per_s"], "tomotopy": other["tokens_per_s"],
                                  "times": round(line["tokens_per_s"] / other["tokens_per_s"], 2),
                                  "their_last_likelihood": trace[-1][2], "their_seconds": round(seconds, 2), "our_seconds_to_it": reached}), flush=True)


def npmi(topics, docs, dictionary):
    from gensim.models import CoherenceModel

    known = [[w for w in t if w in dictionary.token2id] for t in topics]
    return CoherenceModel(topics=known, texts=docs, dictionary=dictionary, coherence="c_npmi", processes=1).get_coherence()


def quality(options, folder, keep):
    import numpy as np
    import tomotopy
    from gensim.corpora import Dictionary

    texts = cut(documents(options.file))
    if options.test:
        train, test = pruned(texts, [cut(documents(options.test))])
    else:
        train, test = pruned([d for i, d in enumerate(texts) if i % 10], [texts[::10]])
    train_path, test_path = written(folder, "train", train), written(folder, "test", test)
    dictionary = Dictionary(train)
    columns = {}
    for d in train:
        for w in d:
            columns.setdefault(w, len(columns))
    for k in map(int, options.k.split(",")):
        for seed in map(int, options.seeds.split(",")):
            shared = {"corpus": os.path.basename(options.file), "train": len(train), "test": len(test), "words": len(columns),
                      "tokens": sum(map(len, train)), "k": k, "seed": seed, "sweeps": options.sweeps}
            for samples in map(int, options.samples.split(",")):
                line = ours(options, "quality", train_path, test_path, k, options.workers, options.sweeps, seed, samples)
                line |= {"program": "gyeol", "samples": samples, "npmi": npmi(line["topics"], train, dictionary)} | shared
                keep(line)
                print(json.dumps({n: line[n] for n in ("program", "samples", "k", "seed", "perplexity", "npmi", "log_likelihood", "seconds")}), flush=True)
            model = theirs(train, k, seed, 50, True)
            begun = time.perf_counter()
            model.train(options.sweeps, workers=options.workers)
            seconds = time.perf_counter() - begun
            phi = np.zeros((k, len(columns)), dtype="<f4")
            at = [columns[w] for w in model.used_vocabs]
            for t in range(k):
                phi[t, at] = model.get_topic_word_dist(t)
            phi.tofile(os.path.join(folder, "phi"))
            with open(os.path.join(folder, "alpha"), "w") as out:
                out.writelines(f"{a}\n" for a in model.alpha)
            line = ours(options, "judge", train_path, test_path, os.path.join(folder, "phi"), os.path.join(folder, "alpha"))
            topics = [[w for w, _ in model.get_topic_words(t, 10)] for t in range(k)]
            line |= {"program": "tomotopy", "version": tomotopy.__version__, "topics": topics, "alpha": list(map(float, model.alpha)),
                     "npmi": npmi(topics, train, dictionary), "log_likelihood": model.ll_per_word, "seconds": seconds} | shared
            keep(line)
            print(json.dumps({n: line[n] for n in ("program", "k", "seed", "perplexity", "npmi", "log_likelihood", "seconds")}), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["speed", "quality"])
    parser.add_argument("file")
    parser.add_argument("test", nargs="?")
    parser.add_argument("--k")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seeds", default="1,2")
    parser.add_argument("--samples", default="1,10", help="states averaged by gyeol; 10 is its default")
    parser.add_argument("--sweeps", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--ours", default="target/release/examples/lda")
    parser.add_argument("--keep", help="append the lines to this file")
    options = parser.parse_args()
    options.k = options.k or ("50,500" if options.what == "speed" else "20,50,100")

    def keep(line):
        line["load"] = round(os.getloadavg()[0], 2)
        if options.keep:
            # Topics are others' words: the figures are kept, the words are not.
            print(json.dumps({n: v for n, v in line.items() if n != "topics"}), file=open(options.keep, "a"))

    with tempfile.TemporaryDirectory() as folder:
        (speed if options.what == "speed" else quality)(options, folder, keep)


if __name__ == "__main__":
    main()
