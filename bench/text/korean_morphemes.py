"""gyeol's morphemes against mecab-ko's own, line by line, on the same dictionary; and the speed of both and of kiwipiepy.

    pip install python-mecab-ko python-mecab-ko-dic kiwipiepy
    cargo build --release -p gyeol-text --example korean_words
    python bench/text/korean_morphemes.py target/release/examples/korean_words DATA [--json FILE] [--fixture FILE]

Lines: the NSMC test part, the laws of konlpy_corpus, Tatoeba's Korean sentences. --fixture writes one SHA-256 of mecab-ko's
`surface/TAG` tokens for each 1,000 lines of the NSMC test part and for each law file: hashes, not text.
"""
import argparse, glob, gzip, hashlib, json, resource, subprocess, time
import mecab, mecab_ko_dic

ap = argparse.ArgumentParser()
ap.add_argument("binary"); ap.add_argument("data"); ap.add_argument("--json"); ap.add_argument("--fixture"); ap.add_argument("--no-kiwi", action="store_true")
args = ap.parse_args()
dictionary = str(mecab_ko_dic.dictionary_path)
reviews = [l.split("\t")[1] for l in gzip.open(f"{args.data}/nsmc/ratings_test.txt.gz", "rt", encoding="utf-8", newline="\n").read().rstrip("\n").split("\n")[1:]]
law = {p: open(p, encoding="utf-8", newline="\n").read().rstrip("\n").split("\n") for p in sorted(glob.glob(f"{args.data}/konlpy_corpus/*/*.txt"))}
tatoeba = [l.split("\t")[1] for l in gzip.open(f"{args.data}/tatoeba/kor-eng.tsv.gz", "rt", encoding="utf-8", newline="\n").read().rstrip("\n").split("\n")]

def gyeol(lines):
    out = subprocess.run([args.binary, "morphemes", dictionary, "--tags"], input="".join(l + "\n" for l in lines).encode(), capture_output=True, check=True).stdout.decode()
    return out.split("\n")[:len(lines)]

tagger = mecab.MeCab()
def peer(lines):
    return [" ".join(f"{m.surface}/{m.feature.pos}" for m in tagger.parse(l)) for l in lines]

report = {"dictionary": "mecab-ko-dic", "python_mecab_ko": mecab.__version__, "identical": []}
hashes = {}
for name, lines in [("nsmc test", reviews), ("tatoeba", tatoeba)] + [("law " + p.split("/")[-1], l) for p, l in law.items()]:
    ours, theirs = gyeol(lines), peer(lines)
    same = sum(a == b for a, b in zip(ours, theirs))
    report["identical"].append(dict(set=name, lines=len(lines), same=same))
    print(f"{name}: {same} of {len(lines)} lines identical", flush=True)
    for a, b, l in [(a, b, l) for a, b, l in zip(ours, theirs, lines) if a != b][:3]:
        print("  gyeol", a[:200]); print("  mecab", b[:200])
    if name == "nsmc test":
        hashes[name] = [hashlib.sha256("\n".join(theirs[i:i + 1000]).encode()).hexdigest() for i in range(0, len(theirs), 1000)]
    elif name.startswith("law"):
        hashes[name] = [hashlib.sha256("\n".join(theirs).encode()).hexdigest()]
if args.fixture:
    json.dump(dict(made_by="bench/text/korean_morphemes.py --fixture", python_mecab_ko=mecab.__version__, python_mecab_ko_dic="2.1.1.post2", sha256=hashes), open(args.fixture, "w"), indent=0)

lines = reviews[:20000]
eojeol = sum(len(l.split()) for l in lines)
speed = []
for threads in (1, 2):
    out = subprocess.run([args.binary, "time", "morphemes", dictionary, str(threads), "3"], input="".join(l + "\n" for l in lines).encode(), capture_output=True, check=True)
    row = json.loads(out.stdout)
    speed.append(dict(who="gyeol", threads=threads, eojeol_per_s=row["eojeol_per_s"], load=out.stderr.decode().strip(), peak_mb=round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)))
start = time.perf_counter(); mecab.MeCab().parse("준비"); load = time.perf_counter() - start
start = time.perf_counter(); [tagger.parse(l) for l in lines]; speed.append(dict(who="python-mecab-ko", threads=1, eojeol_per_s=round(eojeol / (time.perf_counter() - start)), load=f"loaded in {load:.3f} s"))
if not args.no_kiwi:
    import kiwipiepy
    for workers in (1, 2):
        start = time.perf_counter(); kiwi = kiwipiepy.Kiwi(num_workers=workers); kiwi.tokenize("준비"); load = time.perf_counter() - start
        start = time.perf_counter(); sum(len(t) for t in kiwi.tokenize(lines)); speed.append(dict(who="kiwipiepy " + kiwipiepy.__version__, threads=workers, eojeol_per_s=round(eojeol / (time.perf_counter() - start)), load=f"loaded in {load:.3f} s"))
for row in speed:
    print(row)
report["speed"] = dict(lines=len(lines), eojeol=eojeol, rows=speed)
if args.json:
    json.dump(report, open(args.json, "w"), indent=1)
