# SPDX-License-Identifier: MIT
"""How far PyTorch's float32 is from float64, for tests/unit/ops/test_accuracy.c.

usage: python tests/golden/accuracy.py > tests/golden/accuracy.txt
needs: torch, numpy (made with torch 2.13.0 on one thread of a processor with AVX-512)

Attention runs on the path that writes the matrix out (SDPBackend.MATH), linear layers on whatever
torch.nn.functional.linear takes. The inputs are a formula that the test repeats, in float32, so only
two numbers a result are stored. Each line: case, result, the relative error of float32 by Frobenius
norms, the norm in float64 (which tells the test that it has the same inputs).
"""
import sys

import numpy as np
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel


def values(which, *shape, scale=1.0):
    """Mean 0, variance scale^2: SplitMix64 of the element's number."""
    n = np.arange(int(np.prod(shape)), dtype=np.uint64)
    with np.errstate(over="ignore"):
        x = (n + np.uint64((which << 40) + 1)) * np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        x ^= x >> np.uint64(31)
    x = (x >> np.uint64(40)).astype(np.float64) * 2.0**-24 - 0.5
    return torch.from_numpy((x * (scale * 3.4641016)).astype(np.float32).reshape(shape))


def compare(case, names, make):
    single, double = make(torch.float32), make(torch.float64)
    for name, x, y in zip(names, single, double):
        x, y = x.detach().double(), y.detach()
        print(f"{case} {name} {(torch.linalg.norm(x - y) / torch.linalg.norm(y)).item():.4e} "
              f"{torch.linalg.norm(y).item():.12e}")


def attention(case, batch, heads, key_heads, queries, keys, size, value_size, causal=False,
              scale=1.0):
    def make(dtype):
        """The test's arrays lie as [batch, rows, heads, size]."""
        def taken(which, rows, heads, size, scale=1.0):
            x = values(which, batch, rows, heads, size, scale=scale).to(dtype)
            return x.transpose(1, 2).contiguous().requires_grad_()

        q = taken(1, queries, heads, size, scale)
        k, v = taken(2, keys, key_heads, size), taken(3, keys, key_heads, value_size)
        with sdpa_kernel(SDPBackend.MATH):
            o = torch.nn.functional.scaled_dot_product_attention(
                q, k, v, is_causal=causal, enable_gqa=heads != key_heads)
        o.backward(taken(4, queries, heads, value_size).detach())
        return o, q.grad, k.grad, v.grad

    compare(case, ("o", "dq", "dk", "dv"), make)


def linear(case, m, n, k):
    """The loss is half the squared distance to targets, over the rows."""
    def make(dtype):
        x = values(1, m, k).to(dtype).requires_grad_()
        w = values(2, n, k, scale=k**-0.5).to(dtype).requires_grad_()
        b = values(3, n).to(dtype).requires_grad_()
        y = torch.nn.functional.linear(x, w, b)
        ((y - values(4, m, n).to(dtype)).square().sum() / (2 * m)).backward()
        return y, x.grad, w.grad, b.grad

    compare(case, ("y", "dx", "dw", "db"), make)


torch.set_num_threads(1)
if torch.__version__.split("+")[0] != "2.13.0":
    print(f"note: this is torch {torch.__version__}", file=sys.stderr)
attention("plain", 2, 4, 4, 256, 256, 64, 64)
attention("causal", 1, 4, 4, 512, 512, 64, 64, causal=True)
attention("grouped", 2, 4, 2, 200, 300, 80, 48)
attention("long", 1, 1, 1, 1024, 1024, 128, 128)
attention("peaked", 2, 4, 4, 256, 256, 64, 64, scale=8.0)
linear("300x128x128", 300, 128, 128)
linear("17x33x3000", 17, 33, 3000)
linear("512x768x256", 512, 768, 256)
linear("2048x256x1024", 2048, 256, 1024)
