"""What is timed and how: the nets of the cases, and rounds of steps. Standard library only.

A case is a name, and sizes in place of its own where wanted: ts, lm200, lstm:I=7,H=50,T=96,B=20, infer:B=32.

    task      the net                                                         one step
    forecast  x (T, B, I) -> cell -> last state -> Dense O                    MSE, Adam 1e-3
    classify  tokens (T, B) of V -> embedding I -> cell -> last -> Dense O    cross entropy, Adam 1e-3
    language  tokens (T, B) of O -> embedding I -> L layers -> Dense O        cross entropy, norm clipped to 5, SGD 1;
                                                                              state carried from step to step
    infer     as forecast                                                     forward only

A training step is all of it: gradients to zero, forward, loss, backward, clip, update. float32, random numbers.
"""

import statistics
import time
from dataclasses import dataclass, replace

ROUNDS = 5


@dataclass(frozen=True)
class Case:
    task: str
    cell: str = "lstm"
    I: int = 7  # inputs, or size of the embedding
    H: int = 64  # hidden units
    L: int = 1  # layers
    T: int = 96  # steps
    B: int = 32  # batch
    O: int = 24  # outputs
    V: int = 0  # vocabulary of the classifier
    dropout: float = 0.0  # of the embedding and between and after the layers

    @property
    def unit(self):
        return {"infer": "us", "language": "tokens/s"}.get(self.task, "samples/s")


NAMED = {
    "ts": Case("forecast"),
    "lstm": Case("forecast"),
    "gru": Case("forecast", "gru"),
    "rnn": Case("forecast", "rnn"),
    "cls": Case("classify", I=100, H=128, T=30, B=64, O=2, V=20_000),
    "lm200": Case("language", I=200, H=200, L=2, T=35, B=20, O=10_000),
    "rnn200": Case("language", "rnn", I=200, H=200, L=2, T=35, B=20, O=10_000),
    "lm650": Case("language", I=650, H=650, L=2, T=35, B=20, O=10_000, dropout=0.5),
    "infer": Case("infer", B=1),
}


def parse(text):
    name, _, sizes = text.partition(":")
    if name not in NAMED:
        raise SystemExit(f"no case {name}: there are {', '.join(NAMED)}")
    given = dict(part.split("=") for part in sizes.split(",")) if sizes else {}
    if unknown := set(given) - set("IHLTBOV"):
        raise SystemExit(f"{text}: no size {', '.join(sorted(unknown))}: there are I, H, L, T, B, O, V")
    return replace(NAMED[name], **{k: int(v) for k, v in given.items()})


def measure(case, step, secs):
    """Five rounds of steps in `secs` seconds, after three steps and a tenth of the time that do not count.

    A training case gives the units a second of each round, `infer` the median microseconds of a call in it. measured_s
    runs from the end of the first step on: what comes before is start-up.
    """
    step()
    begun, cpu = time.perf_counter(), time.process_time()
    warm = 1
    while warm < 3 or time.perf_counter() - begun < secs / 10:
        step()
        warm += 1
    rounds, calls, steps = [], [], 0
    units = case.B * case.T if case.task == "language" else case.B
    for _ in range(ROUNDS):
        times, start = [], time.perf_counter()
        while len(times) < 2 or time.perf_counter() - start < secs / ROUNDS:
            at = time.perf_counter_ns()
            step()
            times.append((time.perf_counter_ns() - at) / 1000)
        steps += len(times)
        calls += times
        mean = (time.perf_counter() - start) / len(times)
        rounds.append(statistics.median(times) if case.task == "infer" else units / mean)
    took, cpu = time.perf_counter() - begun, time.process_time() - cpu
    best, worst = (min, max) if case.task == "infer" else (max, min)
    result = {"unit": case.unit, "median": statistics.median(rounds), "best": best(rounds), "worst": worst(rounds)}
    result |= {"rounds": rounds, "steps": steps, "measured_s": took, "busy_cores": cpu / took}
    if case.task == "infer":
        result["p99"] = sorted(calls)[len(calls) * 99 // 100]
    return result


def peak_mb():
    """Largest resident memory of this process so far, in MB of 10^6 bytes; none where the system does not say."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 / 1e6 for line in status if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return None


def rounded(record):
    """Four digits are more than a clock on a busy machine can tell."""
    if isinstance(record, dict):
        return {k: rounded(v) for k, v in record.items()}
    if isinstance(record, list):
        return [rounded(v) for v in record]
    return float(f"{record:.5g}") if isinstance(record, float) else record
