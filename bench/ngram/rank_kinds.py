"""How often a count-based model finds the true sentence beside a corrupted one, by kind of corruption.

usage: python rank_kinds.py GYEOL DATA [FOLDER] [RUNG …] > runs/DATE-MACHINE/rank-kinds.jsonl

With rungs (gru, lstm, nnlm) nets of words are asked instead of counts, each as the ladder fits it where nothing is said.

Sets of one true and one corrupted sentence, so chance is 50 %: most from sentences held out of training, those of far
agreement and of Korean voice and time built by pattern from the words below. Chosen by seed 1 before any model was run;
nothing was left out after it. Corrupted sentences that happen to be other held-out or training sentences are left out.
Accuracy counts a tie as half. One JSON line a language, unit and order; then the table in Markdown on standard error.
"""
import itertools, json, random, sys
from parts import *

gyeol, data = sys.argv[1:3]
place = Place(gyeol, sys.argv[3] if len(sys.argv) > 3 else "rank-kinds")
nets = sys.argv[4:]
MOST = 1000

# ---- English -------------------------------------------------------------------------------------------------------
IRREGULAR = """go goes went|come comes came|take takes took|give gives gave|make makes made|see sees saw|know knows knew|
get gets got|eat eats ate|drink drinks drank|write writes wrote|speak speaks spoke|run runs ran|say says said|
tell tells told|think thinks thought|buy buys bought|bring brings brought|feel feels felt|leave leaves left|
find finds found|keep keeps kept|sleep sleeps slept|meet meets met|lose loses lost|break breaks broke|drive drives drove|
begin begins began|sing sings sang|swim swims swam|fall falls fell|forget forgets forgot|teach teaches taught|
catch catches caught|stand stands stood|sit sits sat|wear wears wore|win wins won|grow grows grew|fly flies flew"""
REGULAR = """want need like love look work play live call ask help talk walk wait stay seem open close start finish enjoy
visit listen believe remember"""
VERBS = [tuple(v.split()) for v in IRREGULAR.replace("\n", "").split("|")]
VERBS += [(v, v + "s", v + ("d" if v.endswith("e") else "ed")) for v in REGULAR.split()]
VERBS += [("study", "studies", "studied"), ("try", "tries", "tried"), ("have", "has", "had"), ("do", "does", "did")]
BASE = {v[0]: v for v in VERBS}
THIRD = {v[1]: v for v in VERBS}
PAST = {v[2]: v for v in VERBS}
BE = {"is": "are", "are": "is", "was": "were", "were": "was", "am": "is", "isn't": "aren't", "aren't": "isn't",
      "wasn't": "weren't", "weren't": "wasn't", "doesn't": "don't", "don't": "doesn't"}
SOUND = [s.split() for s in """their there they're|to too two|your you're|its it's|then than|hear here|know no|write right|by buy|
weather whether|who's whose|sea see|son sun|whole hole|week weak|piece peace|wait weight|new knew|brake break|meet meat|
one won|our hour|four for|ate eight|mail male|plain plane|road rode|wear where|would wood|way weigh|red read|be bee|
through threw|past passed|hole whole|flower flour|steal steel|tail tale|fair fare|i eye""".replace("\n", "").split("|")]
HOMOPHONES = {w: [o for o in s if o != w] for s in SOUND for w in s}
PREPOSITIONS = "in on at to for with from of by about into over under after before".split()
AUXILIARIES = "did didn't will won't can can't could couldn't would should must doesn't don't to".split()


def swap(tokens, draw):
    at = [i for i in range(len(tokens) - 1) if tokens[i] != tokens[i + 1] and all(t[0].isalnum() for t in tokens[i:i + 2])]
    if at:
        i = draw.choice(at)
        return tokens[:i] + [tokens[i + 1], tokens[i]] + tokens[i + 2:]


def move(tokens, draw):
    words = [i for i, t in enumerate(tokens) if t[0].isalnum()]
    pairs = [(i, j) for i in words for j in words if abs(i - j) >= 2]
    if pairs:
        i, j = draw.choice(pairs)
        rest = tokens[:i] + tokens[i + 1:]
        return rest[:j] + [tokens[i]] + rest[j:]


def one_of(tokens, draw, options):
    """`options(i)` gives what may stand at i; one place and one of them by lot."""
    at = [(i, o) for i in range(len(tokens)) for o in options(i) if o != tokens[i]]
    if at:
        i, o = draw.choice(at)
        return tokens[:i] + ([] if o is None else [o]) + tokens[i + 1:]


def near(tokens, draw):
    def options(i):
        before = tokens[i - 1] if i else ""
        if i > 1 and tokens[i - 2] in AUXILIARIES + ["let"]:
            return []
        if before in ("he", "she", "it") and tokens[i] in THIRD:
            return [THIRD[tokens[i]][0]]
        if before in ("i", "you", "we", "they") and tokens[i] in BASE and (i < 2 or not tokens[i - 2][0].isalnum()):
            return [BASE[tokens[i]][1]]
        if before in ("i", "you", "he", "she", "it", "we", "they") and tokens[i] in BE:
            return [BE[tokens[i]]]
        return []
    return one_of(tokens, draw, options)


def after_auxiliary(tokens, draw):
    return one_of(tokens, draw, lambda i: [BASE[tokens[i]][2]] if i and tokens[i] in BASE and tokens[i - 1] in AUXILIARIES else [])


def with_time(tokens, draw):
    """A past form after a pronoun becomes the present one that agrees with it."""
    if not ("yesterday" in tokens or "ago" in tokens or ("last" in tokens and {"night", "week", "year", "month"} & set(tokens))):
        return None
    def options(i):
        who = tokens[i - 1] if i else ""
        if tokens[i] in PAST and who in ("i", "you", "we", "they", "he", "she", "it"):
            return [PAST[tokens[i]][who in ("he", "she", "it")]]
        return []
    return one_of(tokens, draw, options)


HELD_OUT_EN = {
    "order: two neighbours swapped": swap,
    "order: one word moved": move,
    "agreement near (he go)": near,
    "homophone": lambda t, d: one_of(t, d, lambda i: HOMOPHONES.get(t[i], [])),
    "a / an": lambda t, d: one_of(t, d, lambda i: {"a": ["an"], "an": ["a"]}.get(t[i], [])),
    "article left out": lambda t, d: one_of(t, d, lambda i: [None] if t[i] in ("a", "an", "the") else []),
    "preposition": lambda t, d: one_of(t, d, lambda i: PREPOSITIONS if t[i] in PREPOSITIONS and i else []),
    "verb form after an auxiliary (did went)": after_auxiliary,
    "tense with a time word": with_time,
}
NOUNS = [("dog", "dogs"), ("boy", "boys"), ("girl", "girls"), ("teacher", "teachers"), ("student", "students"), ("car", "cars"),
         ("friend", "friends"), ("house", "houses"), ("doctor", "doctors"), ("tree", "trees"), ("cat", "cats"), ("book", "books")]
BETWEEN = {0: [""], 1: ["near the {}", "behind the {}", "with the {}"],
           2: ["that the {} saw yesterday", "in front of the old {}", "who met the {} at the station"]}
ENDS = ["{} tired .", "{} very old .", "{} not here .", "{} still in the garden ."]


def far():
    """Subject, what stands between, and a verb."""
    for name, distance, same in (("agreement, nothing between", 0, 1),
                                 ("agreement far: phrase, noun of the same number", 1, 1), ("agreement far: phrase, noun of the other number", 1, 0),
                                 ("agreement far: clause, noun of the same number", 2, 1), ("agreement far: clause, noun of the other number", 2, 0)):
        all_of = []
        for (noun, other), between, end, many, be in itertools.product(
                itertools.permutations(NOUNS, 2), BETWEEN[distance], ENDS, (0, 1), (("is", "are"), ("was", "were"))):
            middle = between.format(other[many if same else 1 - many]) if between else ""
            forms = [" ".join(f"the {noun[many]} {middle} {end.format(b)}".split()) for b in (be[many], be[1 - many])]
            all_of.append(tuple(forms))
        all_of = sorted(set(all_of))
        random.Random(1).shuffle(all_of)
        yield from ((name, *pair) for pair in all_of[:MOST])


# ---- Korean --------------------------------------------------------------------------------------------------------
ALLOMORPHS = [("은", "는"), ("이", "가"), ("을", "를"), ("과", "와")]
OTHER = {a: b for pair in ALLOMORPHS for a, b in (pair, pair[::-1])}
PARTICLES = ["에서", "에게", "으로", "은", "는", "이", "가", "을", "를", "과", "와", "에", "로", "도", "의", "만"]


def nouns_of(lines):
    """Stems that stand before at least three different particles in training: no dictionary, but no endings either."""
    seen = {}
    for line in lines:
        for word in line.split():
            for p in PARTICLES:
                if word.endswith(p) and len(word) > len(p):
                    seen.setdefault(word[:-len(p)], set()).add({"는": "은", "가": "이", "를": "을", "와": "과"}.get(p, p))
    return {stem for stem, particles in seen.items() if len(particles) >= 3}


def closed(stem):
    """Whether the last syllable ends in a consonant; None if it is no Hangul syllable."""
    p = parts_of(stem[-1])
    return p and p[2] > 0


def particle(word):
    for p in PARTICLES:
        stem = word[:-len(p)]
        if word.endswith(p) and stem in NOUN and closed(stem) is not None:
            pair = OTHER.get(p)
            if pair and closed(stem) != (p in "은이을과"):
                continue
            return stem, p
    return None, None


def wrong_allomorph(tokens, draw):
    def options(i):
        stem, p = particle(tokens[i])
        if p in ("으로", "로"):
            ends = parts_of(stem[-1])[2]
            return [stem + ("로" if p == "으로" else "으로")] if (p == "으로") == (ends not in (0, 8)) else []
        return [stem + OTHER[p]] if p in OTHER else []
    return one_of(tokens, draw, options)


def wrong_case(tokens, draw):
    def options(i):
        stem, p = particle(tokens[i])
        if p in ("이", "가"):
            return [stem + ("을" if closed(stem) else "를")]
        return [stem + ("이" if closed(stem) else "가")] if p in ("을", "를") else []
    return one_of(tokens, draw, options)


def place_particle(tokens, draw):
    def options(i):
        stem, p = particle(tokens[i])
        return {"에": [stem and stem + "에서"], "에서": [stem and stem + "에"]}.get(p, [])
    return one_of(tokens, draw, options)


def hangul(word):
    return all(parts_of(c) for c in word)


def joined(tokens, draw):
    at = [i for i in range(len(tokens) - 1) if hangul(tokens[i]) and hangul(tokens[i + 1])]
    if at:
        i = draw.choice(at)
        return tokens[:i] + [tokens[i] + tokens[i + 1]] + tokens[i + 2:]


def parted(tokens, draw):
    at = [(i, j) for i, t in enumerate(tokens) if hangul(t) for j in range(1, len(t))]
    if at:
        i, j = draw.choice(at)
        return tokens[:i] + [tokens[i][:j], tokens[i][j:]] + tokens[i + 1:]


KEYS = ["ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ", "ㅁㄴㅇㄹㅎㅗㅓㅏㅣ", "ㅋㅌㅊㅍㅠㅜㅡ"]
NEXT_KEY = {}
for row in KEYS:
    for a, b in zip(row, row[1:]):
        NEXT_KEY.setdefault(a, []).append(b)
        NEXT_KEY.setdefault(b, []).append(a)


def slip(tokens, draw):
    """One jamo as its neighbour on the two-set keyboard, if that makes a syllable."""
    def options(i):
        out = []
        if not hangul(tokens[i]):
            return out
        for j, c in enumerate(tokens[i]):
            first, vowel, last = parts_of(c)
            new = [(FIRST.index(n), vowel, last) for n in NEXT_KEY.get(FIRST[first], []) if n in FIRST]
            new += [(first, VOWEL.index(n), last) for n in NEXT_KEY.get(VOWEL[vowel], []) if n in VOWEL]
            new += [(first, vowel, LAST.index(n)) for n in NEXT_KEY.get(LAST[last], []) if last and n in LAST]
            out += [tokens[i][:j] + syllable(*s) + tokens[i][j + 1:] for s in new]
        return out
    return one_of(tokens, draw, options)


HELD_OUT_KO = {
    "order: two eojeol swapped": swap,
    "order: one eojeol moved": move,
    "wrong allomorph (이/가, 을/를 …)": wrong_allomorph,
    "subject for object (가/를)": wrong_case,
    "에 / 에서": place_particle,
    "spacing: two eojeol joined": joined,
    "spacing: one eojeol parted": parted,
    "slip of one key": slip,
}
VOICE = """버스를 탔다 태웠다|의자에 앉았다 앉혔다|옷을 입었다 입혔다|밥을 먹었다 먹혔다|책을 읽었다 읽혔다|문을 열었다 열렸다|사진을 찍었다 찍혔다|
전화를 걸었다 걸렸다|소리를 들었다 들렸다|산을 보았다 보였다|편지를 썼다 쓰였다|돈을 빌렸다 빌려졌다|노래를 불렀다 불렸다|고기를 잡았다 잡혔다|
신발을 신었다 신겼다|길을 막았다 막혔다|나무를 심었다 심겼다|집을 팔았다 팔렸다|물을 마셨다 마셔졌다|약속을 잊었다 잊혔다|
영화를 봤다 보였다|지하철을 탔다 태웠다|손을 씻었다 씻겼다|창문을 닫았다 닫혔다"""
WHO = ["나는", "우리는", "친구가", "그는", "엄마는", "동생이"]
TIMES = [("어제", "지난주에", "작년에"), ("내일", "다음 주에", "내년에")]
TENSES = """영화를 봤다 보겠다|밥을 먹었다 먹겠다|집에 갔다 가겠다|책을 읽었다 읽겠다|친구를 만났다 만나겠다|공부를 했다 하겠다|전화를 걸었다 걸겠다|
학교에 왔다 오겠다|노래를 불렀다 부르겠다|옷을 샀다 사겠다|편지를 썼다 쓰겠다|일을 끝냈다 끝내겠다"""


def built_ko():
    for frame, who in itertools.product(VOICE.replace("\n", "").split("|"), WHO):
        thing, right, wrong = frame.split()
        yield "voice (버스를 탔다 / 태웠다)", f"{who} {thing} {right} .", f"{who} {thing} {wrong} ."
    for frame, who, future in itertools.product(TENSES.replace("\n", "").split("|"), WHO, (0, 1)):
        thing, *forms = frame.split()
        for time in TIMES[future]:
            yield ("tense with a time word", f"{time} {who} {thing} {forms[future]} .", f"{time} {who} {thing} {forms[1 - future]} .")


# ---- Both ----------------------------------------------------------------------------------------------------------
def sets(kinds, held_out, known, built):
    for name, corrupt in kinds.items():
        draw, count = random.Random(1), 0
        lines = list(held_out)
        draw.shuffle(lines)
        for line in lines:
            tokens = line.split()
            wrong = corrupt(tokens, draw) if len(tokens) >= 3 else None
            if wrong and " ".join(wrong) not in known:
                yield name, line, " ".join(wrong)
                count += 1
                if count == MOST:
                    break
    yield from built


table = {}


def measure(language, unit, train, valid, triples, cut=lambda lines: lines):
    right, wrong = cut([t[1] for t in triples]), cut([t[2] for t in triples])
    file = place.write("sets.tsv", [f"{t[0]}\t{a}\t{b}" for t, a, b in zip(triples, right, wrong)])
    train, valid = cut(train), cut(valid)
    for order in nets or (1, 3, 5):
        name = f"{language}-{unit}"
        model = place.fit_net(name, train, valid, order) if nets else place.fit(name, train, order)
        found = json.loads(place.run("rank", model, file, "--accuracy", "--json"))
        said = {"language": language, "unit": unit, "order": order, "sentences": len(train), "tokens": sum(map(len, map(str.split, train)))}
        print(json.dumps({**said, "per_word": False, **found}, ensure_ascii=False), flush=True)
        by_word = json.loads(place.run("rank", model, file, "--accuracy", "--normalise", "--json"))
        print(json.dumps({**said, "per_word": True, **by_word}, ensure_ascii=False), flush=True)
        for k in found["keys"]:
            table.setdefault((language, k["key"]), {})[unit, order] = k
        for k in by_word["keys"]:
            if k["key"] in ("article left out", "spacing: two eojeol joined", "spacing: one eojeol parted"):
                table.setdefault((language, k["key"] + " (--normalise)"), {})[unit, order] = k


en = english(place, data)
known = set(en["train"] + en["valid"] + en["test"])
measure("en", "words", en["train"], en["valid"], list(sets(HELD_OUT_EN, en["test"], known, far())))
ko = korean(place, data)
NOUN = nouns_of(ko["train"])
known = set(ko["train"] + ko["valid"] + ko["test"])
triples = list(sets(HELD_OUT_KO, ko["test"], known, built_ko()))
measure("ko", "eojeol", ko["train"], ko["valid"], triples)
place.run("vocab", place.write("ko.txt", ko["train"]), "-o", place.at("ko.json"), "--lang", "ko", "--scheme", "korean")
measure("ko", "stems and particles", ko["train"], ko["valid"], triples, lambda lines: place.tokens(lines, "--like", place.at("ko.json")))
measure("ko", "syllables", ko["train"], ko["valid"], triples, lambda lines: place.tokens(lines, "--lang", "ko", "--unit", "char"))

for language in ("en", "ko"):
    units = list(dict.fromkeys(u for (l, _), row in table.items() if l == language for u in row))
    print(f"\n| {language} | sets | " + " | ".join(f"{u}, order {o}" for u, o in units) + " |", file=sys.stderr)
    print("|---|---|" + "---|" * len(units), file=sys.stderr)
    for (l, key), row in table.items():
        if l == language:
            cell = lambda k: f"{100 * k['accuracy']:.1f} [{100 * k['low']:.0f}, {100 * k['high']:.0f}]"
            print(f"| {key} | {next(iter(row.values()))['count']} | " + " | ".join(cell(row[u]) for u in units) + " |", file=sys.stderr)
