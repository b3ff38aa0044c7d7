"""Every verb of every kind of model, asked with bodies of eight MiB that are as unlucky as they can be: one line without an
end, a million short texts, one word, signs alone. Prints, for each, status, seconds and the memory it took at its peak beside
what is allowed (20 times its bytes and 64 MiB); says which were more, and whether the server lived.

    python3 bench/hostile/bodies.py --gyeol target/release/gyeol [--size 8388000]
"""

import argparse
import json
import os
import random
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

WORDS = "harbour boat left early morning captain mended nets rain wind stayed long quiet letter answer bridge".split()


def sentences(n, seed):
    draw = random.Random(seed)
    return [" ".join(draw.choices(WORDS, k=draw.randint(4, 9))) for _ in range(n)]


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def models(gyeol, work):
    """A small model of each kind, and the verbs of it."""
    lines = sentences(600, 1)
    write(f"{work}/lines.txt", "\n".join(lines) + "\n")
    rows = ["text,label"] + [f"{line},{'sea' if 'boat' in line or 'nets' in line else 'land'}" for line in lines]
    write(f"{work}/classes.csv", "\n".join(rows) + "\n")
    write(f"{work}/pairs.tsv", "".join(f"{line}\t{' '.join(reversed(line.split()))}\n" for line in lines))
    stamp = lambda i: time.strftime("%Y-%m-%dT%H:00", time.gmtime(1_704_067_200 + 3600 * i))
    hours = [f"{stamp(i)},{100 + i % 24 + i % 5 / 10},{i % 7}" for i in range(1300)]
    write(f"{work}/load.csv", "time,load,temperature\n" + "\n".join(hours) + "\n")
    net = 'units = 16\nepochs = 1\n'
    recipes = {
        "lm": f'task = "language-model"\n[data]\nfile = "lines.txt"\n[[rung]]\nname = "ngram"\norder = [3]\n[[rung]]\nname = "lstm"\n{net}',
        "classes": f'task = "classify"\n[data]\nfile = "classes.csv"\ncolumn = "text"\nlabel = "label"\n[[rung]]\nname = "logistic"\n[[rung]]\nname = "lstm"\n{net}',
        "pairs": f'task = "translate"\n[data]\nfile = "pairs.tsv"\nsource = "1"\ntarget = "2"\n[[rung]]\nname = "lstm"\n{net}',
        "spacing": f'task = "tag"\n[data]\nfile = "lines.txt"\nlabels = "spacing"\n[[rung]]\nname = "window"\n[[rung]]\nname = "bilstm"\n{net}',
        "load": '[data]\nfile = "load.csv"\n[forecast]\nlook_back = 48\nhorizon = 12\n[[rung]]\nname = "linear"\n[[rung]]\nname = "lstm"\nhidden = 8\nepochs = 1\n',
    }
    found = []
    for name, recipe in recipes.items():
        write(f"{work}/{name}.toml", recipe)
        done = subprocess.run([gyeol, "run", f"{work}/{name}.toml", "--out", f"{work}/{name}", "-q"], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{name}: {done.stderr}")
        for rung in sorted(os.listdir(f"{work}/{name}/rungs")):
            kept = f"{work}/{name}-{rung}"
            os.replace(f"{work}/{name}/rungs/{rung}", kept)
            found.append(kept)
    topics = f"{work}/topics.gyeol"
    subprocess.run([gyeol, "topics", f"{work}/lines.txt", "-k", "3", "--iterations", "20", "-o", topics, "-q"], check=True)
    return found + [topics]


def bodies(verb, size):
    """Bodies of about `size` bytes by name; the keys are those that text verbs take."""
    key = "prompt" if verb == "generate" else "text"
    short = {"words": ("a " * (size // 2)), "word": "a" * size, "korean": "가나 " * (size // 7), "signs": "\\u0001" * (size // 6), "newlines": "\\n" * (size // 2), "marks": ". " * (size // 2)}
    out = {}
    for name, text in short.items():
        out[f"one text of {name}"] = f'{{"{key}":"{text}"}}'
        out[f"texts of one, {name}"] = f'{{"texts":["{text}"]}}'
    out["a million texts"] = '{"texts":[' + ",".join(['"a b"'] * min(300_000, size // 6)) + "]}"
    out["many values"] = '{"texts":[' + ",".join(["0"] * (size // 2)) + "]}"
    return out


def tables(size):
    rows = {"ones": "1,1,1\n", "commas": "," * 99 + "\n", "stamps": "2024-01-01T00:00,1,1\n", "words": "a,b,c\n", "long": "x" * 900_000 + ",1,1\n"}
    for name, row in rows.items():
        yield f"csv of {name}", "text/csv", ("time,load,temperature\n" + row * (size // len(row))).encode()
    hours = "".join(f"{time.strftime('%Y-%m-%dT%H:00', time.gmtime(1.7e9 + 3600 * i))},{i % 24},1\n" for i in range(size // 24))
    yield "csv of hours", "text/csv", ("time,load,temperature\n" + hours).encode()
    yield "json of empty rows", "application/json", b'{"readings":[{"time":1}' + b",{}" * (size // 3) + b"]}"
    yield "json of zeros", "application/json", b'{"readings":{"load":[0' + b",0" * (size // 2) + b"]}}"
    yield "json of lists", "application/json", b'{"readings":{"load":[' + b"[],".ljust(3) * (size // 3) + b"0]}}"
    yield "json of depth", "application/json", b'{"readings":' + b"[" * size


def resident(pid):
    with open(f"/proc/{pid}/status") as status:
        found = {line.split(":")[0]: int(line.split()[1]) for line in status if line.startswith(("VmHWM", "VmRSS"))}
    return found["VmHWM"], found["VmRSS"]


def main():
    given = argparse.ArgumentParser()
    given.add_argument("--gyeol", default="target/release/gyeol")
    given.add_argument("--size", type=int, default=8_388_000)
    args = given.parse_args()
    work = tempfile.mkdtemp()
    files = models(args.gyeol, work)
    server = subprocess.Popen([args.gyeol, "serve", *files, "--addr", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True)
    port = int(server.stderr.readline().split("http://127.0.0.1:")[1].split("/")[0])
    threading.Thread(target=server.stderr.read, daemon=True).start()
    base = f"http://127.0.0.1:{port}"
    with urllib.request.urlopen(f"{base}/v1/models") as answer:
        listed = json.load(answer)["models"]
    worst = []
    for model in listed:
        for verb in (verb["name"] for verb in model["verbs"]):
            asks = list(tables(args.size)) if verb == "forecast" else [(n, "application/json", b.encode()) for n, b in bodies(verb, args.size).items()]
            for name, kind, body in asks:
                with open(f"/proc/{server.pid}/clear_refs", "w") as reset:
                    reset.write("5")
                _, before = resident(server.pid)
                began = time.perf_counter()
                request = urllib.request.Request(f"{base}/v1/models/{model['name']}/{verb}", data=body, headers={"content-type": kind})
                code = ""
                try:
                    with urllib.request.urlopen(request, timeout=120) as answer:
                        status = answer.status
                        answer.read()
                except urllib.error.HTTPError as error:
                    status, text = error.code, error.read()
                    code = json.loads(text)["error"]["code"]
                except OSError as error:
                    status, code = 0, str(error)
                if server.poll() is not None:
                    raise SystemExit(f"the server ended with {server.returncode} at {model['name']}/{verb}, {name}")
                seconds = time.perf_counter() - began
                took = (resident(server.pid)[0] - before) / 1024
                allowed = 20 * len(body) / (1 << 20) + 64
                mark = "" if took <= allowed and status and status < 500 else "  <--"
                line = f"{model['name']:24} {verb:9} {name:24} {status} {code:18} {seconds:6.2f} s {took:7.0f} MiB of {allowed:.0f}{mark}"
                print(line, flush=True)
                if mark:
                    worst.append(line)
    print(f"\n{len(worst)} beyond what is allowed, or not answered in time")
    server.terminate()
    print("exit", server.wait(timeout=60))


if __name__ == "__main__":
    main()
