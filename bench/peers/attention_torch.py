# SPDX-License-Identifier: MIT
"""PyTorch's side of attention.py: scaled_dot_product_attention on the cases that it is given."""

import contest
import torch
from torch.nn import functional


def window_mask(case):
    at = torch.arange(case["keys"])
    return (at[:, None] - at[None, :]).abs() <= case["window"]


def lengths_mask(case):
    """[B, 1, 1, Tk], true = seen."""
    return (torch.arange(case["keys"]) < torch.tensor(case["key_lengths"])[:, None])[:, None, None]


def alibi(case):
    at = torch.arange(case["keys"], dtype=torch.float32)
    slopes = torch.tensor(case["slopes"])[:, None, None]
    return -(slopes * (at[:, None] - at[None, :]).abs())[None]


def mask_of(case, dtype):
    """What attn_mask is, and whether it is learned."""
    kind = case["mechanism"]
    if kind in ("learned_bias", "fixed_bias"):
        shape = 1, case["heads"], case["queries"], case["keys"]
        return torch.randn(shape, dtype=dtype, requires_grad=kind == "learned_bias")
    make = {"window": window_mask, "lengths": lengths_mask, "ragged": lengths_mask, "alibi": alibi}
    made = make[kind](case) if kind in make else None
    return made.to(dtype) if kind == "alibi" else made


class Additive(torch.nn.Module):
    """w . tanh(Wq q + Wk k + b) for each head, as it is written down: B H Tq Tk A numbers."""

    def __init__(self, heads, size, hidden):
        super().__init__()
        make = torch.nn.Parameter
        self.query = make(torch.randn(heads, size, hidden) / size ** 0.5)
        self.key = make(torch.randn(heads, size, hidden) / size ** 0.5)
        self.bias = make(torch.zeros(heads, 1, hidden))
        self.weight = make(torch.randn(heads, 1, hidden, 1) / hidden ** 0.5)

    def forward(self, q, k, v):
        keys = k @ self.key + self.bias
        met = ((q @ self.query)[:, :, :, None] + keys[:, :, None]).tanh_()
        return torch.softmax((met @ self.weight).squeeze(-1), -1) @ v


def each(case, q, k, v):
    """One call a sequence, of its own length."""
    lengths = case["key_lengths"]
    return torch.cat([
        functional.scaled_dot_product_attention(q[i:i + 1, :, :n], k[i:i + 1, :, :n],
                                                v[i:i + 1, :, :n])
        for i, n in enumerate(lengths)], 2)


def memory_there():
    with open("/proc/meminfo") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable")) / 1e6


def make(case):
    torch.set_num_threads(case["threads"])
    torch.manual_seed(1)
    dtype = torch.bfloat16 if case["precision"] == "medium" else torch.float32
    batch, heads, key_heads, size = (case[x] for x in ("batch", "heads", "key_heads", "size"))
    backward = case["backward"]
    q, k, v = (torch.randn(batch, h, n, size, dtype=dtype, requires_grad=backward)
               for h, n in ((heads, case["queries"]), (key_heads, case["keys"]),
                            (key_heads, case["keys"])))
    mask, learned, network = mask_of(case, dtype), [q, k, v], None
    if case["mechanism"] == "learned_bias":
        learned.append(mask)
    if case["mechanism"] == "additive":
        needed = 4e-9 * batch * heads * case["queries"] * case["keys"] * case["hidden"] * 4
        if memory_there() < needed:
            raise NotImplementedError(f"{needed:.0f} GB of memory are not free")
        network = Additive(heads, size, case["hidden"])
        learned += network.parameters()

    def forward():
        if network:
            return network(q, k, v)
        if case["way"] == "each":
            return each(case, q, k, v)
        return functional.scaled_dot_product_attention(
            q, k, v, attn_mask=mask, dropout_p=case["dropout"], is_causal=case["causal"],
            enable_gqa=heads != key_heads)

    if not backward:
        def run():
            with torch.inference_mode():
                forward()
        return run
    d_o = torch.randn_like(forward())

    def run_both():
        for x in learned:
            x.grad = None
        forward().backward(d_o)
    run_both()
    if any(x.grad is None for x in learned):
        raise NotImplementedError("a gradient is not made")
    return run_both


contest.serve(torch.__version__, make)
