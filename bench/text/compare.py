"""gyeol and its rivals on word schemes and sub-words, run in turn, one JSON line each.

    cargo build --release -p gyeol-text --features subword --example speed
    python bench/text/compare.py FILE [--cases treebank,word-punct,...] [--rounds 3] [--documents 2000] [--keep OUT.jsonl]

FILE is a text, a document a line. The rivals take the first documents alone (`--documents`), since they are slow, and
are measured in MB/s as ours, which takes the whole file: NLTK for treebank and word-punct, scikit-learn's analyzer for
scikit-learn-lower, and the tokenizers library for `batch`, a BPE of 16,000 that it trains here on those documents.
The last column is the ratio of the best rounds. Run it where nothing else runs, and compare ratios, not figures.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time


def rival(case, documents, model):
    """(name, version, function over all documents, or None)."""
    if case in ("treebank", "word-punct"):
        import nltk
        from nltk.tokenize import TreebankWordTokenizer, WordPunctTokenizer

        f = (TreebankWordTokenizer if case == "treebank" else WordPunctTokenizer)().tokenize
        return "nltk", nltk.__version__, lambda: sum(len(f(d)) for d in documents)
    if case == "scikit-learn-lower":
        import sklearn
        from sklearn.feature_extraction.text import CountVectorizer

        f = CountVectorizer().build_analyzer()
        return "scikit-learn", sklearn.__version__, lambda: sum(len(f(d)) for d in documents)
    if case == "batch":
        import tokenizers

        t = tokenizers.Tokenizer.from_file(model)
        return "tokenizers", tokenizers.__version__, lambda: sum(len(e.ids) for e in t.encode_batch(documents))
    return None


def trained(documents, path):
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    t = Tokenizer(models.BPE(unk_token="[UNK]"))
    t.pre_tokenizer = pre_tokenizers.Whitespace()
    t.train_from_iterator(documents, trainers.BpeTrainer(vocab_size=16000, special_tokens=["[UNK]"], show_progress=False))
    t.save(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--cases", default="treebank,word-punct,scikit-learn-lower,batch,word,unicode,whitespace,character")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--ours", default="target/release/examples/speed")
    parser.add_argument("--keep", help="append the lines to this file")
    options = parser.parse_args()
    whole = open(options.file, encoding="utf-8").read().split("\n")[:-1]
    few = whole[: options.documents]
    with tempfile.TemporaryDirectory() as folder:
        model = os.path.join(folder, "tokenizer.json")
        for case in options.cases.split(","):
            # A batch is compared on the same documents, since threads need enough of them.
            documents = whole if case == "batch" else few
            if case == "batch":
                trained(few, model)
            megabytes = sum(len(d.encode()) for d in documents) / 1e6
            theirs, best = rival(case, documents, model), {}
            for turn in range(options.rounds):
                name = f"batch:{model}" if case == "batch" else case
                ours = subprocess.run([options.ours, name, options.file, "1"], capture_output=True, text=True, check=True)
                records = [json.loads(ours.stdout) | {"case": case}]
                if theirs:
                    begun = time.perf_counter()
                    tokens = theirs[2]()
                    seconds = time.perf_counter() - begun
                    records.append({"program": theirs[0], "version": theirs[1], "case": case, "seconds": seconds})
                    records[1] |= {"tokens": tokens, "mb_per_s": megabytes / seconds}
                for record in records:
                    record |= {"turn": turn, "load": round(os.getloadavg()[0], 2)}
                    best[record["program"]] = max(best.get(record["program"], 0), record["mb_per_s"])
                    if options.keep:
                        print(json.dumps(record), file=open(options.keep, "a"))
            summary = {"case": case} | {name: round(rate, 2) for name, rate in best.items()}
            if theirs:
                summary["times"] = round(best["gyeol"] / best[theirs[0]], 2)
            print(json.dumps(summary), flush=True)


if __name__ == "__main__":
    main()
