"""A corpus of a million words in 10,000, made of WikiText-2 as the Penn Treebank was prepared: a sentence a line, the 9,999 most
frequent words of the training part and <unk>. Standard library only.

    python bench/ngram/ten_thousand.py DATA FOLDER         # DATA holds wikitext2/; writes FOLDER/ten.{train,valid,test}.txt
"""

import collections
import gzip
import pathlib
import sys

WORDS = {"train": 930_000, "valid": 74_000, "test": 82_000}


def paragraphs(path, words):
    """Paragraphs without headings, until so many words are reached, line ends counted."""
    out, seen = [], 0
    for line in gzip.open(path, "rt"):
        if line.strip() and not line.startswith(" = "):
            out.append(line.split())
            seen += len(out[-1]) + 1
            if seen >= words:
                break
    return out


def main():
    data, folder = pathlib.Path(sys.argv[1]) / "wikitext2", pathlib.Path(sys.argv[2])
    parts = {part: paragraphs(data / f"wiki.{part}.tokens.gz", words) for part, words in WORDS.items()}
    counts = collections.Counter(word for line in parts["train"] for word in line)
    known = {word for word, _ in counts.most_common(9999)} | {"<unk>"}
    for part, lines in parts.items():
        with open(folder / f"ten.{part}.txt", "w") as out:
            for line in lines:
                sentence = []
                for word in line:
                    sentence.append(word if word in known else "<unk>")
                    if word == ".":
                        out.write(" ".join(sentence) + "\n")
                        sentence = []
                if sentence:
                    out.write(" ".join(sentence) + "\n")


if __name__ == "__main__":
    main()
