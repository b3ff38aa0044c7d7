"""Rescoring the lists of a *simulated* recogniser: error rates of the first pass, of models of order 1, 3 and 5, of the oracle.

usage: python recogniser.py GYEOL DATA [FOLDER [NOISE]] > runs/DATE-MACHINE/recogniser.jsonl
       python recogniser.py GYEOL DATA FOLDER choose        first-pass error of the validation lists by NOISE, nothing else

There is no speech here. Each word of a held-out sentence is heard as one of itself and its neighbours by spelling and
sound (English: letters and a key of consonants; Korean: jamo) among the words of the training part, short words may be
missed or heard beside others; a true word that training does not have can still be heard. The acoustic score of a choice is
−SCALE · (distance + noise), the noise a normal number of deviation NOISE drawn for every choice, so that often a neighbour
sounds better than the truth, as in a recogniser, but errors are independent of each other and of the sentence, which real
ones are not. The list has the 50 best sequences of choices. NOISE was
chosen by the first pass on the validation lists, the tenth that errs in about one word of five in both languages; weights
are tuned on the validation lists alone; the test lists are scored once.
One JSON line a language and order; then the table in Markdown on standard error.
"""
import heapq, json, random, sys
from collections import Counter
from parts import *

gyeol, data = sys.argv[1:3]
place = Place(gyeol, sys.argv[3] if len(sys.argv) > 3 else "recogniser")
BEST, SCALE, LISTS = 50, 10.0, 1000
choose = sys.argv[4:] == ["choose"]
NOISE = 0.5 if choose or len(sys.argv) < 5 else float(sys.argv[4])
MISSED, ADDED, NEIGHBOURS = 1.6, 1.8, 8


def consonants(word):
    """What is left of the sound: letters of one sound together, vowels out but at the front."""
    word = re.sub(r"^(kn|gn)", "n", re.sub(r"^wr", "r", word.lower()))
    word = word.replace("ph", "f").replace("gh", "").replace("ck", "k").replace("wh", "w")
    same = str.maketrans("bpvfdtgkqcxzsjmnlr", "ppfftdkkkkssssnnlr")
    head, rest = word[:1], re.sub(r"[aeiouyhw]", "", word[1:])
    return re.sub(r"(.)\1+", r"\1", (("a" if head in "aeiou" else head) + rest).translate(same))


def distance(a, b, most):
    """Levenshtein, cut off above `most`."""
    if abs(len(a) - len(b)) > most:
        return most + 1
    above = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            row.append(min(above[j - 1] + (x != y), above[j] + 1, row[-1] + 1))
        if min(row) > most:
            return most + 1
        above = row
    return above[-1]


class Neighbours:
    """Words within two edits by deletions in common (as SymSpell finds them), and words of one key."""

    def __init__(self, words, spell, key):
        self.spell, self.key, self.by, self.found = spell, key, {}, {}
        for word in words:
            for cut in self.cuts(word):
                self.by.setdefault(cut, []).append(word)

    def cuts(self, word):
        text = self.spell(word)
        one = {text[:i] + text[i + 1:] for i in range(len(text))}
        out = {text} | one
        if len(text) > 5:
            out |= {t[:i] + t[i + 1:] for t in one for i in range(len(t))}
        return out | ({"/" + self.key(word)} if self.key else set())

    def of(self, word):
        if word not in self.found:
            text, near = self.spell(word), {}
            for other in {w for cut in self.cuts(word) for w in self.by.get(cut, ())} - {word}:
                d = distance(text, self.spell(other), 2)
                sounds = self.key and self.key(word) == self.key(other)
                if d <= 2 or sounds:
                    # A long word is told apart by more than two letters; one of the same sound is near anyway.
                    near[other] = min(d, 3) * (0.5 if sounds else 1.0) * 3 / max(3, len(text) ** 0.5 * 1.5)
            self.found[word] = sorted(near.items(), key=lambda n: (n[1], n[0]))[:NEIGHBOURS]
        return self.found[word]


def hear(tokens, neighbours, short, draw):
    """The best sequences of choices with their scores, the best first."""
    slots = []
    for word in tokens:
        choices = [(word, 0.0)]
        if word[0].isalnum():
            choices += neighbours.of(word)
            if word in short:
                choices.append(("", MISSED))
            choices.append((word + " " + draw.choice(short), ADDED))
        scored = [(-SCALE * (d + NOISE * draw.gauss(0, 1) * (len(choices) > 1)), w) for w, d in choices]
        slots.append(sorted(scored, reverse=True))
    # Best first over the lattice of ranks; each sequence is made once, from its last raised rank on.
    heap = [(-sum(s[0][0] for s in slots), (0,) * len(slots), 0)]
    out, seen = [], set()
    while heap and len(out) < BEST:
        cost, ranks, last = heapq.heappop(heap)
        text = " ".join(w for w in (slot[r][1] for slot, r in zip(slots, ranks)) if w)
        if text not in seen:
            seen.add(text)
            out.append((text, -cost))
        for i in range(last, len(slots)):
            if ranks[i] + 1 < len(slots[i]):
                step = slots[i][ranks[i]][0] - slots[i][ranks[i] + 1][0]
                heapq.heappush(heap, (cost + step, ranks[:i] + (ranks[i] + 1,) + ranks[i + 1:], i))
    return out


def lists(name, sentences, neighbours, short, seed):
    draw = random.Random(seed)
    chosen = [s for s in sentences if 4 <= len(s.split()) <= 30]
    draw.shuffle(chosen)
    heard, said = [], []
    for n, line in enumerate(chosen[:LISTS]):
        said.append(f"{name}{n}\t{line}")
        heard += [f"{name}{n}\t{text}\t{score:.4f}" for text, score in hear(line.split(), neighbours, short, draw)]
    return place.write(name + ".nbest", heard), place.write(name + ".ref", said)


table = []
for language, parts, spell, key in (("en", english(place, data), str, consonants), ("ko", korean(place, data), jamo, None)):
    counts = Counter(w for line in parts["train"] for w in line.split())
    words = [w for w, n in counts.most_common(30000) if n >= 3 and w[0].isalnum()]
    # The short words that are missed and added: the commonest of the language itself.
    short = [w for w in words if len(w) <= (3 if language == "en" else 1)][:20]
    neighbours = Neighbours(words, spell, key)
    if choose:
        model = place.fit(language, parts["train"], 1)
        for NOISE in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
            valid, valid_ref = lists(language + "-valid", parts["valid"], neighbours, short, 1)
            out = place.run("rescore", model, valid, "--reference", valid_ref, "--weight", "0", "--json", "-k", "1")
            wer = json.loads(out.splitlines()[-1])["summary"]["judged"]["first_pass"]["wer"]["rate"]
            print(json.dumps({"language": language, "noise": NOISE, "first_pass_wer_on_validation": wer}), flush=True)
        continue
    valid, valid_ref = lists(language + "-valid", parts["valid"], neighbours, short, 1)
    test, test_ref = lists(language + "-test", parts["test"], neighbours, short, 2)
    for order in (1, 3, 5):
        model = place.fit(language, parts["train"], order)
        for by in ("wer",) if language == "en" else ("wer", "cer"):
            out = place.run("rescore", model, test, "--reference", test_ref, "--tune", valid, "--tune-reference", valid_ref,
                            "--tune-by", by, "--json", "-k", "1")
            summary = json.loads(out.splitlines()[-1])["summary"]
            print(json.dumps({"language": language, "order": order, "tuned_by": by, "simulated": True, "noise": NOISE, **summary}), flush=True)
            j = summary["judged"]
            if order == 1 and by == "wer":
                table.append((language, "first pass", j["first_pass"], None))
            table.append((language, f"order {order}, tuned by {by}", j["rescored"], j["difference"]))
    table.append((language, "oracle of the list", j["oracle"], None))
if choose:
    sys.exit()
show = lambda r: f"{100 * r['rate']:.2f} [{100 * r['low']:.2f}, {100 * r['high']:.2f}]"
print("\n| simulated lists | WER | CER | change of WER, points |\n|---|---|---|---|", file=sys.stderr)
for language, name, rates, change in table:
    moved = f"{100 * change['wer']['value']:.2f} [{100 * change['wer']['low']:.2f}, {100 * change['wer']['high']:.2f}]" if change else ""
    print(f"| {language}, {name} | {show(rates['wer'])} | {show(rates['cer'])} | {moved} |", file=sys.stderr)
