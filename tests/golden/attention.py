# SPDX-License-Identifier: MIT
"""Golden values of attention from PyTorch, for tests/unit/attention/test_attention_golden.c.

usage: python tests/golden/attention.py > tests/golden/attention.txt
needs: torch (made with 2.13.0)

The inputs are a formula that the test repeats, so only results are stored:
    value(which, n) = sin(0.7 n + which) for the n-th element of q (1), k (2), v (3), do (4).
Each line: name, count, values. Computed in float64, printed with 9 digits.
"""
import sys

import torch


def values(which, *shape):
    count = 1
    for size in shape:
        count *= size
    n = torch.arange(count, dtype=torch.float64)
    return torch.sin(0.7 * n + which).reshape(shape)


def show(name, tensor):
    flat = tensor.detach().flatten().tolist()
    print(name, len(flat), " ".join(f"{x:.9g}" for x in flat))


def scaled_dot(name, batch, heads, key_heads, queries, keys, size, value_size, causal, lengths=None):
    q = values(1, batch, heads, queries, size).requires_grad_()
    k = values(2, batch, key_heads, keys, size).requires_grad_()
    v = values(3, batch, key_heads, keys, value_size).requires_grad_()
    seen = torch.ones(batch, 1, queries, keys, dtype=torch.bool)
    if causal:  # PyTorch's own corner, top left: query_offset 0
        seen = seen & torch.ones(queries, keys, dtype=torch.bool).tril()
    for b, length in enumerate(lengths or []):
        seen[b, :, :, length:] = False
    o = torch.nn.functional.scaled_dot_product_attention(
        q, k, v, attn_mask=seen, enable_gqa=heads != key_heads)
    o.backward(values(4, batch, heads, queries, value_size))
    groups = k.repeat_interleave(heads // key_heads, dim=1)
    scores = (q @ groups.transpose(-1, -2) / size**0.5).masked_fill(~seen, float("-inf"))
    for what, tensor in (("o", o), ("lse", scores.logsumexp(-1)), ("dq", q.grad), ("dk", k.grad),
                         ("dv", v.grad)):
        show(f"{name}.{what}", tensor)


def additive(name, batch, queries, keys, hidden, value_size):
    q = values(1, batch, 1, queries, hidden).requires_grad_()
    k = values(2, batch, 1, keys, hidden).requires_grad_()
    v = values(3, batch, 1, keys, value_size).requires_grad_()
    w = values(5, hidden).requires_grad_()
    scores = torch.tanh(q.unsqueeze(3) + k.unsqueeze(2)) @ w
    o = torch.softmax(scores, -1) @ v
    o.backward(values(4, batch, 1, queries, value_size))
    for what, tensor in (("o", o), ("lse", scores.logsumexp(-1)), ("dq", q.grad), ("dk", k.grad),
                         ("dv", v.grad), ("dw", w.grad)):
        show(f"{name}.{what}", tensor)


if torch.__version__.split("+")[0] != "2.13.0":
    print(f"note: this is torch {torch.__version__}", file=sys.stderr)
scaled_dot("plain", 2, 2, 2, 3, 5, 4, 4, False)
scaled_dot("causal", 1, 2, 2, 6, 6, 4, 3, True)
scaled_dot("grouped", 1, 4, 2, 3, 70, 2, 2, False)
scaled_dot("lengths", 2, 1, 1, 2, 6, 4, 4, False, lengths=[2, 6])
additive("additive", 2, 3, 5, 4, 2)
