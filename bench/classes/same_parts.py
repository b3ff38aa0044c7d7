"""gyeol's ladder beside scikit-learn on the same five stratified folds: every test fold is scored once by both.

    python bench/classes/same_parts.py GYEOL FOLDER > bench/classes/runs/DATE-MACHINE/same_parts.txt

FOLDER holds iris.csv, wine.csv, digits.csv, breast_cancer.csv (a header, the class last), sms.tsv (label, text) and
movie_review.tsv (id, sentiment, review), each with one header row. scikit-learn chooses C, or the number of neighbours, by three
folds of what it learns from; gyeol by its own rules.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

GYEOL, FOLDER = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])


def gyeol(rows, head, train, test, kind):
    for name, places in (("train", train), ("test", test)):
        with open(f"{name}.csv", "w", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(head)
            writer.writerows(rows[i] for i in places)
    recipe = f'task = "classify"\n[data]\ntrain = "train.csv"\ntest = "test.csv"\nlabel = "{head[-1]}"\nkind = "{kind}"\n'
    if kind == "texts":
        recipe += f'column = "{head[0]}"\n'
    with open("r.toml", "w") as out:
        out.write(recipe)
    subprocess.run([GYEOL, "run", "r.toml", "--out", "out", "-q"], check=True, stdout=subprocess.DEVNULL)
    with open("out/scores.json") as file:
        scores = json.load(file)
    right = {rung["name"]: 1 - rung["test"]["error"]["value"] for rung in scores["rungs"]}
    return right | {"the chosen rung": right[scores["best"]]}


def compare(name, x, rows, head, kind, models):
    y = np.array([row[-1] for row in rows])
    found = {}
    for train, test in StratifiedKFold(5, shuffle=True, random_state=0).split(np.zeros(len(y)), y):
        for rung, right in gyeol(rows, head, train, test, kind).items():
            found.setdefault(f"gyeol {rung}", []).append(right)
        for model, fit in models.items():
            part = lambda places: [x[i] for i in places] if isinstance(x, list) else x[places]
            right = (fit.fit(part(train), y[train]).predict(part(test)) == y[test]).mean()
            found.setdefault(f"scikit-learn {model}", []).append(right)
    print(name)
    for model, rights in found.items():
        print(f"   {model}: {np.mean(rights):.4f}")
    sys.stdout.flush()


def search(step, key, values):
    return GridSearchCV(make_pipeline(StandardScaler(), step), {key: values}, cv=3)


TABLES = {
    "logistic": search(LogisticRegression(max_iter=2000), "logisticregression__C", [0.1, 1, 10, 100]),
    "LinearSVC": search(LinearSVC(), "linearsvc__C", [0.1, 1, 10]),
    "neighbours": search(KNeighborsClassifier(weights="distance"), "kneighborsclassifier__n_neighbors", [1, 5, 15, 30]),
    "naive Bayes": GaussianNB(),
}
words = dict(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
letters = dict(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, min_df=2)
TEXTS = {
    "LinearSVC, words": GridSearchCV(make_pipeline(TfidfVectorizer(**words), LinearSVC()), {"linearsvc__C": [0.1, 1, 10]}, cv=3),
    "LinearSVC, words and letters": make_pipeline(make_union(TfidfVectorizer(**words), TfidfVectorizer(**letters)), LinearSVC()),
}

os.chdir(tempfile.mkdtemp())
for name in ("breast_cancer", "digits", "wine", "iris"):
    with open(f"{FOLDER}/{name}.csv") as file:
        head, *rows = list(csv.reader(file))
    x = np.array([[float(cell) for cell in row[:-1]] for row in rows])
    compare(name, x, rows, head, "table", TABLES)
for name, at in (("sms", (1, 0)), ("movie_review", (2, 1))):
    with open(f"{FOLDER}/{name}.tsv") as file:
        cells = [line.rstrip("\n").split("\t", max(at)) for line in file][1:]
    rows = [[c[at[0]], c[at[1]]] for c in cells]
    compare(name, [row[0] for row in rows], rows, ["text", "label"], "texts", TEXTS)
