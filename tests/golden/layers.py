# SPDX-License-Identifier: MIT
"""Writes layers.txt: values and gradients of whole layers by torch.

    python3 tests/golden/layers.py > tests/golden/layers.txt

Numbers that go in are simple functions that the test repeats: element i of tensor k is
    ((37 i + 11 k k + 5 k) mod 23 - 11) / 16
Parameters are numbered in heed's order from 1, the input is tensor 100, targets are tensor 200; the
loss is half the squared distance of the output to the targets, divided by the output's rows, except
where the layer is itself a loss. A case is its name, then its output, then the gradients of input and
parameters, a line each: the count and the numbers. Made with torch 2.13; float64, so that heed's
float32 is what is tested.
"""
import math

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
LENGTHS = [5, 1, 3, 8]
ROWS, C = sum(LENGTHS), 8


def numbers(k, *shape):
    count = math.prod(shape)
    values = [((37 * i + 11 * k * k + 5 * k) % 23 - 11) / 16 for i in range(count)]
    return torch.tensor(values).reshape(shape)


def line(t):
    values = t.detach().reshape(-1).tolist()
    print(len(values), " ".join(f"{v:.9g}" for v in values))


def case(name, shapes, layer, x=None, is_loss=False):
    x = numbers(100, ROWS, C) if x is None else x
    x.requires_grad_(True)
    params = [numbers(k + 1, *shape).requires_grad_(True) for k, shape in enumerate(shapes)]
    out = layer(x, *params)
    rows = 1 if is_loss else out.shape[0]
    loss = out if is_loss else 0.5 * ((out - numbers(200, *out.shape)) ** 2).sum() / rows
    loss.backward()
    print(name)
    for t in [out, x.grad] + [p.grad for p in params]:
        line(t)


def split(x):
    return list(torch.split(x, LENGTHS))


def recurrent(kind, gates, biases):
    """The weights of a two-way layer of torch's own, on packed sequences."""

    def layer(x, *params):
        net = kind(C, C // 2, bidirectional=True)
        names = []
        for end in ("", "_reverse"):
            names += [f"weight_ih_l0{end}", f"bias_ih_l0{end}", f"weight_hh_l0{end}"]
            names += [f"bias_hh_l0{end}"] if biases else []
        weights = dict(zip(names, params))
        for end in () if biases else ("", "_reverse"):
            weights[f"bias_hh_l0{end}"] = torch.zeros(gates * C // 2)
        packed = torch.nn.utils.rnn.pack_sequence(split(x), enforce_sorted=False)
        out, _ = torch.func.functional_call(net, weights, (packed,))
        padded, lengths = torch.nn.utils.rnn.pad_packed_sequence(out)
        return torch.cat([padded[:n, i] for i, n in enumerate(lengths)])

    each = [(gates * C // 2, C), (gates * C // 2,), (gates * C // 2, C // 2)]
    return 2 * (each + ([(gates * C // 2,)] if biases else [])), layer


def attend(x, qkv_w, qkv_b, heads, key_heads, causal):
    size = C // heads
    rows = []
    for s in split(F.linear(x, qkv_w, qkv_b)):
        q, k, v = torch.split(s, [C, key_heads * size, key_heads * size], 1)
        q = q.reshape(-1, heads, size).transpose(0, 1)
        k, v = (t.reshape(-1, key_heads, size).transpose(0, 1) for t in (k, v))
        k, v = (t.repeat_interleave(heads // key_heads, 0) for t in (k, v))
        o = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        rows.append(o.transpose(0, 1).reshape(-1, C))
    return torch.cat(rows)


def positions(scale):
    rows = []
    for length in LENGTHS:
        for pos in range(length):
            angles = [pos / 10000 ** (2 * (j // 2) / C) for j in range(C)]
            rows.append([math.cos(a) if j % 2 else math.sin(a) for j, a in enumerate(angles)])
    return scale * torch.tensor(rows)


FFN = 12


def block(norm, heads, key_heads, causal, position_scale):
    width = C + 2 * key_heads * (C // heads)
    shapes = [(width, C), (width,), (C, C), (C,), (C,), (C,), (C,), (C,)]
    shapes += [(FFN, C), (FFN,), (C, FFN), (C,)] + ([(C,), (C,)] if norm == "pre" else [])

    def layer(x, qkv_w, qkv_b, o_w, o_b, g0, b0, g1, b1, u_w, u_b, d_w, d_b, *last):
        attention = lambda y: F.linear(attend(y, qkv_w, qkv_b, heads, key_heads, causal), o_w, o_b)
        feed = lambda y: F.linear(F.gelu(F.linear(y, u_w, u_b)), d_w, d_b)
        n0 = lambda y: F.layer_norm(y, (C,), g0, b0)
        n1 = lambda y: F.layer_norm(y, (C,), g1, b1)
        x = x + positions(position_scale)
        if norm == "pre":
            x = x + attention(n0(x))
            return F.layer_norm(x + feed(n1(x)), (C,), *last)
        x = n0(x + attention(x))
        return n1(x + feed(x))

    return shapes, layer


def pool(x, w, b, query):
    rows = []
    for s in split(x):
        weights = torch.softmax(torch.tanh(F.linear(s, w, b)) @ query, 0)
        rows.append(weights @ s)
    return torch.stack(rows)


# Rows that begin a sentence: the texts have 2, 1, 2 and 3 of them.
SENTENCES = [3, 2, 1, 1, 2, 4, 1, 3]
IN_TEXTS = [2, 1, 2, 3]


def hierarchy():
    """A GRU over the words of each sentence, pooled by attention; a GRU over the sentences of each text."""
    shapes, _ = recurrent(torch.nn.GRU, 3, True)

    def walk(x, lengths, params):
        global LENGTHS
        kept, LENGTHS = LENGTHS, lengths
        out = recurrent(torch.nn.GRU, 3, True)[1](x, *params)
        LENGTHS = kept
        return out

    def layer(x, *params):
        global LENGTHS
        y = walk(x, SENTENCES, params[:8])
        kept, LENGTHS = LENGTHS, SENTENCES
        y = pool(y, *params[8:11])
        LENGTHS = kept
        return walk(y, IN_TEXTS, params[11:])

    return shapes + [(C, C), (C,), (C,)] + shapes, layer


LABELS = torch.tensor([1, -1, 2, 0, 2])
WEIGHTS = torch.tensor([1, 2, 0.5])


def cross_entropy(smoothing, weights):
    def loss(z):
        return F.cross_entropy(
            z, LABELS, weight=weights, ignore_index=-1, label_smoothing=smoothing
        )

    return [], loss


def binary(z):
    targets = (numbers(200, 5, 3) > 0).double()
    return F.binary_cross_entropy_with_logits(z, targets, weight=WEIGHTS, reduction="sum") / 5


def both(z):
    """heed's smoothing and weights together: the row's weight is its label's."""
    log_p, rows = torch.log_softmax(z, 1), [i for i, l in enumerate(LABELS) if l >= 0]
    target = 0.8 * F.one_hot(LABELS[rows], 3) + 0.2 / 3
    w = WEIGHTS[LABELS[rows]]
    return -(w * (target * log_p[rows]).sum(1)).sum() / w.sum()


logits = lambda: 3 * numbers(100, 5, 3)
case("gru", *recurrent(torch.nn.GRU, 3, True))
case("lstm", *recurrent(torch.nn.LSTM, 4, False))
case("norm", [(C,), (C,)], lambda x, g, b: F.layer_norm(x, (C,), g, b))
case("pre", *block("pre", 2, 2, False, 0.0))
case("post", *block("post", 2, 2, False, 0.5))
case("grouped", *block("pre", 4, 2, True, 0.5))
case("pool", [(C, C), (C,), (C,)], pool)
case("hierarchy", *hierarchy())
case("smoothed", *cross_entropy(0.1, None), x=logits(), is_loss=True)
case("weighted", *cross_entropy(0.0, WEIGHTS), x=logits(), is_loss=True)
case("smoothed_and_weighted", [], both, x=logits(), is_loss=True)
case("binary", [], binary, x=logits(), is_loss=True)
