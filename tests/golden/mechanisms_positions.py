# SPDX-License-Identifier: MIT
"""Golden values of positions and biases, for tests/unit/attention/test_golden_positions.c.

usage: python tests/golden/mechanisms_positions.py > tests/golden/mechanisms_positions.txt
needs: torch (2.13.0), transformers (5.23.0), x-transformers (2.31.10)

Rotary positions and T5's buckets are those of transformers, ALiBi that of x-transformers. What no
package has is written here from its paper, in the paper's own form (Transformer-XL with its shift,
adaptive span with its second normalisation), and differentiated by PyTorch.

The inputs are a formula that the test repeats: the n-th element of array a is sin(0.7 n + a), a = 1
for q, 2 for k, 3 for v, then parameters and arrays of the batch in their order; do is a = 50, dlse
a = 60. Rows [T, H, D]. Each line: name, count, values.
"""
import sys

import torch
import transformers
from transformers import GPTJConfig, LlamaConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
from transformers.models.gptj.modeling_gptj import apply_rotary_pos_emb as apply_interleaved
from transformers.models.gptj.modeling_gptj import create_sinusoidal_positions
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding
from transformers.models.llama.modeling_llama import apply_rotary_pos_emb
from transformers.models.t5.modeling_t5 import T5Attention
from x_transformers.x_transformers import AlibiPositionalBias

torch.set_default_dtype(torch.float64)


def values(which, *shape):
    count = 1
    for size in shape:
        count *= size
    n = torch.arange(count, dtype=torch.float64)
    return torch.sin(0.7 * n + which).reshape(shape)


def show(name, tensor):
    flat = tensor.detach().flatten().tolist()
    print(name, len(flat), " ".join(f"{x:.8g}" for x in flat))


class Case:
    """q, k, v as rows, the learned arrays by name, and scores from them."""

    def __init__(self, name, queries, keys, heads, size, value_size=None, key_heads=None, offset=0,
                 learned=()):
        self.name, self.queries, self.keys, self.heads, self.size = name, queries, keys, heads, size
        self.key_heads, self.offset = key_heads or heads, offset
        self.value_size = value_size or size
        self.q = values(1, queries, heads, size).requires_grad_()
        self.k = values(2, keys, self.key_heads, size).requires_grad_()
        self.v = values(3, keys, self.key_heads, self.value_size).requires_grad_()
        self.learned = {}
        for number, (what, shape) in enumerate(learned):
            x = values(4 + number, *shape)
            self.learned[what] = (0.5 + 0.4 * x if what.endswith(".z") else x).requires_grad_()

    def heads_of(self, rows):
        """Rows [T, Hkv, D] as [H, T, D]."""
        return rows.repeat_interleave(self.heads // rows.shape[1], dim=1).transpose(0, 1)

    def steps(self):
        """j - i - offset."""
        i = torch.arange(self.queries)[:, None] + self.offset
        return torch.arange(self.keys)[None, :] - i

    def products(self, scale=None):
        s = self.heads_of(self.q) @ self.heads_of(self.k).transpose(-1, -2)
        return s * (self.size**-0.5 if scale is None else scale)

    def finish(self, scores, causal=False, share=None, values_of=None):
        """Softmax, o and lse; `share` multiplies the weights, which are then normalised again."""
        if causal:
            scores = scores.masked_fill(self.steps() > 0, float("-inf"))
        lse, p = scores.logsumexp(-1), scores.softmax(-1)
        if share is not None:
            p = p * share
            total = p.sum(-1, keepdim=True)
            p, lse = p / total, lse + total[..., 0].log()
        o = (p @ self.heads_of(self.v)).transpose(0, 1)
        if values_of is not None:
            o = o + values_of(p)
        loss = (o * values(50, *o.shape)).sum()
        loss = loss + (lse.T * values(60, self.queries, self.heads)).sum()
        loss.backward()
        show(f"{self.name}.o", o)
        show(f"{self.name}.lse", lse.T)
        arrays = {"q": self.q, "k": self.k, "v": self.v, **self.learned}
        for what, x in arrays.items():
            show(f"{self.name}.d_{what}", x.grad)


# ---- rotary


def turned_scores(case, turn):
    """turn(x [1, H, T, D], positions [T])."""
    q = turn(case.heads_of(case.q)[None], torch.arange(case.queries) + case.offset)[0]
    k = turn(case.heads_of(case.k)[None], torch.arange(case.keys))[0]
    return q @ k.transpose(-1, -2) * case.size**-0.5


def half_split(name, rope, queries, keys, offset, size=8, length=None):
    """transformers' Llama, with any of its scalings."""
    case = Case(name, queries, keys, 2, size, offset=offset)
    config = LlamaConfig(hidden_size=2 * size, num_attention_heads=2, head_dim=size,
                         max_position_embeddings=64, rope_parameters=rope)
    if rope["rope_type"] == "default":
        embedding = LlamaRotaryEmbedding(config)
        frequencies, gain = embedding.inv_freq, embedding.attention_scaling
    else:
        frequencies, gain = ROPE_INIT_FUNCTIONS[rope["rope_type"]](config, "cpu", seq_len=length)

    def turn(x, positions):
        angles = positions[:, None].double() * frequencies.double()
        angles = torch.cat((angles, angles), -1)
        cos, sin = angles.cos()[None] * gain, angles.sin()[None] * gain
        return apply_rotary_pos_emb(x, x, cos, sin)[0]

    case.finish(turned_scores(case, turn))


def interleaved(name, size, dims):
    """transformers' GPT-J: pairs side by side, part of the head."""
    case = Case(name, 4, 6, 2, size, offset=2)
    assert GPTJConfig().rotary_dim
    table = create_sinusoidal_positions(64, dims).double()

    def turn(x, positions):
        sin, cos = table[positions][None].chunk(2, dim=-1)
        rows = x.transpose(1, 2)  # [1, T, H, D]
        turned = apply_interleaved(rows[..., :dims], sin, cos)
        return torch.cat((turned, rows[..., dims:]), -1).transpose(1, 2)

    case.finish(turned_scores(case, turn))


half_split("rotary", {"rope_type": "default", "rope_theta": 10000.0}, 5, 7, 2)
half_split("linear", {"rope_type": "linear", "factor": 4.0, "rope_theta": 10000.0}, 3, 12, 67)
# dynamic NTK at twice its length with factor 2 is NTK by 2 * 2 - 1 = 3
half_split("ntk", {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 10000.0}, 3, 12, 67,
           length=128)
half_split("yarn", {"rope_type": "yarn", "factor": 4.0, "rope_theta": 500.0, "beta_fast": 8.0,
                    "beta_slow": 1.0, "original_max_position_embeddings": 64}, 3, 12, 67, size=16)
half_split("llama3", {"rope_type": "llama3", "factor": 4.0, "rope_theta": 500.0,
                      "high_freq_factor": 3.0, "low_freq_factor": 0.5,
                      "original_max_position_embeddings": 64}, 3, 12, 67, size=16)
half_split("longrope", {"rope_type": "longrope", "factor": 2.0, "rope_theta": 10000.0,
                        "short_factor": [1.0] * 4, "long_factor": [1.5, 2.0, 3.0, 8.0],
                        "attention_factor": 1.25, "original_max_position_embeddings": 64},
           3, 12, 67, length=128)
interleaved("interleaved", 6, 4)

# ---- biases by distance


def alibi(name, heads, learned=False):
    case = Case(name, 4, 9, heads, 4, offset=5,
                learned=[("alibi.slope", (heads, 1))] if learned else [])
    if learned:
        bias = -case.learned["alibi.slope"][:, :, None] * case.steps().abs()
    else:
        bias = AlibiPositionalBias(heads=heads, total_heads=heads)(9, 9)[:, 5:].double()
    case.finish(case.products() + bias, causal=True)


def buckets(name, bidirectional, count, distance):
    steps = torch.arange(-300, 301)
    bucket = T5Attention._relative_position_bucket(steps, bidirectional, count, distance)
    show(name + ".", bucket)


def t5(name, bidirectional, count, distance):
    case = Case(name, 4, 40, 2, 4, key_heads=1, offset=30, learned=[("t5.bias", (2, count))])
    bucket = T5Attention._relative_position_bucket(case.steps(), bidirectional, count, distance)
    case.finish(case.products(scale=1) + case.learned["t5.bias"][:, bucket],
                causal=not bidirectional)


alibi("alibi", 8)
alibi("alibi_six", 6)
alibi("alibi_learned", 3, learned=True)
buckets("buckets", True, 32, 128)
buckets("buckets_one_sided", False, 32, 128)
buckets("buckets_few", True, 10, 50)
buckets("buckets_many", False, 64, 256)
t5("t5", True, 32, 128)
t5("t5_one_sided", False, 8, 20)

# ---- vectors by distance


def shaw(name, clip, queries, keys, offset):
    """Shaw et al.: e_ij = q_i (k_j + aK_ij) / sqrt(D), z_i = sum of P_ij (v_j + aV_ij)."""
    rows = 2 * clip + 1
    case = Case(name, queries, keys, 2, 4, value_size=3, offset=offset,
                learned=[("shaw.keys", (2, rows, 4)), ("shaw.values", (2, rows, 3))])
    index = case.steps().clamp(-clip, clip) + clip
    a, c = case.learned["shaw.keys"][:, index], case.learned["shaw.values"][:, index]
    q = case.heads_of(case.q)
    scores = case.products() + torch.einsum("hid,hijd->hij", q, a) / 2
    case.finish(scores, values_of=lambda p: torch.einsum("hij,hijd->ihd", p, c))


def transformer_xl(name, queries, memory):
    """Dai et al., appendix B: all of (q + v) R^T, then the shift. heed's u is a (v - u)."""
    keys = queries + memory
    clip = keys - 1
    case = Case(name, queries, keys, 2, 4, offset=memory,
                learned=[("score.u", (2, 4)), ("xl.keys", (2, 2 * clip + 1, 4)), ("xl.u", (2, 4))])
    scale = 0.5
    u, table, ours = (case.learned[n] for n in ("score.u", "xl.keys", "xl.u"))
    v = u + ours / scale
    q, k = case.heads_of(case.q), case.heads_of(case.k)
    content = (q + u[:, None]) @ k.transpose(-1, -2)
    r = table[:, : clip + 1]  # distances keys - 1 down to 0, as the paper's R
    position = (q + v[:, None]) @ r.transpose(-1, -2)
    padded = torch.cat((torch.zeros(2, queries, 1), position), -1)
    shifted = padded.reshape(2, keys + 1, queries)[:, 1:].reshape(2, queries, keys)
    case.finish((content + shifted) * scale, causal=True)


shaw("shaw", 3, 6, 9, 2)
transformer_xl("xl", 4, 5)

# ---- spans


def span(name, queries, keys, offset, longest, ramp, per_query):
    shape = (queries, 2) if per_query else (2, 1)
    what = "dynamic_span.z" if per_query else "span.z"
    case = Case(name, queries, keys, 2, 4, offset=offset, learned=[(what, shape)])
    z = case.learned[what]
    z = z.T[:, :, None] if per_query else z[:, :, None]
    share = ((z * longest - case.steps().abs()) / ramp + 1).clamp(0, 1)
    case.finish(case.products(), share=share)


span("span", 4, 70, 60, 50, 9.0, False)
span("dynamic_span", 4, 70, 60, 50, 9.0, True)

print(f"# torch {torch.__version__}, transformers {transformers.__version__}", file=sys.stderr)
