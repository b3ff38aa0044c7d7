"""kill -9 at random moments of a small run, then --resume: the same scores, nothing left over. With --tmpfs FOLDER (as root) a
disk that is full at each size, then with room again.

    python3 bench/hostile/kills.py --gyeol target/release/gyeol --recipe r.toml --kills 200
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import tempfile
import time


def scores(folder):
    with open(os.path.join(folder, "scores.json")) as file:
        found = json.load(file)
    for rung in found["rungs"]:
        for key in ("fit_seconds", "predict_us", "peak_memory"):
            rung.pop(key, None)
    return found


def listing(folder):
    return sorted(os.path.relpath(os.path.join(at, name), folder) for at, _, names in os.walk(folder) for name in names)


def models(folder):
    names = [name for name in listing(folder) if name.endswith(".gyeol")]
    return {name: open(os.path.join(folder, name), "rb").read() for name in names}


def main():
    given = argparse.ArgumentParser()
    given.add_argument("--gyeol", default="target/release/gyeol")
    given.add_argument("--recipe", required=True)
    given.add_argument("--kills", type=int, default=200)
    given.add_argument("--tmpfs")
    args = given.parse_args()
    work = tempfile.mkdtemp()
    whole = os.path.join(work, "whole")
    run = [args.gyeol, "run", args.recipe, "-q", "--out"]
    began = time.monotonic()
    subprocess.run(run + [whole], check=True, stdout=subprocess.DEVNULL)
    took = time.monotonic() - began
    wanted, files, bytes_of = scores(whole), listing(whole), models(whole)
    randomly, bad, killed = random.Random(1), [], 0
    for number in range(args.kills):
        out = os.path.join(work, "cut")
        shutil.rmtree(out, ignore_errors=True)
        child = subprocess.Popen(run + [out], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(randomly.uniform(0, took))
        child.kill()
        killed += child.wait() != 0
        again = subprocess.run(run + [out, "--resume"], capture_output=True, text=True)
        same = again.returncode == 0 and scores(out) == wanted and models(out) == bytes_of
        if not same or listing(out) != files:
            bad.append([number, again.returncode, again.stderr, sorted(set(listing(out)) ^ set(files))])
    found = {"seconds": took, "kills": args.kills, "killed_in_time": killed, "bad": bad}
    if args.tmpfs:
        found["full"] = full(args, run, wanted, files)
    print(json.dumps(found, indent=1))


def full(args, run, wanted, files):
    """A small file system at sizes from a page to what a run takes."""
    os.makedirs(args.tmpfs, exist_ok=True)
    tries, bad = 0, []
    for size in range(16, 4096, 48):
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", args.tmpfs], check=True)
        out = os.path.join(args.tmpfs, "out")
        first = subprocess.run(run + [out], capture_output=True, text=True)
        tries += 1
        fine = first.returncode == 0 or (first.returncode == 1 and "Next: " in first.stderr and "panick" not in first.stderr)
        subprocess.run(["mount", "-o", "remount,size=64m", args.tmpfs], check=True)
        again = subprocess.run(run + [out, "--resume"], capture_output=True, text=True)
        same = again.returncode == 0 and scores(out) == wanted and listing(out) == files
        if not fine or not same:
            bad.append([size, first.returncode, first.stderr, again.returncode, again.stderr])
        subprocess.run(["umount", args.tmpfs], check=True)
        if first.returncode == 0:
            break
    return {"sizes": tries, "bad": bad}


if __name__ == "__main__":
    main()
