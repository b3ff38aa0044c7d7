"""Confusion matrix of a million labels, its scores and an area under the ROC curve: gyeol and scikit-learn in turn.

    cargo build --release -p gyeol-judge --example confusion
    python bench/judge/compare.py target/release/examples/confusion > bench/judge/runs/DATE-MACHINE/confusion.jsonl

Labels are seeded; one thread each; milliseconds are the best of five rounds. scikit-learn reads its labels as int64, as it
likes them best. `apart` is the largest difference of a score.
"""
import json, os, subprocess, sys, tempfile, time, warnings
import numpy as np, sklearn
from sklearn import metrics as m

warnings.simplefilter("ignore")


def best(rounds, f):
    found = []
    for _ in range(rounds):
        begun = time.perf_counter()
        value = f()
        found.append(time.perf_counter() - begun)
    return round(min(found) * 1e3, 3), value


rounds, rows = 5, 1_000_000
for classes in (2, 20, 1000, 10_000):
    rng = np.random.default_rng(classes)
    labels = rng.integers(0, classes, rows)
    predicted = np.where(rng.random(rows) < 0.7, labels, rng.integers(0, classes, rows))
    with tempfile.NamedTemporaryFile(suffix=".bin") as file:
        np.stack([labels, predicted], 1).astype("<u4").tofile(file.name)
        ours = json.loads(subprocess.run([sys.argv[1], file.name, str(classes), str(rounds)], check=True, capture_output=True).stdout)
    # A dense matrix of 10,000 classes takes 800 MB there; one round of it is enough.
    few = 1 if classes > 1000 else rounds
    theirs = {"sklearn": sklearn.__version__}
    theirs["confusion_ms"], _ = best(few, lambda: m.confusion_matrix(labels, predicted))
    theirs["scores_ms"], scores = best(1, lambda: {
        "accuracy": m.accuracy_score(labels, predicted), "balanced": m.balanced_accuracy_score(labels, predicted),
        "f": m.f1_score(labels, predicted, average="macro"), "matthews": m.matthews_corrcoef(labels, predicted)})
    theirs["area_ms"], scores["area"] = best(few, lambda: m.roc_auc_score(labels > 0, predicted))
    apart = max(abs(ours[name] - value) for name, value in scores.items())
    print(json.dumps({"classes": classes, "gyeol": ours, "scikit-learn": theirs, "apart": float(apart), "load": round(os.getloadavg()[0], 1)}), flush=True)
