"""F1 of English sentences: gyeol, NLTK's punkt and punctuation alone, on CoNLL-U files.

    cargo build --release -p gyeol-text --example sentences
    python bench/text/sentences.py --ours target/release/examples/sentences FILE.conllu ... [--punkt PUNKT_TAB/english]
                                   [--wrong 20]

The files are those of a treebank with `# newpar` or `# newdoc` marks, such as UD_English-EWT and UD_English-GUM. A
paragraph's text is that of its sentences, set apart as `SpaceAfter=No` says. Two scores, each over all paragraphs of
more than one sentence: of boundaries (ends of sentences inside a paragraph) and of whole sentences found exactly. One
JSON line a program and file. Needs NLTK for punkt (its data by --punkt, or where NLTK finds it).
"""

import argparse
import json
import re
import subprocess


def paragraphs(path):
    """(text, ends of sentences) of each paragraph."""
    text, ends, out, last_glued = "", [], [], True

    def close():
        nonlocal text, ends, last_glued
        if len(ends) > 1:
            out.append((text, ends))
        text, ends, last_glued = "", [], True

    sentence, glued = None, False
    for line in open(path, encoding="utf-8"):
        line = line.rstrip("\n")
        if line.startswith(("# newpar", "# newdoc")):
            close()
        elif line.startswith("# text = "):
            sentence = line[9:]
        elif line and line[0].isdigit():
            columns = line.split("\t")
            if "." not in columns[0]:
                # The mark of a multi-word token stands on its range line, whose parts follow.
                if "-" in columns[0]:
                    until, glued = int(columns[0].split("-")[1]), "SpaceAfter=No" in columns[9]
                elif int(columns[0]) > (until if "until" in dir() and until else 0):
                    glued = "SpaceAfter=No" in columns[9]
        elif not line and sentence is not None:
            text += ("" if last_glued else " ") + sentence
            ends.append(len(text))
            last_glued, sentence, until = glued, None, 0
    close()
    return out


def punctuation(text):
    return re.split(r"(?<=[.!?])\s+", text)


def ends_of(text, sentences):
    """Ends of sentences in `text`, in characters, by looking for each behind the one before it."""
    at, out = 0, []
    for s in sentences:
        s = s.strip()
        if s:
            at = text.index(s, at) + len(s)
            out.append(at)
    return out


def f1(hits, found, gold):
    precision, recall = hits / max(found, 1), hits / max(gold, 1)
    return 2 * precision * recall / max(precision + recall, 1e-9), precision, recall


def score(data, split):
    inner = [0, 0, 0]
    whole = [0, 0, 0]
    for (text, gold), sentences in zip(data, split):
        found = ends_of(text, sentences)
        a, b = set(gold[:-1]), {e for e in found if e < len(text.rstrip())}
        inner = [inner[0] + len(a & b), inner[1] + len(b), inner[2] + len(a)]
        spans = lambda ends: set(zip([0] + ends, ends))
        whole = [whole[0] + len(spans(gold) & spans(found)), whole[1] + len(found), whole[2] + len(gold)]
    return f1(*inner), f1(*whole)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--ours", default="target/release/examples/sentences")
    parser.add_argument("--punkt", help="folder of punkt_tab/english, or the english.json of the crate punkt")
    parser.add_argument("--wrong", type=int, default=0, help="show so many of our errors")
    options = parser.parse_args()
    from nltk.tokenize.punkt import PunktSentenceTokenizer, PunktTokenizer, load_punkt_params

    if options.punkt and options.punkt.endswith(".json"):
        punkt = PunktSentenceTokenizer()
        known = json.load(open(options.punkt, encoding="utf-8"))
        punkt._params.abbrev_types = set(known["abbrev_types"])
        punkt._params.collocations = {tuple(pair) for pair in known["collocations"]}
        punkt._params.sent_starters = set(known["sentence_starters"])
        punkt._params.ortho_context.update(known["ortho_context"])
    elif options.punkt:
        punkt = PunktSentenceTokenizer()
        punkt._params = load_punkt_params(options.punkt)
    else:
        punkt = PunktTokenizer("english")
    for path in options.files:
        data = paragraphs(path)
        texts = [text for text, _ in data]
        ours = subprocess.run([options.ours], input="\n".join(map(json.dumps, texts)), capture_output=True, text=True)
        ours = [json.loads(line) for line in ours.stdout.splitlines()]
        programs = {"gyeol": ours, "punkt": [punkt.tokenize(t) for t in texts], "punctuation": map(punctuation, texts)}
        for name, split in programs.items():
            inner, whole = score(data, split)
            record = {"program": name, "file": path.rsplit("/", 1)[-1], "paragraphs": len(data)}
            record["sentences"] = sum(len(gold) for _, gold in data)
            for kind, (f, p, r) in (("boundary", inner), ("sentence", whole)):
                record |= {f"{kind}_f1": round(f, 4), f"{kind}_p": round(p, 4), f"{kind}_r": round(r, 4)}
            print(json.dumps(record))
        for (text, gold), split in zip(data, ours):
            found = set(ends_of(text, split))
            for end in sorted(found ^ set(gold)):
                if options.wrong > 0:
                    options.wrong -= 1
                    kind = "too much" if end in found else "missed"
                    print(f"{kind:9}{text[max(0, end - 45) : end]!r} | {text[end : end + 30]!r}")


if __name__ == "__main__":
    main()
