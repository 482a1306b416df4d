# SPDX-License-Identifier: MIT
"""Golden values of masks from PyTorch, for tests/unit/attention/test_golden_masks.c.

usage: python tests/golden/mechanisms_masks.py > tests/golden/mechanisms_masks.txt
needs: torch (made with 2.13.0)

Each mask is a function of positions for flex_attention, which gives o on the CPU; gradients are of
scaled_dot_product_attention with the same mask as a dense matrix (both must give the same o). The
inputs are the formula of attention.py: value(which, n) = sin(0.7 n + which) for q (1), k (2), v (3),
do (4); centres of local-p are 3 + 2.5 sin(0.7 n + 6) over [H, Tq]. Where the queries are fewer than
the keys, the last query stands at the last key. Each line: name, count, values, in float64.
"""
import torch
from torch.nn.attention.flex_attention import create_block_mask, flex_attention

HEADS, SIZE = 2, 2


def values(which, *shape):
    count = 1
    for size in shape:
        count *= size
    return torch.sin(0.7 * torch.arange(count, dtype=torch.float64) + which).reshape(shape)


def show(name, tensor):
    flat = tensor.detach().flatten().tolist()
    print(name, len(flat), " ".join(f"{x:.9g}" for x in flat))


def philox(key, counter):
    """Philox 4x32-10 from its paper (Salmon et al. 2011)."""
    key, counter = list(key), list(counter)
    for _ in range(10):
        low = 0xD2511F53 * counter[0]
        high = 0xCD9E8D57 * counter[2]
        counter = [(high >> 32) ^ counter[1] ^ key[0], high & 0xFFFFFFFF,
                   (low >> 32) ^ counter[3] ^ key[1], low & 0xFFFFFFFF]
        key = [(key[0] + 0x9E3779B9) & 0xFFFFFFFF, (key[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return counter


def bigbird(keys, size, window, ends, random, seed):
    """seen[head][query block][key block], by the definition in heed's page on bigbird."""
    blocks, reach = -(-keys // size), window // 2
    seen = torch.zeros(HEADS, blocks, blocks, dtype=torch.bool)
    for h in range(HEADS):
        for q in range(blocks):
            near = set(range(max(0, q - reach), min(blocks, q + reach + 1)))
            outer = set(range(ends)) | set(range(blocks - ends, blocks))
            others = [k for k in range(blocks) if k not in near | outer]
            count, drawn = min(random, len(others)), []
            for t in range(count):  # Floyd
                last = len(others) - count + t
                rank = philox((seed & 0xFFFFFFFF, seed >> 32), (q, 0, h, t))[0] * (last + 1) >> 32
                drawn.append(last if rank in drawn else rank)
            for k in near | outer | {others[r] for r in drawn}:
                seen[h, q, k] = True
            if q in outer:
                seen[h, q, :] = True
    return seen


def run(name, queries, keys, mask, gaussian=None):
    q = values(1, 1, HEADS, queries, SIZE).requires_grad_()
    k = values(2, 1, HEADS, keys, SIZE).requires_grad_()
    v = values(3, 1, HEADS, keys, SIZE).requires_grad_()
    offset = keys - queries

    def mod(b, h, i, j):
        return mask(h, i + offset, i, j)

    heads = torch.arange(HEADS)[:, None, None]
    rows = torch.arange(queries)[None, :, None]
    columns = torch.arange(keys)[None, None, :]
    seen = mod(0, heads, rows, columns).expand(HEADS, queries, keys)
    if gaussian is None:
        o = torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=seen[None])
        blocks = create_block_mask(mod, None, HEADS, queries, keys, device="cpu")
        flex = flex_attention(q.detach(), k.detach(), v.detach(), block_mask=blocks)
        assert torch.allclose(flex, o, atol=1e-12), name
    else:
        centre, sigma = gaussian
        scores = (q @ k.transpose(-1, -2) / SIZE**0.5).masked_fill(~seen[None], float("-inf"))
        away = columns - centre[:, :, None]
        o = (torch.softmax(scores, -1) * torch.exp(-away**2 / (2 * sigma**2))) @ v
    o.backward(values(4, 1, HEADS, queries, SIZE))
    results = [("o", o), ("dq", q.grad), ("dk", k.grad), ("dv", v.grad)]
    if gaussian is not None:
        results.append(("dc", gaussian[0].grad))
    for what, tensor in results:
        show(f"{name}.{what}", tensor)


def listed(tokens, x):
    found = x < 0
    for token in tokens:
        found = found | (x == token)
    return found


run("window", 12, 12, lambda h, p, i, j: (j >= p - 3) & (j <= p + 1))
run("window_far", 4, 70, lambda h, p, i, j: (j >= p - 66) & (j <= p))
left, right, dilation = torch.tensor([3, 2]), torch.tensor([0, 2]), torch.tensor([1, 3])
run("windows", 12, 12, lambda h, p, i, j: (p - j <= left[h] * dilation[h])
    & (j - p <= right[h] * dilation[h]) & ((p - j) % dilation[h] == 0))
run("local_m", 6, 12, lambda h, p, i, j: (p - j).abs() <= 2)
run("prefix", 12, 12, lambda h, p, i, j: (j < 5) | (j <= p))
run("documents", 12, 12, lambda h, p, i, j: i // 5 == j // 5)
run("global", 12, 12, lambda h, p, i, j: listed([0, 7], p) | listed([0, 7], j))
run("longformer", 12, 12,
    lambda h, p, i, j: ((p - j).abs() <= 2) | listed([4], p) | listed([4], j))
run("strided", 12, 12, lambda h, p, i, j: (j <= p) & ((p - j <= 3) | ((p - j) % 3 == 0)))
run("fixed", 12, 12, lambda h, p, i, j: (j <= p) & ((p // 4 == j // 4) | (j % 4 >= 3)))
pattern = bigbird(20, 2, 3, 1, 2, 5)
run("bigbird", 20, 20, lambda h, p, i, j: pattern[h, p // 2, j // 2])
run("blocks", 12, 12, lambda h, p, i, j: (p // 4 == j // 4) | ((p // 4 == 2) & (j // 4 == 0)))
run("dense", 12, 12, lambda h, p, i, j: (i * 12 + j) % 3 != 1)
centre = (3 + 2.5 * values(6, HEADS, 6)).requires_grad_()
middle = torch.floor(centre.detach() + 0.5).long()
run("local_p", 6, 8, lambda h, p, i, j: (j - middle[h, i]).abs() <= 2, (centre, 1.5))
