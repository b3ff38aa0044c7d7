"""Sentences of Tatoeba and NSMC in fixed parts, cut into tokens, with models of gyeol fitted on the training part.

Used by rank_kinds.py and recogniser.py. DATA is a folder with tatoeba/{fra,spa,kor}-eng.tsv.gz (English, tab, other) and
nsmc/ratings_train.txt.gz. A sentence belongs to a part by the hash of its *English* side (small letters, spaces squeezed):
one sentence stands in several files with several translations and must not be on both sides.
"""
import gzip, hashlib, json, os, re, subprocess


def rows(path):
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield line.rstrip("\n").split("\t")


def part(english, shares):
    """valid, test or train by a hash; `shares` in tenths."""
    key = " ".join(english.lower().split())
    at = int(hashlib.sha256(key.encode()).hexdigest(), 16) % 10
    return "test" if at < shares[0] else "valid" if at < sum(shares) else "train"


class Place:
    def __init__(self, gyeol, folder):
        self.gyeol, self.folder = gyeol, folder
        os.makedirs(folder, exist_ok=True)

    def at(self, name):
        return os.path.join(self.folder, name)

    def run(self, *args, text=None):
        done = subprocess.run([self.gyeol, *args], input=text, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{args}: {done.stderr}")
        return done.stdout

    def write(self, name, lines):
        with open(self.at(name), "w", encoding="utf-8") as out:
            out.writelines(line + "\n" for line in lines)
        return self.at(name)

    def tokens(self, texts, *how):
        """Each text as tokens between spaces; one call of gyeol for all."""
        texts = [" ".join(t.split()) for t in texts]
        out = self.run("tokenize", self.write("tokens.txt", texts), *how).split("\n")[:-1]
        assert len(out) == len(texts), (len(out), len(texts))
        return out

    def fit(self, name, lines, order):
        model = self.at(f"{name}.{order}.bin")
        text = self.write(f"{name}.txt", lines)
        self.run("ngram", text, "-o", model, "--order", str(order), "-q")
        return model


    def fit_net(self, name, lines, valid, rung):
        """A net of words by the sentence protocol, as the ladder fits it; `valid` chooses the epoch and stands in for a test."""
        recipe = f"""task = "language-model"
[data]
train = "{name}.txt"
valid = "{name}.valid.txt"
test = "{name}.test.txt"
[text]
scheme = "whitespace"
normalise = ["nfc"]
[compare]
orders = []
[[rung]]
name = "{rung}"
"""
        self.write(f"{name}.txt", lines)
        self.write(f"{name}.valid.txt", valid)
        self.write(f"{name}.test.txt", valid[:1000])
        path = self.write(f"{name}.{rung}.toml", [recipe])
        self.run("run", path, "--out", self.at(f"{name}.{rung}"), "--force", "--quiet")
        return self.at(f"{name}.{rung}/rungs/{rung}.gyeol")


def distinct(lines, but=()):
    """Each line once, in order, without those in `but`."""
    seen, out = set(but), []
    for line in lines:
        if line and line not in seen:
            seen.add(line)
            out.append(line)
    return out


def english(place, data):
    """Tokens in small letters: train, valid (a tenth), test (a tenth); no sentence in two of them."""
    by = {"train": {}, "valid": {}, "test": {}}
    for name in ("fra", "spa"):
        for row in rows(os.path.join(data, f"tatoeba/{name}-eng.tsv.gz")):
            by[part(row[0], (1, 1))][row[0]] = None
    out = {name: place.tokens(list(texts), "--lang", "en", "--lower") for name, texts in by.items()}
    test = distinct(out["test"])
    valid = distinct(out["valid"], test)
    return {"test": test, "valid": valid, "train": distinct(out["train"], test + valid)}


def korean(place, data):
    """Eojeol with stops cut off: Tatoeba in train, valid (a fifth), test (three tenths), NSMC's training part for training too."""
    by = {"train": {}, "valid": {}, "test": {}}
    for row in rows(os.path.join(data, "tatoeba/kor-eng.tsv.gz")):
        by[part(row[0], (3, 2))][row[1]] = None
    out = {name: place.tokens(list(texts), "--lang", "ko", "--scheme", "word") for name, texts in by.items()}
    test = distinct(out["test"])
    valid = distinct(out["valid"], test)
    reviews = [row[1] for row in rows(os.path.join(data, "nsmc/ratings_train.txt.gz"))][1:]
    reviews = place.tokens(reviews, "--lang", "ko", "--scheme", "word")
    return {"test": test, "valid": valid, "train": distinct(out["train"] + reviews, test + valid)}


def wilson(share, n, z=1.959963984540054):
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5
    return middle - half, middle + half


# Hangul syllables are counted first consonant, vowel, last consonant: 0xAC00 + (first * 21 + vowel) * 28 + last.
FIRST = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWEL = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
LAST = ["", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"]


def parts_of(syllable):
    at = ord(syllable) - 0xAC00
    return (at // 588, at // 28 % 21, at % 28) if 0 <= at < 11172 else None


def syllable(first, vowel, last):
    return chr(0xAC00 + (first * 21 + vowel) * 28 + last)


def jamo(word):
    out = []
    for c in word:
        p = parts_of(c)
        out += [FIRST[p[0]], VOWEL[p[1]], LAST[p[2]]] if p else [c]
    return "".join(out)
