"""The documents of the topic benchmarks: words [a-z]{3,15} in lower case, scikit-learn's English stop words out, in at least 5 documents and at most half of them."""

import re
from collections import Counter


def documents(file):
    """Documents as ids, and how many words there are; ids in the order of the alphabet."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS as stop

    texts = [[w for w in re.findall(r"\b[a-z]{3,15}\b", line.lower()) if w not in stop] for line in open(file, encoding="utf-8")]
    within = Counter(w for text in texts for w in set(text))
    kept = sorted(w for w, n in within.items() if 5 <= n <= len(texts) / 2)
    ids = {w: i for i, w in enumerate(kept)}
    made = [[ids[w] for w in text if w in ids] for text in texts]
    return [d for d in made if d], len(kept)


def write(file, lists):
    with open(file, "w") as out:
        out.writelines(" ".join(map(str, line)) + "\n" for line in lists)
