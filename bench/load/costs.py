"""Runs commands and prints, for each, seconds of the clock and of processors, and the most memory that was resident.

    python bench/load/costs.py OUT.jsonl -- COMMAND [ARG...]

With GYEOL's progress on standard error, the seconds at which each line came are kept too: which station took how long.
"""

import json
import os
import subprocess
import sys
import threading
import time

out, command = sys.argv[1], sys.argv[sys.argv.index("--") + 1 :]
began = time.monotonic()
child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
lines, resident = [], []


def watch():
    """Resident memory twice a second: what each station holds, beside the peak that the kernel keeps."""
    while child.returncode is None:
        try:
            with open(f"/proc/{child.pid}/statm") as file:
                resident.append((round(time.monotonic() - began, 1), int(file.read().split()[1]) * 4096 >> 20))
        except (OSError, IndexError):
            return
        time.sleep(0.5)


threading.Thread(target=watch, daemon=True).start()
for line in child.stdout:
    lines.append((round(time.monotonic() - began, 1), line.rstrip()[:200]))
_, status, usage = os.wait4(child.pid, 0)
child.returncode = os.waitstatus_to_exitcode(status)
took = {
    "command": command,
    "exit": child.returncode,
    "seconds": round(time.monotonic() - began, 1),
    "processor": round(usage.ru_utime + usage.ru_stime, 1),
    "peak_mb": usage.ru_maxrss >> 10,
}
print(json.dumps(took))
with open(out, "a") as file:
    file.write(json.dumps({**took, "resident_mb": resident, "lines": lines}) + "\n")
