"""What PyTorch computes, for the tests that compare gyeol's numbers with it.

    python fixtures.py            # writes the files below beside itself

Made with Python 3.11, torch 2.15.0 and safetensors 0.8.0 (pip install torch safetensors), one thread, float64.
Another version or processor may change the last digit of a number.

cells.safetensors       outputs, last states and gradients of RNN (tanh, ReLU), LSTM and GRU
training.safetensors    losses of 200 steps of an LSTM regressor and of an LSTM language model
optimizers.json         20 steps of each optimizer on one small problem
losses.json             values and slopes
schedules.json          learning rates

Weights are in PyTorch's layout: weight_ih_l0 (4 H, I) with the gates' rows one block below the other, i f g o for the
LSTM, r z n for the GRU; _l1 is the second layer, _reverse the backward direction. Floats are F64, integers I64.
"""

import json
import pathlib

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

HERE = pathlib.Path(__file__).parent
STEPS, BATCH, INPUT, HIDDEN = 6, 4, 3, 5
CLIP = 0.25
LENGTHS = {"ragged": [3, 6, 1, 5], "equal": [6, 6, 6, 6]}
CELLS = {
    "rnn_tanh": lambda **k: nn.RNN(INPUT, HIDDEN, nonlinearity="tanh", **k),
    "rnn_relu": lambda **k: nn.RNN(INPUT, HIDDEN, nonlinearity="relu", **k),
    "lstm": lambda **k: nn.LSTM(INPUT, HIDDEN, **k),
    "gru": lambda **k: nn.GRU(INPUT, HIDDEN, **k),
}
NETS = {"one": {}, "two": {"num_layers": 2}, "both": {"num_layers": 2, "bidirectional": True}}


def listed(tensor):
    return tensor.detach().tolist()


def write_json(name, data):
    """One entry a line, so that a change shows as the lines it touches."""
    lines = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in data.items())
    (HERE / name).write_text("{\n" + lines + "\n}\n")


def write_tensors(name, data):
    save_file({k: v.detach().contiguous().clone() for k, v in data.items()}, HERE / name)


def cells():
    """`x` (T, B, I), `{ragged,equal}.lengths`. For each cell and net, `{cell}.{net}.`:

    the weights; h0 and c0 (layers * directions, B, H); w_out, w_h, w_c, the weights of
    loss = sum(w_out out) + sum(w_h h_n) + sum(w_c c_n).
    Then `{cell}.{net}.{ragged,equal}.`: out (T, B, directions * H), 0 past the end; h_n, c_n, loss, and d.NAME, the
    loss's gradient by x, h0, c0 and every weight. c is there for the LSTM only.
    """
    x = torch.randn(STEPS, BATCH, INPUT)
    store = {"x": x} | {f"{k}.lengths": torch.tensor(v) for k, v in LENGTHS.items()}
    for cell, make in CELLS.items():
        for shape, options in NETS.items():
            net, at = make(**options), f"{cell}.{shape}."
            directions = 2 if net.bidirectional else 1
            state = torch.Size((net.num_layers * directions, BATCH, HIDDEN))
            parts = ["h", "c"] if cell == "lstm" else ["h"]
            begin = {f"{p}0": torch.randn(state) for p in parts}
            given = {f"w_{p}": torch.randn(state) for p in parts}
            given["w_out"] = torch.randn(STEPS, BATCH, directions * HIDDEN)
            weights = dict(net.named_parameters())
            store |= {at + k: v for k, v in (weights | begin | given).items()}
            for kind, lengths in LENGTHS.items():
                inputs = {k: v.clone().requires_grad_() for k, v in ({"x": x} | begin).items()}
                packed = pack_padded_sequence(inputs["x"], lengths, enforce_sorted=False)
                carried = (inputs["h0"], inputs["c0"]) if cell == "lstm" else inputs["h0"]
                out, last = net(packed, carried)
                out, _ = pad_packed_sequence(out, total_length=STEPS)
                ends = dict(zip(parts, last if cell == "lstm" else [last]))
                loss = (given["w_out"] * out).sum() + sum((given[f"w_{p}"] * ends[p]).sum() for p in parts)
                wanted = inputs | weights
                slopes = torch.autograd.grad(loss, list(wanted.values()))
                results = {"out": out, "loss": loss} | {f"{p}_n": v for p, v in ends.items()}
                results |= {f"d.{k}": g for k, g in zip(wanted, slopes)}
                store |= {f"{at}{kind}.{k}": v for k, v in results.items()}
    write_tensors("cells.safetensors", store)


def optimizers():
    """`problem`: a, b and the start; f(p) = sum(a (p - b)^2 / 2 + 0.1 sin(3 p)), whose gradient is a (p - b) +
    0.3 cos(3 p). Each case: its class, its settings, the gradients before and the params after each of 20 steps.
    Epsilon is large, so that its place shows.
    """
    a, b, start = torch.rand(6) * 2 + 0.2, torch.randn(6), torch.randn(6)
    data = {"problem": {"a": listed(a), "b": listed(b), "start": listed(start)}}
    cases = {
        "sgd": (torch.optim.SGD, {"lr": 0.1}),
        "momentum": (torch.optim.SGD, {"lr": 0.05, "momentum": 0.9}),
        "nesterov": (torch.optim.SGD, {"lr": 0.05, "momentum": 0.9, "nesterov": True}),
        "sgd_l2": (torch.optim.SGD, {"lr": 0.1, "weight_decay": 0.1}),
        "momentum_l2": (torch.optim.SGD, {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.1}),
        "adagrad": (torch.optim.Adagrad, {"lr": 0.3, "eps": 1e-3}),
        "rmsprop": (torch.optim.RMSprop, {"lr": 0.02, "alpha": 0.99, "eps": 1e-3}),
        "adam": (torch.optim.Adam, {"lr": 0.1, "betas": [0.9, 0.999], "eps": 1e-3}),
        "adam_l2": (torch.optim.Adam, {"lr": 0.1, "betas": [0.9, 0.999], "eps": 1e-3, "weight_decay": 0.1}),
        "adamw": (torch.optim.AdamW, {"lr": 0.1, "betas": [0.9, 0.999], "eps": 1e-3, "weight_decay": 0.1}),
    }
    for name, (kind, settings) in cases.items():
        p = start.clone().requires_grad_()
        optimizer = kind([p], **settings)
        gradients, params = [], []
        for _ in range(20):
            optimizer.zero_grad()
            (a * (p - b) ** 2 / 2 + 0.1 * torch.sin(3 * p)).sum().backward()
            gradients.append(listed(p.grad))
            optimizer.step()
            params.append(listed(p))
        data[name] = {"class": kind.__name__, "settings": settings, "gradients": gradients, "params": params}
    write_json("optimizers.json", data)


def losses():
    """Each case: its settings, p and y, the value and the slope by p of every number (for cross entropy: every row),
    and the mean with its own slopes. `p` and `y` meet once in mse, l1, huber and smooth_l1.
    """
    p, y = torch.randn(12) * 2, torch.randn(12)
    p[7] = y[7]
    apart = torch.where(p == y, p + 0.5, p)
    chance = torch.tensor([0.0, 1.0] * 5 + [0.3, 0.8])
    logits = torch.tensor([-800.0, 800.0, 800.0, -800.0, 0.0, 0.0, -1.5, 2.5, 30.0, -30.0, 0.7, -0.2])
    scores, classes = torch.randn(7, 5) * 3, torch.tensor([0, 4, -100, 2, 2, -100, 1])

    def pinball(q):
        return lambda p, y, reduction: getattr(torch.maximum(q * (y - p), (q - 1) * (y - p)), reduction)()

    cases = {
        "mse": (F.mse_loss, {}, p, y),
        "l1": (F.l1_loss, {}, p, y),
        "huber": (F.huber_loss, {"delta": 0.7}, p, y),
        "huber_1": (F.huber_loss, {"delta": 1.0}, p, y),
        "smooth_l1": (F.smooth_l1_loss, {"beta": 0.7}, p, y),
        "pinball_10": (pinball(0.1), {}, apart, y),
        "pinball_50": (pinball(0.5), {}, apart, y),
        "pinball_90": (pinball(0.9), {}, apart, y),
        "bce_with_logits": (F.binary_cross_entropy_with_logits, {}, logits, chance),
        "cross_entropy": (F.cross_entropy, {}, scores, classes.clamp(min=0)),
        "cross_entropy_ignore": (F.cross_entropy, {"ignore_index": -100}, scores, classes),
    }
    data = {}
    for name, (of, settings, p, y) in cases.items():
        entry = {"settings": settings, "p": listed(p), "y": listed(y)}
        if name.startswith("cross_entropy"):
            entry["values"] = listed(of(p, y, reduction="none", **settings))
        elif name.startswith("pinball"):
            entry["settings"] = {"quantile": int(name[-2:]) / 100}
            entry["values"] = listed(torch.stack([of(p[i], y[i], "sum") for i in range(len(p))]))
        else:
            entry["values"] = listed(of(p, y, reduction="none", **settings))
        for reduction in ("sum", "mean"):
            leaf = p.clone().requires_grad_()
            value = of(leaf, y, reduction=reduction, **settings)
            value.backward()
            entry[reduction] = value.item()
            entry["slopes" if reduction == "sum" else "mean_slopes"] = listed(leaf.grad)
        data[name] = entry
    write_json("losses.json", data)


def schedules():
    """Each case: its settings and the learning rate of each epoch or iteration, beginning with the first; the full
    rate is 1. `cosine` reaches 0 with the last; `one_cycle` is PyTorch's default, `one_cycle_matched` has its turn at
    3/10 of the way from the first to the last iteration and ends at 1/10,000. `plateau*`: the losses shown, and the
    rate after each.
    """
    schedule = torch.optim.lr_scheduler

    def run(make, count, shown=None):
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        plan, rates = make(optimizer), []
        for i in range(count):
            if shown is None:
                rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if shown is not None:
                plan.step(shown[i])
                rates.append(optimizer.param_groups[0]["lr"])
            elif i + 1 < count:
                plan.step()
        return rates

    data, n = {}, 101
    plans = {
        "step": (schedule.StepLR, {"step_size": 3, "gamma": 0.5}, 12),
        "exponential": (schedule.ExponentialLR, {"gamma": 0.9}, 12),
        "cosine": (schedule.CosineAnnealingLR, {"T_max": n - 1, "eta_min": 0.0}, n),
        "one_cycle": (schedule.OneCycleLR, {"max_lr": 1.0, "total_steps": n}, n),
        "one_cycle_matched": (
            schedule.OneCycleLR,
            {"max_lr": 1.0, "total_steps": n, "pct_start": (0.3 * (n - 1) + 1) / n, "final_div_factor": 400.0},
            n,
        ),
    }
    for name, (kind, settings, count) in plans.items():
        data[name] = {"settings": settings, "rates": run(lambda o: kind(o, **settings), count)}
    shown = [1.0, 0.9, 0.91, 0.92, 0.9, 0.89999, 0.95, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.79, 0.79, 0.7999]
    shown += [0.79, 0.5, 0.6, 0.6, 0.6, 0.6]
    common = {"factor": 0.5, "patience": 2}
    plateaus = {
        "plateau": common | {"threshold": 1e-4, "threshold_mode": "rel"},
        "plateau_any": common | {"threshold": 0.0, "threshold_mode": "abs"},
        "plateau_cooldown": common | {"threshold": 0.0, "threshold_mode": "abs", "cooldown": 2, "min_lr": 0.2},
    }
    for name, settings in plateaus.items():
        rates = run(lambda o: schedule.ReduceLROnPlateau(o, **settings), len(shown), shown)
        data[name] = {"settings": settings, "losses": shown, "rates": rates}
    write_json("schedules.json", data)


class Regressor(nn.Module):
    """x (T, B, 3) -> LSTM 8 -> last state -> Dense 4."""

    def __init__(self):
        super().__init__()
        self.lstm, self.out = nn.LSTM(3, 8), nn.Linear(8, 4)

    def forward(self, x):
        return self.out(self.lstm(x)[0][-1])


class LanguageModel(nn.Module):
    """Tokens (T, B) -> embedding 6 -> two LSTM layers of 7 -> Dense 20."""

    def __init__(self):
        super().__init__()
        self.embedding, self.lstm, self.out = nn.Embedding(20, 6), nn.LSTM(6, 7, num_layers=2), nn.Linear(7, 20)

    def forward(self, tokens, state):
        y, state = self.lstm(self.embedding(tokens), state)
        return self.out(y), state


def one_bias(net):
    """Holds the second bias at 0: two biases that both learn would move their sum twice as fast as one does."""
    for name, p in net.named_parameters():
        if "bias_hh" in name:
            nn.init.zeros_(p).requires_grad_(False)
    return [p for p in net.parameters() if p.requires_grad]


def clip(params, how):
    """To a norm of at most CLIP. PyTorch divides by norm + 1e-6, the paper (Pascanu et al. 2013) by the norm."""
    if how == "torch":
        return nn.utils.clip_grad_norm_(params, CLIP)
    norm = nn.utils.get_total_norm([p.grad for p in params])
    if norm > CLIP:
        for p in params:
            p.grad *= CLIP / norm
    return norm


def train(make, begin, optimizer, loss_of, dtype, how):
    net = make().to(dtype)
    net.load_state_dict({k: v.to(dtype) for k, v in begin.items()})
    params = one_bias(net)
    step, carried, losses, norms = optimizer(params), None, [], []
    for i in range(200):
        step.zero_grad()
        loss, carried = loss_of(net, i, carried)
        loss.backward()
        norms.append(clip(params, how).item())
        step.step()
        losses.append(loss.item())
    after = {k: v.double() for k, v in net.state_dict().items()}
    return {"loss": torch.tensor(losses), "norm": torch.tensor(norms)} | {f"after.{k}": v for k, v in after.items()}


def training():
    """`regressor.` has x (64, 12, 3) and y (64, 4): step i takes rows 8 i .. 8 i + 8 modulo 64; mean squared error,
    Adam 1e-2. `language.` has tokens (4, 1001): step i reads columns 5 i .. 5 i + 5 and is to say those one further on,
    its state carried over from step i - 1 without its gradient; mean cross entropy, SGD 2. Both clip the gradient's
    norm to 0.25, which happens in a third or more of the steps. The second bias is held at 0.

    `begin.NAME`: the weights. `{f64,f32,torch_clip}.`: loss and norm (before clipping) of each step, after.NAME the
    weights at the end; f64 and f32 scale by 0.25 / norm, torch_clip (float64) is PyTorch's own clipping.
    """
    x = torch.randn(64, 12, 3)
    y = torch.tanh(x.mean(1) @ torch.randn(3, 4) * 3) + 0.1 * torch.randn(64, 4)
    tokens = torch.randint(20, (4, 1001))
    for t in range(1, tokens.shape[1]):  # mostly 3 times the last token and a little more
        follows = (3 * tokens[:, t - 1] + torch.randint(3, (4,))) % 20
        tokens[:, t] = torch.where(torch.rand(4) < 0.9, follows, tokens[:, t])

    def regress(net, i, _):
        rows = torch.arange(8 * i, 8 * i + 8) % 64
        dtype = net.out.weight.dtype
        return F.mse_loss(net(x[rows].transpose(0, 1).to(dtype)), y[rows].to(dtype)), None

    def speak(net, i, state):
        said, state = net(tokens[:, 5 * i : 5 * i + 5].T, state)
        wanted = tokens[:, 5 * i + 1 : 5 * i + 6].T.reshape(-1)
        return F.cross_entropy(said.reshape(-1, 20), wanted), tuple(s.detach() for s in state)

    store = {"regressor.x": x, "regressor.y": y, "language.tokens": tokens}
    tasks = {
        "regressor": (Regressor, lambda p: torch.optim.Adam(p, lr=1e-2), regress),
        "language": (LanguageModel, lambda p: torch.optim.SGD(p, lr=2.0), speak),
    }
    for name, (make, optimizer, loss_of) in tasks.items():
        net = make()
        one_bias(net)
        begin = {k: v.clone() for k, v in net.state_dict().items()}
        store |= {f"{name}.begin.{k}": v for k, v in begin.items()}
        for run, dtype, how in [
            ("f64", torch.float64, "paper"),
            ("f32", torch.float32, "paper"),
            ("torch_clip", torch.float64, "torch"),
        ]:
            results = train(make, begin, optimizer, loss_of, dtype, how)
            store |= {f"{name}.{run}.{k}": v for k, v in results.items()}
    write_tensors("training.safetensors", store)


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    for seed, family in enumerate([cells, optimizers, losses, schedules, training]):
        torch.manual_seed(seed)
        family()
