# SPDX-License-Identifier: MIT
"""Golden values of scores and of stages that scale or gate, from PyTorch, for
tests/unit/attention/test_golden_scores.c.

usage: python tests/golden/mechanisms_scores.py > tests/golden/mechanisms_scores.txt
needs: torch (made with 2.13.0)

One sequence, rows [T, heads, size]. The inputs are a formula that the test repeats, so only results
are stored: element n of array a is sin(0.7 n + 1 + a), a = 0, 1, 2 for q, k, v, then one for each
learned array in the plan's order, and 20 for the gradient of o.
Each line: name, count, values. Computed in float64, printed with 9 digits.
"""
import sys

import torch
from torch.nn import functional as F


def values(which, *shape):
    n = torch.arange(torch.Size(shape).numel(), dtype=torch.float64)
    return torch.sin(0.7 * n + 1 + which).reshape(shape).requires_grad_()


def show(name, tensor):
    flat = tensor.detach().flatten().tolist()
    print(name, len(flat), " ".join(f"{x:.9g}" for x in flat))


def pairs(q, k):
    """q [H, Tq, 1, D] and k [H, 1, Tk, D], broadcast: every query beside every key."""
    return torch.broadcast_tensors(q.unsqueeze(2), k.unsqueeze(1))


def case(name, score, shapes, after=lambda s, p, *w: (s, p), heads=2, key_heads=2, tq=3, tk=5,
         size=4, value_size=3):
    q = values(0, tq, heads, size)
    k = values(1, tk, key_heads, size)
    v = values(2, tk, key_heads, value_size)
    learned = [values(3 + i, *shape) for i, shape in enumerate(shapes)]
    group = heads // key_heads
    qs = q.transpose(0, 1)
    ks, vs = (x.transpose(0, 1).repeat_interleave(group, 0) for x in (k, v))
    s = score(qs, ks, *learned)
    s, _ = after(s, None, *learned)
    p = torch.softmax(s, -1)
    _, p = after(s, p, *learned)
    o = (p @ vs).transpose(0, 1)
    o.backward(values(20, tq, heads, value_size).detach())
    show(f"{name}.o", o)
    show(f"{name}.lse", s.logsumexp(-1).transpose(0, 1))
    for i, x in enumerate([q, k, v] + learned):
        show(f"{name}.{i}", x.grad)


def cosine(q, k, *_):
    return 5 * F.cosine_similarity(*pairs(q, k), dim=-1)


def gaussian(q, k, log_sigma=None):
    sigma = 1.5 if log_sigma is None else 1.5 * log_sigma.exp().reshape(-1, 1, 1)
    return -torch.cdist(q, k).square() / (2 * sigma**2)


def distance(q, k, *_):
    return -0.5 * torch.cdist(q, k)


def projected(q, k, wq, wk, w=None, b=None):
    """One head after another, as textbooks have it: linear layers, tanh, a vector."""
    heads = q.shape[0]
    group = heads // wk.shape[0]
    rows = []
    for h in range(heads):
        both = torch.cat([wq[h], wk[h // group]], -1)  # [A, 2 D]
        hidden = F.linear(torch.cat(pairs(q[h:h + 1], k[h:h + 1]), -1), both,
                          None if b is None else b[h]).tanh()
        rows.append(hidden.sum(-1) if w is None else hidden @ w[h])
    return torch.cat(rows)


def plain(q, k, *_):
    return q @ k.transpose(1, 2) / q.shape[-1]**0.5


def general(q, k, w):
    """One head."""
    size = q.shape[-1]
    both = (x.contiguous() for x in pairs(q, k))
    return F.bilinear(*both, w.reshape(1, size, size))[..., 0]


def scale(s, p, w):
    return (2 * w.exp().reshape(-1, 1, 1) * s if p is None else s), p


def temperature(s, p, w):
    return (s / (2 * w.exp().reshape(-1, 1, 1)) if p is None else s), p


def gate(s, p, w):
    return s, None if p is None else p * w.reshape(-1, 1, 1)


def sigmoid_gate(s, p, w):
    return s, None if p is None else p * torch.sigmoid(w).reshape(-1, 1, 1)


def concat_linear():
    """The rule with one key a query: a linear layer over both gives the weights of Tv values."""
    b, t, tv, dq, dk, dv = 2, 3, 5, 4, 2, 3
    q, k, v = values(0, b, t, dq), values(1, b, t, dk), values(2, b, tv, dv)
    w, bias = values(3, tv, dq + dk), values(4, tv)
    p = torch.softmax(F.linear(torch.cat([q, k], -1), w, bias), -1)
    o = torch.bmm(p, v)
    o.backward(values(20, b, t, dv).detach())
    show("concat_linear.w", p)
    show("concat_linear.o", o)
    for i, x in enumerate([q, k, v, w, bias]):
        show(f"concat_linear.{i}", x.grad)


if torch.__version__.split("+")[0] != "2.13.0":
    print(f"note: this is torch {torch.__version__}", file=sys.stderr)
case("cosine", cosine, [])
case("cosine_long", cosine, [], heads=2, key_heads=1, tk=70, size=3)
case("gaussian", gaussian, [])
case("gaussian_learned", gaussian, [(2, 1)], key_heads=1)
case("distance", distance, [])
case("additive_projected", projected, [(4, 6, 4), (2, 6, 4), (4, 6), (4, 6)], heads=4)
case("concat", projected, [(2, 3, 4), (2, 3, 4), (2, 3)])
case("concat_long", projected, [(2, 4, 4), (1, 4, 4), (2, 4)], key_heads=1, tk=70)
case("concat_tanh_sum", projected, [(2, 3, 4), (2, 3, 4)])
case("general", general, [(1, 16)], heads=1, key_heads=1)
case("dot", lambda q, k: q @ k.transpose(1, 2), [])
case("softcap", plain, [], lambda s, p: (2 * torch.tanh(s / 2) if p is None else s, p))
case("softcap_before_scale", plain, [(2, 1)],
     lambda s, p, w: (w.exp().reshape(-1, 1, 1) * torch.tanh(s) if p is None else s, p))
case("scale", plain, [(2, 1)], scale)
case("temperature", plain, [(2, 1)], temperature)
case("gate", plain, [(2, 1)], gate)
case("sigmoid_gate", plain, [(2, 1)], sigmoid_gate)
concat_linear()
