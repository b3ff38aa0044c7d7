"""Korean sentences found exactly: gyeol, kiwipiepy and stops alone, on the same texts.

    cargo build --release -p gyeol-text --example korean_sentences
    python bench/text/korean_sentences.py target/release/examples/korean_sentences [--data DATA] [--kiwi-testset DIR] [--json FILE] [--show NAME]

Sets: our own marked texts without stops (crates/text/tests/data/korean_sentences.txt, those marked dev and held apart),
the same with stops, Tatoeba's sentences joined with and without stops, laws of konlpy_corpus as edited text, and, with
--kiwi-testset, the test sets of kiwipiepy's benchmark/sentence_split (not kept here; one sentence a line, an empty line
between texts, lines joined as they stand). Scores: EM, the share of marked sentences found exactly, and F1, the mean
over marked sentences of the best character overlap, as that benchmark defines both.
"""
import argparse, glob, gzip, hashlib, json, os, random, re, subprocess, time

here = os.path.dirname(os.path.abspath(__file__))
ap = argparse.ArgumentParser()
ap.add_argument("binary"); ap.add_argument("--data"); ap.add_argument("--kiwi-testset"); ap.add_argument("--json"); ap.add_argument("--show"); ap.add_argument("--only"); ap.add_argument("--no-kiwi", action="store_true")
args = ap.parse_args()

def own(part):
    texts, current, kind = [], [], None
    for line in open(f"{here}/../../crates/text/tests/data/korean_sentences.txt", encoding="utf-8").read().split("\n") + [""]:
        if line.startswith("#"):
            kind = line[1:].split()
        elif line:
            current.append(line)
        elif current:
            if kind[-1] == part:
                texts.append((" ".join(current), current))
            current = []
    return texts

def with_stops(texts):
    def stop(s):
        return s if re.search(r"[^가-힣\w]$", s) else s + "."
    return [(" ".join(map(stop, g)), [stop(s) for s in g]) for _, g in texts]

def tatoeba(keep):
    seen = sorted({l.split("\t")[1].strip() for l in gzip.open(f"{args.data}/tatoeba/kor-eng.tsv.gz", "rt", encoding="utf-8")})
    seen = sorted({s if re.search(r"[.!?]$", s) else s + "." for s in seen})
    seen = [s for s in seen if not re.search(r"[.!?]\s", s)]
    # The tenth that fit_korean_sentences.py holds out.
    seen = [s for s in seen if hashlib.sha256(s.encode()).digest()[0] % 10 == 0]
    random.Random(7).shuffle(seen)
    texts = []
    for at in range(0, len(seen), 5):
        gold = [s if keep else s.rstrip(".!?").strip() for s in seen[at:at + 5]]
        gold = [g for g in gold if g]
        texts.append((" ".join(gold), gold))
    return texts

def law():
    """Paragraphs of the constitution in which each sentence ends in a stop: marked by its own stops after 다."""
    texts = []
    for line in open(f"{args.data}/konlpy_corpus/kolaw/constitution.txt", encoding="utf-8"):
        line = line.strip()
        if line.endswith("다."):
            gold = re.split(r"(?<=다\.)\s+", line)
            texts.append((" ".join(gold), gold))
    return texts

def kiwi_set(path):
    texts, current = [], []
    for line in open(path, encoding="utf-8").read().split("\n") + [""]:
        line = line.rstrip("\r")
        if line:
            current.append(line)
        elif current:
            texts.append(("".join(current), current)); current = []
    return texts

def spans(sentences, full):
    out, at = [], 0
    for s in sentences:
        s = re.sub(r"\s+", "", s)
        begin = full.index(s, at)
        out.append((begin, begin + len(s))); at = begin + len(s)
    return out

def evaluate(gold, found):
    """(exact, F1) for each marked sentence: a found sentence counts for the marked one it overlaps best, once."""
    full = re.sub(r"\s+", "", "".join(gold))
    g, p = spans(gold, full), spans(found, full)
    exact, score, used, pairs = [0] * len(g), [0.0] * len(g), set(), []
    for i, (a, b) in enumerate(g):
        for j, (c, d) in enumerate(p):
            if (a, b) == (c, d):
                exact[i] = 1; score[i] = 1.0; used.add(j)
            elif min(b, d) > max(a, c):
                pairs.append((2 * (min(b, d) - max(a, c)) / (b - a + d - c), i, j))
    for r, i, j in sorted(pairs, reverse=True):
        if j not in used:
            score[i] = max(score[i], r); used.add(j)
    return exact, score

def gyeol(mode):
    def run(texts):
        raw = subprocess.run([args.binary] + mode, input="".join(t.replace("\n", "\u2028") + "\n" for t in texts).encode(), capture_output=True, check=True).stdout.decode()
        return [[s for s in block.split("\n") if s] for block in raw.split("\n\n")[:len(texts)]]
    return run

def punctuation(texts):
    return [[s for s in re.split(r"(?<=[.!?])\s", t) if s.strip()] for t in texts]

systems = {"stops alone": punctuation, "gyeol": gyeol([]), "gyeol --stops-only": gyeol(["--stops-only"])}
if not args.no_kiwi:
    import kiwipiepy
    kiwi = kiwipiepy.Kiwi(num_workers=1); kiwi.tokenize("준비")
    systems["kiwipiepy " + kiwipiepy.__version__] = lambda texts: [[s.text for s in kiwi.split_into_sents(t, normalize_coda=True)] for t in texts]
sets = {"own dev, no stops": own("dev"), "own held, no stops": own("held"), "own held, stops": with_stops(own("held"))}
if args.data:
    sets |= {"tatoeba held, no stops": tatoeba(False), "tatoeba held, stops": tatoeba(True), "constitution": law()}
if args.kiwi_testset:
    sets |= {"kiwi " + os.path.basename(p)[:-4]: kiwi_set(p) for p in sorted(glob.glob(args.kiwi_testset + "/*.txt"))}
if args.only:
    sets = {k: v for k, v in sets.items() if re.search(args.only, k)}
results = []
for name, texts in sets.items():
    for system, split in systems.items():
        start = time.perf_counter()
        found = split([t for t, _ in texts])
        seconds = time.perf_counter() - start
        exact, score = [], []
        for (_, gold), f in zip(texts, found):
            e, s = evaluate(gold, f)
            exact += e; score += s
            if args.show and args.show == name and system == "gyeol":
                for x, y in zip(gold, e):
                    print("   " if y else "-- ", x)
                print("  =>", " | ".join(f))
        row = dict(set=name, system=system, marked=len(exact), found=sum(map(len, found)), exact=round(sum(exact) / len(exact), 4), f1=round(sum(score) / len(score), 4), seconds=round(seconds, 4))
        results.append(row)
        print(f"{name:26} {system:20} marked {row['marked']:5} found {row['found']:5}  exact {row['exact']:.3f}  F1 {row['f1']:.3f}  {seconds:.3f} s", flush=True)
if args.json:
    json.dump(results, open(args.json, "w"), ensure_ascii=False, indent=1)
