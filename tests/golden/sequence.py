# SPDX-License-Identifier: MIT
"""Writes sequence.txt: values and gradients of the operations of sequence models by torch.

    python3 tests/golden/sequence.py > tests/golden/sequence.txt

Numbers that go in are simple functions that the test repeats: element i of input k (from 1) is
    ((37 i + 11 k k + 5 k) mod 23 - 11) / 16
and those of the targets are of k = 200. The loss is half the squared distance of the output to the
targets, divided by the output's rows, except where the operation is itself a loss. A case is its
name, then its output, then the gradient of each input, a line each: the count and the numbers. Made
with torch 2.13; float64, so that heed's float32 is what is tested.
"""
import math

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
C, STARTS, SOURCES = 5, [2, 0, 2, 6], [4, 2, 4, 1]  # who looks where, and at how many rows
MEMORY, PAIRS, LENGTHS = 7, sum(SOURCES), [3, 1, 4]


def numbers(k, *shape):
    count = math.prod(shape)
    values = [((37 * i + 11 * k * k + 5 * k) % 23 - 11) / 16 for i in range(count)]
    return torch.tensor(values).reshape(shape)


def line(t):
    values = t.detach().reshape(-1).tolist()
    print(len(values), " ".join(f"{v:.9g}" for v in values))


def case(name, shapes, function, is_loss=False):
    inputs = [numbers(k + 1, *shape).requires_grad_(True) for k, shape in enumerate(shapes)]
    out = function(*inputs)
    loss = out if is_loss else 0.5 * ((out - numbers(200, *out.shape)) ** 2).sum() / out.shape[0]
    loss.backward()
    print(name)
    for t in [out] + [i.grad for i in inputs]:
        line(t)


def gru_step(x, h, w, b):
    return torch.gru_cell(x, h[: len(x)], torch.eye(3 * C), w, torch.zeros(3 * C), b[0])


def lstm_step(x, state, w):
    zero, n = torch.zeros(4 * C), len(x)
    before = (state[:n, :C], state[:n, C:])
    return torch.cat(torch.lstm_cell(x, before, torch.eye(4 * C), w, zero, zero), 1)


def packed(kind, gates, weights, x, state):
    net = kind(gates * C, C)
    names = ["weight_ih_l0", "bias_ih_l0", "weight_hh_l0", "bias_hh_l0"]
    weights = dict(zip(names, [torch.eye(gates * C), torch.zeros(gates * C)] + weights))
    parts = list(torch.split(x, LENGTHS))
    sequences = torch.nn.utils.rnn.pack_sequence(parts, enforce_sorted=False)
    return torch.func.functional_call(net, weights, (sequences, state))


def gru_initial(x, w, b, h):
    out, _ = packed(torch.nn.GRU, 3, [w, b[0]], x, h[None])
    padded, lengths = torch.nn.utils.rnn.pad_packed_sequence(out)
    return torch.cat([padded[:n, i] for i, n in enumerate(lengths)])


def lstm_final(x, w, state):
    before = (state[None, :, :C].contiguous(), state[None, :, C:].contiguous())
    _, (h, c) = packed(torch.nn.LSTM, 4, [w, torch.zeros(4 * C)], x, before)
    return torch.cat([h[0], c[0]], 1)


def looks(x):
    """What each query looks at."""
    return [x[start : start + count] for start, count in zip(STARTS, SOURCES)]


def additive(q, keys, w, coverage, w_c, memory):
    rows, parts = [], torch.split(coverage, SOURCES)
    for i, (k, v) in enumerate(zip(looks(keys), looks(memory))):
        scores = torch.tanh(q[i] + k + parts[i] * w_c) @ w[0]
        rows.append(torch.softmax(scores, 0) @ v)
    return torch.stack(rows)


def dot(q, keys, memory):
    rows = zip(q, looks(keys), looks(memory))
    return torch.stack([torch.softmax(0.5 * k @ one, 0) @ v for one, k, v in rows])


def coverage_loss(a, coverage):
    return 0.25 * torch.minimum(a, coverage[: len(a)]).sum()


V, WORDS, LABELS, EXTENDED = 6, [7, 2, 5, 2, 5, 2, 1], [5, 7, 0, -1], 8


def pointer(smoothing):
    def loss(logits, gate, scores):
        total, rows = 0, 0
        for i, s in enumerate(torch.split(scores[:, 0], SOURCES)):
            if LABELS[i] < 0:
                continue
            g = torch.sigmoid(gate[i, 0])
            words = torch.tensor(WORDS[STARTS[i] : STARTS[i] + SOURCES[i]])
            copied = torch.zeros(EXTENDED).index_add(0, words, torch.softmax(s, 0))
            made = F.pad(torch.softmax(logits[i], 0), (0, EXTENDED - V))
            p = g * made + (1 - g) * copied
            smooth = torch.log_softmax(logits[i], 0).mean()
            total = total - (1 - smoothing) * torch.log(p[LABELS[i]]) - smoothing * smooth
            rows += 1
        return total / rows

    return loss


def guide(q, k):
    """Links of target rows 0, 2 and 4; the head is columns 1 to 3 of q, 2 to 4 of k."""
    links = {0: [1, 2], 2: [0], 4: [1]}
    targets, sources, total = [3, 1, 1], [3, 1, 2], 0
    for qs, ks, rows in zip(q.split(targets), k.split(sources), torch.arange(5).split(targets)):
        log_p = torch.log_softmax(0.7 * qs[:, 1:4] @ ks[:, 2:5].T, 1)
        for p, row in zip(log_p, rows.tolist()):
            total = total - sum(p[j] for j in links.get(row, []))
    return total / len(links)


def glu(f):
    return lambda x: f(x[:, :C]) * x[:, C:]


case("gru_step", [(3, 3 * C), (4, C), (3 * C, C), (1, 3 * C)], gru_step)
case("lstm_step", [(3, 4 * C), (4, 2 * C), (4 * C, C)], lstm_step)
case("gru_initial", [(8, 3 * C), (3 * C, C), (1, 3 * C), (3, C)], gru_initial)
case("lstm_final", [(8, 4 * C), (4 * C, C), (3, 2 * C)], lstm_final)
case("additive", [(4, C), (MEMORY, C), (1, C), (PAIRS, 1), (1, C), (MEMORY, 3)], additive)
case("dot", [(4, C), (MEMORY, C), (MEMORY, 3)], dot)
case("coverage_loss", [(9, 1), (11, 1)], coverage_loss, is_loss=True)
case("pointer", [(4, V), (4, 1), (PAIRS, 1)], pointer(0), is_loss=True)
case("pointer_smoothed", [(4, V), (4, 1), (PAIRS, 1)], pointer(0.1), is_loss=True)
case("guide", [(5, 4), (6, 5)], guide, is_loss=True)
case("swiglu", [(3, 2 * C)], glu(F.silu))
case("geglu", [(3, 2 * C)], glu(F.gelu))
