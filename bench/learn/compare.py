"""Fits of `crates/learn` beside scikit-learn's on the same numbers, two threads each, one after the other.

    cargo build --release -p gyeol-learn --example learn_speed
    GYEOL_DATA=… OMP_NUM_THREADS=2 python bench/learn/compare.py target/release/examples/learn_speed FOLDER [TASK…] > bench/learn/results-DATE.txt

FOLDER takes what both sides read (about 900 MB). Tasks: softmax nbsvm ols kmeans trees; all without one. GYEOL_DATA is the folder of real files
(20 newsgroups, NSMC). A line of JSON a measurement: the least of a few rounds, in seconds, of the fit alone; nothing is left out.
"""
import gzip, json, os, platform, subprocess, sys, time, warnings

os.environ.setdefault("OMP_NUM_THREADS", "2")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "2")
import numpy as np, scipy.sparse as sp, sklearn
from sklearn.cluster import KMeans
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.metrics import log_loss
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.svm import LinearSVC

warnings.filterwarnings("ignore")
speed, folder, asked = sys.argv[1], sys.argv[2], sys.argv[3:]
os.makedirs(folder, exist_ok=True)
at = lambda name: os.path.join(folder, name)
data = lambda name: os.path.join(os.environ["GYEOL_DATA"], name)


def say(task, who, seconds, **more):
    print(json.dumps({"task": task, "who": who, "seconds": round(seconds, 4), "more": more}), flush=True)


def timed(rounds, f):
    best, last = float("inf"), None
    for _ in range(rounds):
        begun = time.perf_counter()
        last = f()
        best = min(best, time.perf_counter() - begun)
    return best, last


def save(name, x, y):
    x.sort_indices()
    sp.save_npz(at(name + ".npz"), x, compressed=False)
    np.asarray(y, dtype=np.uint32).tofile(at(name + ".labels"))


def softmax():
    rows = [json.loads(line) for line in gzip.open(data("newsgroups20/20news-bydate-train.jsonl.gz"), "rt")]
    names = sorted({r["label"] for r in rows})
    x, y = TfidfVectorizer(max_features=50000).fit_transform([r["text"] for r in rows]), [names.index(r["label"]) for r in rows]
    save("news", x, y)
    y = np.array(y)
    one_hot = np.eye(len(names))[y]

    def objective(m):
        z = x @ m.coef_.T + m.intercept_
        top = z.max(1)
        return float((np.log(np.exp(z - top[:, None]).sum(1)) + top - (z * one_hot).sum(1)).mean() + 0.5 * (m.coef_**2).sum() / len(y))

    for solver, tol in [("lbfgs", 1e-4), ("newton-cg", 1e-4)]:
        seconds, m = timed(2 if solver == "lbfgs" else 1, lambda: LogisticRegression(C=1.0, solver=solver, tol=tol, max_iter=1000).fit(x, y))
        say("softmax", "scikit-learn " + solver, seconds, shape=x.shape, nonzeros=x.nnz, tolerance=tol, iterations=int(m.n_iter_.max()), objective=objective(m))


def nbsvm():
    read = lambda name: [line.rstrip("\n").split("\t") for line in gzip.open(data(name), "rt", encoding="utf8")][1:]
    rows = read("nsmc/ratings_train.txt.gz")
    vectorizer = CountVectorizer(analyzer="char", ngram_range=(1, 5), min_df=2, binary=True, dtype=np.float64)
    x, y = vectorizer.fit_transform([r[1] for r in rows[:140000]]), np.array([int(r[2]) for r in rows[:140000]])
    valid, answers = vectorizer.transform([r[1] for r in rows[140000:]]), np.array([int(r[2]) for r in rows[140000:]])
    save("nsmc", x, y), save("nsmc-valid", valid, answers)

    def fit(tol):
        p, q = 1 + x[y == 1].sum(0), 1 + x[y == 0].sum(0)
        r = np.asarray(np.log((p / p.sum()) / (q / q.sum()))).ravel()
        return r, LinearSVC(C=0.01, tol=tol, max_iter=200, dual=True).fit(x @ sp.diags(r), y)

    for tol in (0.1, 0.01):
        seconds, (r, m) = timed(1, lambda: fit(tol))
        w, s = m.coef_[0], 2 * y - 1
        cost = np.maximum(0, 1 - s * (x @ (r * w) + m.intercept_[0])) ** 2
        say("nbsvm", "scikit-learn LinearSVC on x r", seconds, shape=x.shape, nonzeros=x.nnz, tolerance=tol, iterations=int(m.n_iter_),
            objective=float(0.5 * ((w**2).sum() + m.intercept_[0] ** 2) + 0.01 * cost.sum()), accuracy=float((m.predict(valid @ sp.diags(r)) == answers).mean()))


def ols():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200000, 50)) + rng.normal(size=50)
    y = x @ rng.normal(size=50) + rng.normal(size=200000)
    x.tofile(at("ols.x")), y.tofile(at("ols.y"))
    seconds, m = timed(5, lambda: LinearRegression().fit(x, y))
    m.coef_.tofile(at("ols.coef"))
    say("least squares", "scikit-learn LinearRegression", seconds, shape=x.shape)
    z = np.column_stack([np.ones(len(x)), x])
    seconds, b = timed(5, lambda: np.linalg.lstsq(z, y, rcond=None)[0])
    say("least squares", "numpy lstsq", seconds)
    seconds, b = timed(5, lambda: np.linalg.solve(z.T @ z, z.T @ y))
    say("least squares", "numpy normal equations, unchecked", seconds)
    import statsmodels.api as sm

    seconds, b = timed(2, lambda: sm.OLS(y, z).fit().bse)
    say("least squares", "statsmodels OLS with standard errors", seconds)


def kmeans():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(30, 50))[rng.integers(30, size=100000)] * 0.7 + rng.normal(size=(100000, 50))
    start = x[rng.choice(100000, 20, replace=False)].copy()
    x.tofile(at("kmeans.x")), start.tofile(at("kmeans.start"))
    for algorithm in ("lloyd", "elkan"):
        seconds, m = timed(5, lambda: KMeans(20, init=start, n_init=1, tol=0, max_iter=50, algorithm=algorithm).fit(x))
        say("k-means", f"scikit-learn {algorithm}, the same start, 50 iterations", seconds, iterations=int(m.n_iter_), inertia=float(m.inertia_))
    seconds, m = timed(5, lambda: KMeans(20, n_init=1, random_state=0).fit(x))
    say("k-means", "scikit-learn lloyd, k-means++", seconds, iterations=int(m.n_iter_), inertia=float(m.inertia_))


def trees():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(100000, 20))
    f = (x[:, 0] + 1) * x[:, 1] + np.sin(3 * x[:, 2]) + (x[:, 3] > 0.5) * 2 + 0.5 * x[:, 4]
    y = f + 0.5 * rng.normal(size=len(x))
    labels = np.searchsorted(np.quantile(y, [0.25, 0.5, 0.75]), y).astype(np.uint32)
    x.tofile(at("trees.x")), y.tofile(at("trees.y")), labels.tofile(at("trees.labels"))
    test = np.arange(len(x)) % 4 == 0
    same = dict(max_iter=100, early_stopping=False, learning_rate=0.1, max_leaf_nodes=31, min_samples_leaf=20)
    seconds, m = timed(3, lambda: HistGradientBoostingRegressor(**same).fit(x[~test], y[~test]))
    mse = lambda part: float(((m.predict(x[part]) - y[part]) ** 2).mean())
    say("trees", "scikit-learn, squared, 100 rounds", seconds, train=mse(~test), test=mse(test))
    seconds, m = timed(3, lambda: HistGradientBoostingClassifier(**same).fit(x[~test], labels[~test]))
    of = lambda part: float(log_loss(labels[part], m.predict_proba(x[part])))
    say("trees", "scikit-learn, 4 classes, 100 rounds", seconds, train=of(~test), test=of(test))


say("about", platform.processor() or platform.machine(), 0.0, cores=os.cpu_count(), python=platform.python_version(), numpy=np.__version__, sklearn=sklearn.__version__)
for task in (softmax, nbsvm, ols, kmeans, trees):
    if not asked or task.__name__ in asked:
        task()
        sys.stdout.write(subprocess.run([speed, folder, task.__name__], capture_output=True, text=True, check=True).stdout)
        sys.stdout.flush()
