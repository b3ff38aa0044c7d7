"""PyTorch's side of a case (see protocol.py): one JSON line.

    python bench/recurrent/torch_step.py CASE [--threads N] [--secs S] [--dtype f32|bf16] [--compile]

bf16 is autocast: products in bfloat16, weights and updates in float32. Optimizers are the fused ones, the fastest that
PyTorch has here. median, best and worst are of the rounds, peak_mb includes PyTorch itself, import_s is `import torch`
alone.
"""

import argparse
import contextlib
import json
import time

import protocol

begun = time.perf_counter()
import torch  # noqa: E402
from torch import nn  # noqa: E402

IMPORT_S = time.perf_counter() - begun
BATCHES = 64


class Net(nn.Module):
    def __init__(self, case):
        super().__init__()
        words = case.O if case.task == "language" else case.V
        self.embedding = nn.Embedding(words, case.I) if words else None
        self.drop = nn.Dropout(case.dropout)
        cell = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[case.cell]
        self.cell = cell(case.I, case.H, case.L, dropout=case.dropout if case.L > 1 else 0.0)
        self.out = nn.Linear(case.H, case.O)
        self.every_step = case.task == "language"

    def forward(self, x, state=None):
        if self.embedding is not None:
            x = self.drop(self.embedding(x))
        y, state = self.cell(x, state)
        return self.out(self.drop(y if self.every_step else y[-1])), state


def detached(state):
    return tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()


def make_step(case, options):
    net = Net(case)
    forward = torch.compile(net) if options.compile else net
    if options.dtype == "bf16":
        context = lambda: torch.autocast("cpu", torch.bfloat16)  # noqa: E731
    else:
        context = contextlib.nullcontext
    if case.task == "infer":
        net.eval()
        x = torch.randn(case.T, case.B, case.I)

        def infer():
            with torch.inference_mode(), context():
                forward(x)

        return infer

    if case.task == "language":
        text = torch.randint(case.O, (BATCHES, case.T + 1, case.B))
        xs, ys = text[:, :-1], text[:, 1:].reshape(BATCHES, -1)
    elif case.task == "classify":
        xs, ys = torch.randint(case.V, (BATCHES, case.T, case.B)), torch.randint(case.O, (BATCHES, case.B))
    else:
        xs, ys = torch.randn(BATCHES, case.T, case.B, case.I), torch.randn(BATCHES, case.B, case.O)
    loss_of = nn.MSELoss() if case.task == "forecast" else nn.CrossEntropyLoss()
    if case.task == "language":
        optimizer = torch.optim.SGD(net.parameters(), lr=1.0, fused=True)
    else:
        optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, fused=True)
    count, carried = 0, None

    def train():
        nonlocal count, carried
        i, count = count % BATCHES, count + 1
        optimizer.zero_grad(set_to_none=True)
        with context():
            y, state = forward(xs[i], carried)
            loss = loss_of(y.flatten(0, -2), ys[i])
        loss.backward()
        if case.task == "language":
            carried = detached(state)
            nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimizer.step()

    return train


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--secs", type=float, default=5.0)
    parser.add_argument("--dtype", choices=["f32", "bf16"], default="f32")
    parser.add_argument("--compile", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    case = protocol.parse(options.case)
    program = "torch.compile" if options.compile else "torch"
    record = {"program": program, "version": torch.__version__, "case": options.case, "dtype": options.dtype}
    record |= {"threads": options.threads}
    record |= protocol.measure(case, make_step(case, options), options.secs)
    record |= {"import_s": IMPORT_S, "peak_mb": protocol.peak_mb()}
    print(json.dumps(protocol.rounded(record)))


if __name__ == "__main__":
    main()
