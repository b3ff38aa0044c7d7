"""KenLM and gyeol in turn on one machine: estimation, binary forms, queries. One JSON line a run, then one of ratios.

usage: python compare.py TEXT QUERY KENLM_BIN GYEOL [ROUNDS] > runs/DATE-MACHINE/NAME.jsonl

TEXT: one sentence a line, words split by spaces, order 5 is estimated; QUERY: the lines that are scored (reading the text
and opening the model are in the time). KENLM_BIN: build/bin of github.com/kpu/kenlm; GYEOL: the release binary.
Both take two threads where they use more than one. gyeol waits until its files are on the disk (fsync), KenLM does not.
"""
import json, os, re, statistics, subprocess, sys, tempfile, time

text, query, kenlm, gyeol = sys.argv[1:5]
rounds = int(sys.argv[5]) if len(sys.argv) > 5 else 3
place = tempfile.mkdtemp(prefix="ngram-bench-", dir=os.environ.get("BENCH_TMP"))
at = lambda name: os.path.join(place, name)
words = lines = 0
for line in open(query, "rb"):
    words += len(line.split()) + 1
    lines += 1
results = {}


def run(who, what, command, stdin=None, stdout=None, scored=None, out=None):
    with open(stdin or os.devnull, "rb") as src, open(stdout or at("stdout"), "wb") as dst, open(at("stderr"), "wb") as err:
        since = time.perf_counter()
        child = subprocess.Popen(command, stdin=src, stdout=dst, stderr=err)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - since
    if status:
        raise SystemExit(f"{command}: {open(at('stderr')).read()[-800:]}")
    row = {"who": who, "what": what, "wall_s": round(wall, 3), "cpu_s": round(usage.ru_utime + usage.ru_stime, 3),
           "peak_rss_mb": usage.ru_maxrss // 1024, "load": round(os.getloadavg()[0], 2)}
    if scored:
        said = open(at("stdout")).read()
        row["words_per_s"] = round(words / wall)
        row["perplexity"] = float(re.search(r"[Pp]erplexity(?: including OOVs:)?\s+([\d.]+)", said).group(1))
    if out:
        row["bytes"] = os.path.getsize(out)
    print(json.dumps(row), flush=True)
    results.setdefault((who, what), []).append(row)


k = lambda name: os.path.join(kenlm, name)
print(json.dumps({"text": os.path.basename(text), "text_bytes": os.path.getsize(text), "query_words": words, "query_lines": lines,
                  "gyeol": subprocess.run([gyeol, "--version"], capture_output=True, text=True).stdout.strip(),
                  "kenlm": os.environ.get("KENLM_VERSION", "4cb443e"), "cpus": os.cpu_count(), "order": 5}), flush=True)
for _ in range(rounds):
    run("kenlm", "arpa", [k("lmplz"), "-o", "5", "-S", "4G", "-T", at("t"), "--discount_fallback"], text, at("k.arpa"), out=at("k.arpa"))
    run("gyeol", "arpa", [gyeol, "ngram", text, "-o", at("g.arpa"), "-q", "--keep-blank-lines", "--threads", "2"], out=at("g.arpa"))
    same = subprocess.run(["cmp", "-s", at("k.arpa"), at("g.arpa")]).returncode == 0
    print(json.dumps({"arpa_files_are_equal": same}), flush=True)
    os.remove(at("g.arpa"))
    run("gyeol", "probing", [gyeol, "ngram", text, "-o", at("g.probing"), "-q", "--keep-blank-lines", "--threads", "2"], out=at("g.probing"))
    run("gyeol", "trie", [gyeol, "ngram", text, "-o", at("g.trie"), "-q", "--keep-blank-lines", "--threads", "2", "--compact"], out=at("g.trie"))
    run("kenlm", "arpa to probing", [k("build_binary"), "-T", at("t"), "probing", at("k.arpa"), at("k.probing")], out=at("k.probing"))
    run("gyeol", "arpa to probing", [gyeol, "ngram", "--arpa", at("k.arpa"), "-o", at("c.probing"), "-q", "--threads", "2"], out=at("c.probing"))
    run("kenlm", "arpa to trie", [k("build_binary"), "-T", at("t"), "-q", "8", "-b", "8", "trie", at("k.arpa"), at("k.trie")], out=at("k.trie"))
    for form in ("probing", "trie"):
        for _ in range(3):
            run("kenlm", "query " + form, [k("query"), "-v", "summary", at("k." + form)], query, scored=True)
            run("gyeol", "query " + form, [gyeol, "perplexity", at("g." + form), query, "--threads", "1"], scored=True)
middle = lambda who, what, key="wall_s": statistics.median(r[key] for r in results[who, what])
ratio = lambda ours, theirs: round(ours / theirs, 3)
print(json.dumps({"medians": {
    "to arpa, gyeol / kenlm": ratio(middle("gyeol", "arpa"), middle("kenlm", "arpa")),
    "to probing, gyeol / lmplz alone": ratio(middle("gyeol", "probing"), middle("kenlm", "arpa")),
    "to probing, gyeol / lmplz + build_binary": ratio(middle("gyeol", "probing"), middle("kenlm", "arpa") + middle("kenlm", "arpa to probing")),
    "arpa to probing, gyeol / kenlm": ratio(middle("gyeol", "arpa to probing"), middle("kenlm", "arpa to probing")),
    "bytes probing, gyeol / kenlm": ratio(middle("gyeol", "probing", "bytes"), middle("kenlm", "arpa to probing", "bytes")),
    "bytes trie, gyeol / kenlm": ratio(middle("gyeol", "trie", "bytes"), middle("kenlm", "arpa to trie", "bytes")),
    "query probing words/s, gyeol": middle("gyeol", "query probing", "words_per_s"),
    "query probing words/s, kenlm": middle("kenlm", "query probing", "words_per_s"),
    "query trie words/s, gyeol": middle("gyeol", "query trie", "words_per_s"),
    "query trie words/s, kenlm": middle("kenlm", "query trie", "words_per_s"),
}}), flush=True)
subprocess.run(["rm", "-rf", place])
