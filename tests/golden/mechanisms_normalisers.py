# SPDX-License-Identifier: MIT
"""Golden values of normalisers from entmax and PyTorch, for test_golden_normalisers.c.

usage: python tests/golden/mechanisms_normalisers.py > tests/golden/mechanisms_normalisers.txt
needs: torch (made with 2.13.0), entmax (made with 1.3)

Two sequences of 3 queries with 5 and 7 keys (of 7), 2 heads, sizes 4 and 3, scale 2. Inputs are a
formula that the test repeats, so only results are stored:
    value(which, n) = sin(0.7 n + which): q 1, k 2, v 3, do 4, a parameter 5, advantages 6.
Noise is heed's own, made again here: Philox 4x32-10 of seed 5, step 2, layer 1, the sequence's
number, head, query and key. Each line: name, count, values. Computed in float64.
"""
import math
import sys
from unittest import mock

import entmax
import torch

BATCH, HEADS, QUERIES, KEYS, SIZE, VALUE_SIZE = 2, 2, 3, 7, 4, 3
LENGTHS = [5, 7]
SEED, STEP, LAYER, PURPOSE = 5, 2, 1, 9


def values(which, *shape):
    n = torch.arange(math.prod(shape), dtype=torch.float64)
    return torch.sin(0.7 * n + which).reshape(shape)


def philox(key, counter):
    (k0, k1), (c0, c1, c2, c3) = key, counter
    for _ in range(10):
        a, b = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (b >> 32) ^ c1 ^ k0, b & 0xFFFFFFFF, (a >> 32) ^ c3 ^ k1, a & 0xFFFFFFFF
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return c0, c1, c2, c3


def exponentials(sequence, keys):
    """[1, HEADS, QUERIES, keys]: -ln of 1 - u, u uniform in 32 bits."""
    mixed = philox((SEED, 0), (STEP, 0, LAYER, PURPOSE))
    out = torch.empty(1, HEADS, QUERIES, keys, dtype=torch.float64)
    for head in range(HEADS):
        key = philox(mixed[:2], (sequence, 0, head, mixed[2]))[:2]
        for i in range(QUERIES):
            for j in range(keys):
                bits = philox(key, (j // 4, 0, i, 0))[j % 4]
                out[0, head, i, j] = -math.log1p(-(bits + 0.5) / 2**32)
    return out


def given(noise):
    return mock.patch.object(torch.Tensor, "exponential_", lambda self: self.copy_(noise))


def tau_of(scores, p, b):
    top = scores.max(-1)
    return b * top.values - p.gather(-1, top.indices.unsqueeze(-1)).squeeze(-1) ** b


def softmax(s, _):
    return torch.softmax(s, -1), s.logsumexp(-1)


def with_one_more(s, score):
    """A key more, of that score for each head, whose weight is left out."""
    all_scores = torch.cat([s, score.reshape(1, HEADS, 1, 1).expand(1, HEADS, QUERIES, 1)], -1)
    return torch.softmax(all_scores, -1)[..., :-1], all_scores.logsumexp(-1)


def sink(s, _):
    return with_one_more(s, PARAMETER)


def softmax1(s, _):
    return with_one_more(s, torch.zeros(HEADS, dtype=torch.float64))


def sparsemax(s, _):
    p = entmax.sparsemax(s, dim=-1)
    return p, tau_of(s, p, 1.0)


def entmax15(s, _):
    p = entmax.entmax15(s, dim=-1)
    return p, tau_of(s, p, 0.5)


def entmax_of(alpha):
    def normalise(s, _):
        p = entmax.entmax_bisect(s, alpha=alpha, dim=-1, n_iter=60)
        return p, tau_of(s, p, alpha - 1)
    return normalise


def learned(s, _):
    alpha = (1 + torch.sigmoid(PARAMETER)).reshape(1, HEADS, 1, 1).expand(1, HEADS, QUERIES, 1)
    p = entmax.entmax_bisect(s, alpha=alpha, dim=-1, n_iter=60)
    return p, tau_of(s, p, alpha.squeeze(-1) - 1)


def sigmoid(s, _):
    p = torch.sigmoid(s - 1.5)
    return p, p.sum(-1).log()


def relu2(s, _):
    return torch.relu(s) ** 2, torch.full(s.shape[:-1], float(s.shape[-1]))


def relu2_divided(s, _):
    return torch.relu(s) ** 2 / s.shape[-1], torch.full(s.shape[:-1], float(s.shape[-1]))


def topk(s, _):
    top = s.topk(3, -1)
    kept = torch.full_like(s, float("-inf")).scatter(-1, top.indices, top.values)
    return torch.softmax(kept, -1), top.values.logsumexp(-1)


def hard(s, _):
    return torch.nn.functional.one_hot(s.argmax(-1), s.shape[-1]).double(), s.max(-1).values


def straight_through(s, _):
    soft = torch.softmax(s, -1)
    return hard(s, _)[0] + soft - soft.detach(), s.logsumexp(-1)


def gumbel_of(tau, is_hard):
    def normalise(s, sequence):
        noise = exponentials(sequence, s.shape[-1])
        with given(noise):
            p = torch.nn.functional.gumbel_softmax(s, tau=tau, hard=is_hard, dim=-1)
        return p, ((s - noise.log()) / tau).logsumexp(-1)
    return normalise


def sampled(s, sequence):
    """The loss whose gradient REINFORCE takes goes into EXTRA_LOSS."""
    chosen = (s - exponentials(sequence, s.shape[-1]).log()).argmax(-1)
    logs = torch.log_softmax(s, -1)
    advantage = values(6, BATCH, HEADS, QUERIES)[sequence]
    taken = logs.gather(-1, chosen.unsqueeze(-1)).squeeze(-1)
    entropy = -(logs.exp() * logs).sum(-1)
    EXTRA_LOSS.append((advantage * taken - 0.3 * entropy).sum())
    return torch.nn.functional.one_hot(chosen, s.shape[-1]).double(), s.logsumexp(-1)


PARAMETER = values(5, HEADS).requires_grad_()
EXTRA_LOSS = []


def show(name, tensor):
    flat = tensor.detach().flatten().tolist()
    print(name, len(flat), " ".join(f"{x:.9g}" for x in flat))


def case(name, normalise):
    q = values(1, BATCH, HEADS, QUERIES, SIZE).requires_grad_()
    k = values(2, BATCH, HEADS, KEYS, SIZE).requires_grad_()
    v = values(3, BATCH, HEADS, KEYS, VALUE_SIZE).requires_grad_()
    outputs, stats = [], []
    EXTRA_LOSS.clear()
    PARAMETER.grad = None
    for b, length in enumerate(LENGTHS):
        scores = 2 * q[b:b + 1] @ k[b:b + 1, :, :length].transpose(-1, -2)
        p, lse = normalise(scores, b)
        outputs.append(p @ v[b:b + 1, :, :length])
        stats.append(lse)
    o = torch.cat(outputs)
    loss = (o * values(4, *o.shape)).sum() + sum(EXTRA_LOSS)
    loss.backward()
    zero = torch.zeros_like(q)
    shown = [("o", o), ("lse", torch.cat(stats)), ("dq", zero if q.grad is None else q.grad),
             ("dk", torch.zeros_like(k) if k.grad is None else k.grad), ("dv", v.grad)]
    if PARAMETER.grad is not None:
        shown.append(("dp", PARAMETER.grad))
    for what, tensor in shown:
        show(f"{name}.{what}", tensor)


if torch.__version__.split("+")[0] != "2.13.0":
    print(f"note: this is torch {torch.__version__}", file=sys.stderr)
case("softmax", softmax)
case("sink", sink)
case("softmax1", softmax1)
case("sparsemax", sparsemax)
case("entmax15", entmax15)
case("entmax:alpha=1.3", entmax_of(1.3))
case("entmax:alpha=1.75", entmax_of(1.75))
case("entmax:learned=1", learned)
case("sigmoid:bias=-1.5", sigmoid)
case("relu2", relu2)
case("relu2:divide=1", relu2_divided)
case("topk:k=3", topk)
case("hard", hard)
case("straight_through", straight_through)
case("gumbel:tau=0.7", gumbel_of(0.7, False))
case("gumbel:tau=0.7,hard=1", gumbel_of(0.7, True))
case("sampled:entropy=0.3", sampled)
