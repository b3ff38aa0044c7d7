"""How often rule lemmas are those of a treebank: gyeol, the word itself, and the Porter2 stem, on CoNLL-U files.

    cargo build --release -p gyeol-text --example lemmas
    python bench/text/lemmas.py --ours target/release/examples/lemmas FILE.conllu ... [--wrong 50]

Words are taken in lower case, without their part of speech; nouns, verbs, auxiliaries and adjectives of letters alone
are counted, over all their occurrences and over those that differ from their lemma. One JSON line a file.
"""

import argparse
import collections
import json
import subprocess

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("files", nargs="+")
parser.add_argument("--ours", default="target/release/examples/lemmas")
parser.add_argument("--wrong", type=int, default=0)
options = parser.parse_args()
for path in options.files:
    pairs = collections.Counter()
    for line in open(path, encoding="utf-8"):
        columns = line.split("\t")
        if len(columns) == 10 and columns[0].isdigit() and columns[3] in ("NOUN", "VERB", "AUX", "ADJ"):
            form, lemma = columns[1].lower(), columns[2].lower()
            if form.isalpha() and lemma.isalpha():
                pairs[form, lemma] += 1
    forms = [form for form, _ in pairs]
    found = subprocess.run([options.ours], input="\n".join(forms), capture_output=True, text=True).stdout.splitlines()
    total = sum(pairs.values())
    changed = sum(n for (form, lemma), n in pairs.items() if form != lemma)
    right = sum(n for ((_, lemma), n), ours in zip(pairs.items(), found) if ours == lemma)
    of_changed = sum(n for ((form, lemma), n), ours in zip(pairs.items(), found) if ours == lemma != form)
    record = {"file": path.rsplit("/", 1)[-1], "words": total, "gyeol": round(right / total, 4)}
    record |= {"the_word_itself": round(1 - changed / total, 4), "inflected": changed}
    print(json.dumps(record | {"gyeol_inflected": round(of_changed / changed, 4)}))
    wrong = [(n, *pair, ours) for (pair, n), ours in zip(pairs.items(), found) if ours != pair[1]]
    for n, form, lemma, ours in sorted(wrong, reverse=True)[: options.wrong]:
        print(f"{n:4} {form} is {lemma}, not {ours}")
