"""Runs a command and says what it took: seconds, seconds of processor, highest resident memory, and both for each of its stages.

    python bench/load/measure.py [--csv SAMPLES.csv] -- gyeol run m1000.toml --out run

A stage ends where the command writes a line to standard error or output. Memory is read from /proc twenty times a second (Linux); the
highest of all is the kernel's own (`ru_maxrss`). With --csv the samples are kept: seconds, resident MB, seconds of processor.
"""

import os
import subprocess
import sys
import threading
import time

args = sys.argv[1:]
samples_to = None
if args[:1] == ["--csv"]:
    samples_to, args = args[1], args[2:]
if args[:1] == ["--"]:
    args = args[1:]

begun = time.monotonic()
lines, samples = [], []
child = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0)


def listen():
    for line in iter(child.stdout.readline, b""):
        lines.append((time.monotonic() - begun, line.decode(errors="replace").rstrip()))


def sample():
    try:
        with open(f"/proc/{child.pid}/status") as f:
            rss = next((int(l.split()[1]) for l in f if l.startswith("VmRSS")), 0) / 1000
        with open(f"/proc/{child.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        ticks = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        samples.append((time.monotonic() - begun, rss, ticks))
    except OSError:
        pass


listener = threading.Thread(target=listen)
listener.start()
while True:
    pid, status, usage = os.wait4(child.pid, os.WNOHANG)
    if pid:
        break
    sample()
    time.sleep(0.05)
took = time.monotonic() - begun
listener.join()

at, busy = 0.0, 0.0
for until, line in [*lines, (took, "end")]:
    inside = [s for s in samples if at <= s[0] < until]
    if until - at >= 0.5 and inside:
        now = inside[-1][2]
        peak = max(s[1] for s in inside)
        print(f"{until - at:8.1f} s {now - busy:8.1f} s cpu {peak:8.0f} MB  until: {line[:150]}")
        at, busy = until, now
if samples_to:
    with open(samples_to, "w") as f:
        f.write("seconds,resident_mb,cpu_seconds\n")
        f.writelines(f"{t:.2f},{m:.1f},{c:.2f}\n" for t, m, c in samples)
code = os.waitstatus_to_exitcode(status)
print(
    f"exit {code}, {took:.1f} s, {usage.ru_utime + usage.ru_stime:.1f} s of processor "
    f"({usage.ru_stime:.1f} of them the system's), highest {usage.ru_maxrss / 1000:.0f} MB"
)
sys.exit(code)
