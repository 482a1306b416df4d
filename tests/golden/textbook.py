# SPDX-License-Identifier: MIT
"""Golden values of the textbook operators from PyTorch, for
tests/unit/attention/test_golden_textbook.c.

usage: python tests/golden/textbook.py > tests/golden/textbook.txt
needs: torch (made with 2.13.0)

The inputs are a formula that the test repeats, so only results are stored:
    value(which, n) = 0.6 sin(0.7 n + which) for the n-th element of an array.
Each line: name, count, values. Computed in float64, printed with 9 digits.
"""
import sys

import torch
from torch import nn
from torch.nn import functional


def values(which, *shape):
    count = 1
    for size in shape:
        count *= size
    n = torch.arange(count, dtype=torch.float64)
    return (0.6 * torch.sin(0.7 * n + which)).reshape(shape)


def leaf(which, *shape):
    return values(which, *shape).requires_grad_()


def show(name, tensor):
    flat = tensor.detach().flatten().tolist()
    print(name, len(flat), " ".join(f"{x:.9g}" for x in flat))


def products():
    a, b = values(1, 3, 4, 5), values(2, 3, 5, 2)
    show("product.plain", torch.bmm(a, b))
    show("product.turned", torch.bmm(values(1, 3, 5, 4).mT, values(2, 3, 2, 5).mT))


def softmax():
    x = leaf(1, 2, 3, 6)
    for name, lengths in (("batch", torch.tensor([[4, 4, 4], [6, 6, 6]])),
                          ("rows", torch.tensor([[1, 6, 3], [2, 5, 4]]))):
        x.grad = None
        hidden = torch.arange(6) >= lengths.unsqueeze(-1)
        y = torch.softmax(x.masked_fill(hidden, float("-inf")), -1)
        y.backward(values(3, 2, 3, 6))
        show(f"softmax.{name}.y", y)
        show(f"softmax.{name}.dx", x.grad)


def pooling():
    q, k, v = leaf(1, 2, 3, 2), leaf(2, 2, 5, 2), leaf(3, 2, 5, 3)
    sigma = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    squares = ((q.unsqueeze(2) - k.unsqueeze(1)) ** 2).sum(-1)
    hidden = torch.arange(5) >= torch.tensor([5, 3])[:, None, None]
    p = torch.softmax((-squares / (2 * sigma**2)).masked_fill(hidden, float("-inf")), -1)
    o = p @ v
    o.backward(values(4, 2, 3, 3))
    for name, tensor in (("o", o), ("weights", p), ("dq", q.grad), ("dk", k.grad), ("dv", v.grad),
                         ("dsigma", sigma.grad)):
        show(f"pooling.{name}", tensor)


def module(width, heads, **more):
    """Parameters of nn.MultiheadAttention by formula, numbered as the test does."""
    m = nn.MultiheadAttention(width, heads, batch_first=True, dtype=torch.float64, **more)
    names = ["in_proj_weight"]
    if m.in_proj_weight is None:
        names = ["q_proj_weight", "k_proj_weight", "v_proj_weight"]
    with torch.no_grad():
        for which, name in enumerate(names):
            getattr(m, name).copy_(values(5 + which, *getattr(m, name).shape))
        m.in_proj_bias.copy_(values(8, *m.in_proj_bias.shape))
        m.out_proj.weight.copy_(values(9, *m.out_proj.weight.shape))
        m.out_proj.bias.copy_(values(10, *m.out_proj.bias.shape))
    return m


def fused():
    m, x = module(6, 3), leaf(1, 2, 5, 6)
    later = torch.ones(5, 5, dtype=torch.bool).triu(1)
    y, p = m(x, x, x, attn_mask=later, average_attn_weights=False)
    y.backward(values(4, 2, 5, 6))
    for name, tensor in (("y", y), ("weights", p), ("dq", x.grad), ("dw", m.in_proj_weight.grad),
                         ("db", m.in_proj_bias.grad), ("dwo", m.out_proj.weight.grad),
                         ("dbo", m.out_proj.bias.grad)):
        show(f"fused.{name}", tensor)


def separate():
    m = module(4, 2, kdim=3, vdim=5)
    q, k, v = leaf(1, 2, 3, 4), leaf(2, 2, 4, 3), leaf(3, 2, 4, 5)
    hidden = torch.arange(4) >= torch.tensor([4, 2])[:, None]
    y, p = m(q, k, v, key_padding_mask=hidden, average_attn_weights=False)
    y.backward(values(4, 2, 3, 4))
    for name, tensor in (("y", y), ("weights", p), ("dq", q.grad), ("dk", k.grad), ("dv", v.grad),
                         ("dwq", m.q_proj_weight.grad), ("dwk", m.k_proj_weight.grad),
                         ("dwv", m.v_proj_weight.grad), ("db", m.in_proj_bias.grad),
                         ("dwo", m.out_proj.weight.grad), ("dbo", m.out_proj.bias.grad)):
        show(f"separate.{name}", tensor)


def grouped():
    """4 query heads over 2 key heads, D 3, Dv 2, no biases."""
    q, k = leaf(1, 2, 3, 5), leaf(2, 2, 4, 5)
    w = [leaf(5, 12, 5), leaf(6, 6, 5), leaf(7, 4, 5), leaf(9, 6, 8)]

    def heads(x, count):
        return x.reshape(2, -1, count, x.shape[-1] // count).transpose(1, 2)

    o = functional.scaled_dot_product_attention(
        heads(q @ w[0].T, 4), heads(k @ w[1].T, 2), heads(k @ w[2].T, 2), enable_gqa=True)
    y = o.transpose(1, 2).reshape(2, 3, 8) @ w[3].T
    y.backward(values(4, 2, 3, 6))
    for name, tensor in (("y", y), ("dq", q.grad), ("dk", k.grad), ("dwq", w[0].grad),
                         ("dwk", w[1].grad), ("dwv", w[2].grad), ("dwo", w[3].grad)):
        show(f"grouped.{name}", tensor)


if torch.__version__.split("+")[0] != "2.13.0":
    print(f"note: this is torch {torch.__version__}", file=sys.stderr)
products()
softmax()
pooling()
fused()
separate()
grouped()
