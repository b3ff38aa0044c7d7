"""The method of Norvig's essay *How to Write a Spelling Corrector*, written anew from its text, on lists of wrong words.

usage: python norvig.py COUNTS TEST…

COUNTS: word TAB count, plain or gzip; TEST: wrong TAB right. A known word stays; else the most frequent known word one edit
away (a letter less, two neighbours swapped, another letter, a letter more), else two, else the word itself.
"""
import gzip, sys, time

LETTERS = "abcdefghijklmnopqrstuvwxyz"
opened = lambda name: gzip.open(name, "rt", encoding="utf-8") if name.endswith(".gz") else open(name, encoding="utf-8")
counts = {}
with opened(sys.argv[1]) as table:
    for line in table:
        word, count = line.split("\t")
        counts[word] = counts.get(word, 0) + int(count)


def near(word):
    for i in range(len(word) + 1):
        a, b = word[:i], word[i:]
        if b:
            yield a + b[1:]
        if len(b) > 1:
            yield a + b[1] + b[0] + b[2:]
        for c in LETTERS:
            if b:
                yield a + c + b[1:]
            yield a + c + b


def correct(word):
    if word in counts:
        return word
    one = set(near(word))
    for words in (lambda: one, lambda: (w for first in one for w in near(first))):
        known = {w for w in words() if w in counts}
        if known:
            return max(sorted(known), key=counts.get)
    return word


for test in sys.argv[2:]:
    pairs = [line.rstrip("\n").lower().split("\t")[:2] for line in open(test, encoding="utf-8")]
    since = time.process_time()
    right = sum(correct(wrong) == meant for wrong, meant in pairs)
    seconds = time.process_time() - since
    unknown = sum(meant not in counts for _, meant in pairs)
    print(f"{test}: {right} of {len(pairs)} = {right / len(pairs):.4f}, {unknown} unknown, {len(pairs) / seconds:.0f} words a processor second")
