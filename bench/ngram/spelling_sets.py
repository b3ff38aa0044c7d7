"""Sentences with one wrong word each, for `cargo run --release -p gyeol-ngram --example spelling_in_context`.

usage: python spelling_sets.py DATA OUT

DATA has tatoeba/{fra,kor,spa}-eng.tsv.gz (manythings.org), nsmc/ratings_{train,test}.txt.gz and spelling/birkbeck_missp.dat.gz
(Roger Mitton). OUT gets, for en and ko, train.txt, errors.tsv, and valid.tsv and test.tsv with lines
`kind TAB as written TAB as meant`; kind is clean, nonword (the wrong word is not in train.txt) or realword.

English: sentences of Tatoeba, each once, four fifths for training; the words of Birkbeck are split likewise, so that no wrong
word and no right word of a set is learned from; of a sentence one word that Birkbeck has wrong forms of (up to three edits
away) is replaced by one of them. Korean: reviews of NSMC (its own split) and sentences of Tatoeba; of a word of two
syllables or more, as keys of the two-set keyboard, one key is replaced by its neighbour, left out, doubled, or swapped with
the next. Everything follows from the texts and a fixed seed.
"""
import gzip, hashlib, os, random, re, sys

data, out = sys.argv[1:3]
MOST = {"clean": 2000, "nonword": 2000, "realword": 1000}


def part(text, of="sentence"):
    """0 to 9 by the text alone: 0 validation, 1 test, others training."""
    return hashlib.sha1((of + "\0" + text).encode()).digest()[0] * 10 // 256


def lines(name):
    with gzip.open(os.path.join(data, name), "rt", encoding="utf-8") as f:
        yield from f


def cut(text):
    """Words and signs with blanks between, as a language model is trained on."""
    return " ".join(re.findall(r"\w+(?:['’\-]\w+)*|[^\w\s]", text))


def apart(a, b):
    """Optimal string alignment."""
    before, last = [], list(range(len(b) + 1))
    for i in range(1, len(a) + 1):
        row = [i]
        for j in range(1, len(b) + 1):
            d = min(last[j - 1] + (a[i - 1] != b[j - 1]), last[j] + 1, row[j - 1] + 1)
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                d = min(d, before[j - 2] + 1)
            row.append(d)
        before, last = last, row
    return last[-1]


def write(language, train, errors, sets):
    folder = os.path.join(out, language)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "train.txt"), "w", encoding="utf-8") as f:
        f.writelines(t + "\n" for t in train)
    with open(os.path.join(folder, "errors.tsv"), "w", encoding="utf-8") as f:
        f.writelines(f"{w}\t{r}\n" for w, r in errors)
    for name, rows in sets.items():
        counts = {k: sum(r[0] == k for r in rows) for k in MOST}
        print(language, name, counts, "training sentences", len(train), "errors to learn from", len(errors))
        with open(os.path.join(folder, name + ".tsv"), "w", encoding="utf-8") as f:
            f.writelines("\t".join(r) + "\n" for r in rows)


def make(sentences, spoil, vocabulary, seed):
    """Sentences in an order that is drawn; each goes to one kind only."""
    draw = random.Random(seed)
    sentences = list(sentences)
    draw.shuffle(sentences)
    rows, room = [], dict(MOST)
    for at, sentence in enumerate(sentences):
        if room["clean"] and at % 3 == 0:
            room["clean"] -= 1
            rows.append(("clean", sentence, sentence))
            continue
        wrong = spoil(sentence, draw, room)
        if wrong:
            kind, text = wrong
            room[kind] -= 1
            rows.append((kind, text, sentence))
    return rows


def english():
    sentences = {cut(line.split("\t")[0]) for name in ("fra", "kor", "spa") for line in lines(f"tatoeba/{name}-eng.tsv.gz")}
    # The columns hold lines of other languages too.
    sentences = sorted(s for s in sentences if re.fullmatch("[ -~’]+", s))
    train = [s for s in sentences if part(s) > 1]
    vocabulary = {w.lower() for s in train for w in s.split()}
    forms, right = {}, None
    for line in lines("spelling/birkbeck_missp.dat.gz"):
        line = line.strip()
        if line.startswith("$"):
            right = line[1:]
        elif right and "_" not in line + right and line.lower() != right.lower():
            forms.setdefault(right.lower(), set()).add(line.lower())
    errors = sorted((w, r) for r, ws in forms.items() if part(r, "word") > 1 for w in ws)
    sets = {}
    for number, name in enumerate(("valid", "test")):
        held = {r: sorted(w for w in ws if apart(w, r) <= 3) for r, ws in forms.items() if part(r, "word") == number}

        def spoil(sentence, draw, room):
            words = sentence.split()
            places = [i for i, w in enumerate(words) if held.get(w.lower()) and len(w) > 2]
            draw.shuffle(places)
            for i in places:
                ways = held[words[i].lower()]
                wrong = draw.choice(ways)
                kind = "realword" if wrong in vocabulary else "nonword"
                if room[kind]:
                    if words[i][0].isupper():
                        wrong = wrong[0].upper() + wrong[1:]
                    return kind, " ".join(words[:i] + [wrong] + words[i + 1:])

        sets[name] = make((s for s in sentences if part(s) == number), spoil, vocabulary, number)
    write("en", train, errors, sets)


INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
MEDIALS = "ㅏ ㅐ ㅑ ㅒ ㅓ ㅔ ㅕ ㅖ ㅗ ㅗㅏ ㅗㅐ ㅗㅣ ㅛ ㅜ ㅜㅓ ㅜㅔ ㅜㅣ ㅠ ㅡ ㅡㅣ ㅣ".split()
FINALS = [""] + "ㄱ ㄲ ㄱㅅ ㄴ ㄴㅈ ㄴㅎ ㄷ ㄹ ㄹㄱ ㄹㅁ ㄹㅂ ㄹㅅ ㄹㅌ ㄹㅍ ㄹㅎ ㅁ ㅂ ㅂㅅ ㅅ ㅆ ㅇ ㅈ ㅊ ㅋ ㅌ ㅍ ㅎ".split()
ROWS = ["ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ", "ㅁㄴㅇㄹㅎㅗㅓㅏㅣ", "ㅋㅌㅊㅍㅠㅜㅡ"]


def keys(word):
    typed = ""
    for c in word:
        n = ord(c) - 0xAC00
        typed += INITIALS[n // 588] + MEDIALS[n // 28 % 21] + FINALS[n % 28] if 0 <= n < 11172 else c
    return typed


def screen(typed):
    """What the two-set keyboard shows: the longest vowel, then the longest final that leaves the next vowel a consonant."""
    shown, i = "", 0
    vowel = lambda k: k < len(typed) and typed[k] in MEDIALS
    while i < len(typed):
        if typed[i] not in INITIALS or not vowel(i + 1):
            shown += typed[i]
            i += 1
            continue
        first, medial, i = INITIALS.index(typed[i]), typed[i + 1], i + 2
        if vowel(i) and medial + typed[i] in MEDIALS:
            medial, i = medial + typed[i], i + 1
        last = ""
        for n in (2, 1):
            if typed[i:i + n] in FINALS[1:] and len(typed[i:i + n]) == n and not vowel(i + n):
                last = typed[i:i + n]
                break
        i += len(last)
        shown += chr(0xAC00 + first * 588 + MEDIALS.index(medial) * 28 + FINALS.index(last))
    return shown


def neighbours(key):
    found = []
    for y, row in enumerate(ROWS):
        x = row.find(key)
        if x < 0:
            continue
        near = [(x - 1, y), (x + 1, y), (x, y - 1), (x + 1, y - 1), (x - 1, y + 1), (x, y + 1)]
        found = [ROWS[b][a] for a, b in near if 0 <= b < 3 and 0 <= a < len(ROWS[b])]
    return found


def slip(word, draw):
    typed = keys(word)
    i = draw.randrange(len(typed))
    kind = draw.choice(("neighbour", "neighbour", "drop", "double", "swap"))
    if kind == "neighbour" and neighbours(typed[i]):
        typed = typed[:i] + draw.choice(neighbours(typed[i])) + typed[i + 1:]
    elif kind == "drop":
        typed = typed[:i] + typed[i + 1:]
    elif kind == "double":
        typed = typed[:i + 1] + typed[i:]
    elif i + 1 < len(typed):
        typed = typed[:i] + typed[i + 1] + typed[i] + typed[i + 2:]
    return screen(typed)


def korean():
    tatoeba = sorted({cut(line.split("\t")[1]) for line in lines("tatoeba/kor-eng.tsv.gz")})
    reviews = {}
    for name in ("train", "test"):
        rows = list(lines(f"nsmc/ratings_{name}.txt.gz"))[1:]
        reviews[name] = sorted({cut(row.split("\t")[1]) for row in rows})
    train = [s for s in tatoeba if part(s) > 1] + [s for s in reviews["train"] if part(s) > 0]
    valid = [s for s in tatoeba if part(s) == 0] + [s for s in reviews["train"] if part(s) == 0]
    seen = set(train) | set(valid)
    test = [s for s in tatoeba if part(s) == 1] + [s for s in reviews["test"] if s not in seen]
    vocabulary = {w for s in train for w in s.split()}
    whole = re.compile("[가-힣]{2,}")

    def spoil(sentence, draw, room):
        words = sentence.split()
        places = [i for i, w in enumerate(words) if whole.fullmatch(w) and w in vocabulary]
        draw.shuffle(places)
        for i in places:
            wrong = slip(words[i], draw)
            kind = "realword" if wrong in vocabulary else "nonword"
            if wrong != words[i] and room[kind]:
                return kind, " ".join(words[:i] + [wrong] + words[i + 1:])

    draw = random.Random(7)
    words = sorted(w for w in vocabulary if whole.fullmatch(w))
    slips = ((slip(w, draw), w) for w in draw.sample(words, 20000))
    errors = [(w, r) for w, r in slips if w != r]
    sets = {"valid": make(valid, spoil, vocabulary, 2), "test": make(test, spoil, vocabulary, 3),
            "tatoeba": make([s for s in tatoeba if part(s) == 1], spoil, vocabulary, 4)}
    write("ko", train, errors, sets)


assert screen(keys("값이 과일을 닭이 없었다 의자")) == "값이 과일을 닭이 없었다 의자"
english()
korean()
