"""Fits crates/text/src/sentences/korean/weights.bin, the evidence that a Korean sentence ends where no stop stands.

    cargo build --release -p gyeol-text --example korean_sentences
    python bench/text/fit_korean_sentences.py target/release/examples/korean_sentences DATA crates/text/src/sentences/korean/weights.bin

DATA holds nsmc/ratings_train.txt.gz (CC0), tatoeba/kor-eng.tsv.gz (CC BY) and konlpy_corpus (laws). A review whose
writer used stops teaches where sentences end: the stops are hidden from the evidence and asked back. Tatoeba's sentences
and sentences of other reviews are joined at random, so that what opens a sentence is learned apart from what closed the
one before. Logistic regression with the prior as offset, L2, L-BFGS; unmarked ends in reviews are noise: gaps that a model
fitted on the other half believes are ends are left out. 1 in 10 texts is held out and scored. Rebuild afterwards.
"""
import glob, gzip, hashlib, random, re, subprocess, sys
import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

binary, data, out = sys.argv[1:4]
FEATURES, SLOTS, STEP = 28, 1 << 15, 1 / 24
ROW = np.dtype([("label", "u1"), ("prior", "<f4"), ("slots", "<u2", FEATURES)])
rng = random.Random(20261124)
STOP = re.compile(r"[.!?…]")

def rows(texts):
    raw = subprocess.run([binary, "--features"], input="\n".join(texts).encode() + b"\n", capture_output=True, check=True).stdout
    return np.frombuffer(raw, ROW)

def reviews():
    lines = gzip.open(f"{data}/nsmc/ratings_train.txt.gz", "rt", encoding="utf-8").read().split("\n")[1:]
    for line in lines:
        part = line.split("\t")
        if len(part) == 3:
            yield part[1].strip()

def joined(sentences, rounds, low, high):
    texts = []
    for _ in range(rounds):
        order = sentences[:]
        rng.shuffle(order)
        at = 0
        while at < len(order):
            n = rng.randint(low, high)
            texts.append(" ".join(order[at:at + n]))
            at += n
    return texts

natural, singles = [], []
for review in reviews():
    # Only writers who close with a stop, and whose stops stand after words and not as dots of hesitation alone.
    if not re.search(r"[가-힣][.!?]+$", review) or review.count("..") > 1:
        continue
    natural.append(review)
    for sentence in re.split(r"(?<=[.!?])\s+", review):
        if re.search(r"[가-힣][.!?]$", sentence) and ".." not in sentence and 2 <= len(sentence.split()) <= 14:
            singles.append(sentence)
rng.shuffle(natural)
rng.shuffle(singles)
def stopped(sentence):
    return sentence if re.search(r"[.!?]$", sentence) else sentence + "."
tatoeba = [stopped(line.split("\t")[1].strip()) for line in gzip.open(f"{data}/tatoeba/kor-eng.tsv.gz", "rt", encoding="utf-8") if "\t" in line]
tatoeba = [s for s in tatoeba if not re.search(r"[.!?]\s", s)]
# The same sentence comes with several translations: held out by sentence.
tatoeba = sorted(set(tatoeba))
rng.shuffle(tatoeba)
law = []
for path in sorted(glob.glob(f"{data}/konlpy_corpus/kobill/*.txt"))[::2]:
    text = open(path, encoding="utf-8").read()
    law += [" ".join(p.split()) for p in re.split(r"\n\s*\n", text) if "다." in p]
def is_held(sentence):
    """One sentence in ten, by its hash, so that other scripts hold out the same."""
    return hashlib.sha256(sentence.encode()).digest()[0] % 10 == 0
tatoeba_fit, tatoeba_held = [s for s in tatoeba if not is_held(s)], [s for s in tatoeba if is_held(s)]
parts = {
    "natural": (natural[len(natural) // 10:], natural[:len(natural) // 10], 1.0),
    "joined reviews": (joined(singles[len(singles) // 10:], 1, 3, 7), joined(singles[:len(singles) // 10], 1, 3, 7), 0.7),
    "tatoeba": (joined(tatoeba_fit, 8, 3, 7), joined(tatoeba_held, 2, 3, 7), 2.0),
    "law": (law[len(law) // 10:], law[:len(law) // 10], 1.0),
}
train, weight, source, tests = [], [], [], {}
for number, (name, (fit, test, w)) in enumerate(parts.items()):
    r = rows(fit)
    r = r[r["label"] < 2]
    train.append(r); weight.append(np.full(len(r), w)); source.append(np.full(len(r), number))
    t = rows(test)
    tests[name] = t[t["label"] < 2]
    print(f"{name}: {len(fit)} texts, {len(r)} gaps, {r['label'].mean():.3f} ends; held out {len(test)} texts", flush=True)
train, weight, source = np.concatenate(train), np.concatenate(weight), np.concatenate(source)

def matrix(r):
    n = len(r)
    return csr_matrix((np.ones(n * FEATURES, np.float32), r["slots"].reshape(-1).astype(np.int32), np.arange(0, n * FEATURES + 1, FEATURES)), shape=(n, SLOTS))

def fit(r, w, l2=2.0):
    x, y, prior = matrix(r), r["label"].astype(np.float32), r["prior"]
    xt = x.T.tocsr()
    def loss(beta):
        z = x @ beta.astype(np.float32) + prior
        value = np.sum(w * (np.logaddexp(0, z) - y * z)) + l2 / 2 * np.sum(beta**2)
        return value, (xt @ (w * (1 / (1 + np.exp(-z)) - y)).astype(np.float32)).astype(np.float64) + l2 * beta
    return minimize(loss, np.zeros(SLOTS), jac=True, method="L-BFGS-B", options=dict(maxiter=60)).x

def score(r, beta):
    return matrix(r) @ beta.astype(np.float32) + r["prior"]

half = np.array([rng.random() < 0.5 for _ in range(len(train) // 512 + 1)])[np.arange(len(train)) // 512]
keep = np.ones(len(train), bool)
for side in (half, ~half):
    beta = fit(train[side], weight[side])
    believed = score(train[~side], beta) > 1.0
    # A certain ending without a stop in a review tells nothing: people leave stops out.
    believed |= train["prior"][~side] >= 1.5
    noise = (train["label"][~side] == 0) & (source[~side] < 2) & believed
    keep[np.flatnonzero(~side)[noise]] = False
print(f"left out as unmarked ends: {(~keep).sum()} of {len(keep)}", flush=True)
beta = fit(train[keep], weight[keep])
table = np.clip(np.round(beta / STEP), -127, 127).astype(np.int8)
open(out, "wb").write(table.tobytes())
print(f"largest weight {np.abs(beta).max():.2f}, {np.count_nonzero(table)} of {SLOTS} slots used")
for name, r in tests.items():
    z, y = score(r, table * STEP) > 0, r["label"] == 1
    p, q = (z & y).sum() / max(z.sum(), 1), (z & y).sum() / max(y.sum(), 1)
    z0 = r["prior"] > 0
    p0, q0 = (z0 & y).sum() / max(z0.sum(), 1), (z0 & y).sum() / max(y.sum(), 1)
    print(f"{name}: {len(r)} gaps, ends {y.sum()}: precision {p:.4f} recall {q:.4f}   prior alone {p0:.4f} {q0:.4f}")
