# SPDX-License-Identifier: MIT
"""Writes decoders.txt: values and gradients of whole recurrent decoders by torch.

    python3 tests/golden/decoders.py > tests/golden/decoders.txt

Numbers that go in are simple functions that the test repeats: element i of tensor k is
    ((37 i + 11 k k + 5 k) mod 23 - 11) / 16
Parameters are numbered in heed's order from 1; embeddings are tensor 100, the source's states
tensor 300, targets tensor 200. The loss is half the squared distance of the outputs (beside them
the gate, where there is one) to the targets, divided by the rows, and the coverage loss. A case is
its name, then the loss, the outputs, and the gradients of embeddings, source and parameters, a line
each: the count and the numbers. Made with torch 2.13; float64, so that heed's float32 is what is
tested.
Every sentence is done alone, by torch's own cells.
"""
import math

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
TARGETS, SOURCES = [3, 1, 4], [2, 5, 1]
ROWS, E, M = sum(TARGETS), 4, 6


def numbers(k, *shape):
    count = math.prod(shape)
    values = [((37 * i + 11 * k * k + 5 * k) % 23 - 11) / 16 for i in range(count)]
    return torch.tensor(values).reshape(shape)


def line(t):
    values = t.detach().reshape(-1).tolist()
    print(len(values), " ".join(f"{v:.9g}" for v in values))


class Decoder:
    def __init__(self, lstm, score, d, layers=1, deep=False, feeding=False, ways=2, source=True,
                 covers=False, coverage_loss=0.0, copies=False, vector=None):
        self.__dict__.update(locals())
        self.additive = score in ("additive", "concat")
        self.before = score == "additive"
        self.after = source and score not in ("additive", "none")
        self.vector = self.after if vector is None else vector
        self.shapes = {}
        gates, states = (4 if lstm else 3) * d, (2 if lstm else 1) * d
        if self.additive:
            self.declare(query=(d, d), key=(d, M), key_bias=(d,), v=(d,))
        if score == "general":
            self.declare(key=(d, M))
        if covers:
            self.declare(cover=(d,) if self.additive else (1,))
        for i in range(layers):
            self.declare(**{f"x{i}": (gates, E if i == 0 else d), f"xb{i}": (gates,)})
            if i == 0 and source and not self.after:
                self.declare(fed=(gates, M))
            if i == 0 and self.after and feeding:
                self.declare(fed=(gates, d if self.vector else M))
            self.declare(**{f"h{i}": (gates, d)})
            if not lstm:
                self.declare(**{f"hb{i}": (gates,)})
            if source:
                self.declare(**{f"s{i}": (states, M), f"sb{i}": (states,)})
        if copies:
            self.declare(copy=(1, M + d + E), copy_bias=(1,))
        if self.vector:
            self.declare(combine=(d, M + d))

    def declare(self, **shapes):
        self.shapes.update(shapes)

    def cell(self, i, x, state, fed):
        p, d = self.p, self.d
        both = x if fed is None else torch.cat([x, fed])
        weights = {
            "weight_ih": p[f"x{i}"] if fed is None else torch.cat([p[f"x{i}"], p["fed"]], 1),
            "bias_ih": p[f"xb{i}"],
            "weight_hh": p[f"h{i}"],
            "bias_hh": torch.zeros(4 * d) if self.lstm else p[f"hb{i}"],
        }
        if self.lstm:
            net = torch.nn.LSTMCell(both.shape[0], d)
            before = (state[None, :d], state[None, d:])
            h, c = torch.func.functional_call(net, weights, (both[None], before))
            return torch.cat([h[0], c[0]])
        net = torch.nn.GRUCell(both.shape[0], d)
        return torch.func.functional_call(net, weights, (both[None], state[None]))[0]

    def attend(self, q, memory, coverage):
        p = self.p
        if self.additive:
            inner = p["query"] @ q + F.linear(memory, p["key"], p["key_bias"])
            if self.covers:
                inner = inner + coverage[:, None] * p["cover"]
            scores = torch.tanh(inner) @ p["v"]
        else:
            keys = F.linear(memory, p["key"]) if self.score == "general" else memory
            scores = keys @ q
            if self.covers:
                scores = scores + coverage * p["cover"]
        weights = torch.softmax(scores, 0)
        return weights, weights @ memory

    def summary(self, memory):
        if self.ways == 0:
            return memory.mean(0)
        if self.ways == 1:
            return memory[-1]
        return torch.cat([memory[-1, : M // 2], memory[0, M // 2 :]])

    def sentence(self, x, memory):
        p, d = self.p, self.d
        loss, fed, outs = 0.0, None, []
        states = [torch.zeros((2 if self.lstm else 1) * d)] * self.layers
        if self.source:
            summary, coverage = self.summary(memory), torch.zeros(len(memory))
            first = lambda i: torch.tanh(F.linear(summary, p[f"s{i}"], p[f"sb{i}"]))
            states = [first(i) for i in range(self.layers)]
        if self.after and self.feeding:
            fed = torch.zeros(d if self.vector else M)
        for e in x:
            context = None
            if self.before:
                weights, context = self.attend(states[-1][:d], memory, coverage)
                fed = context
            elif self.source and not self.after:
                fed = context = summary
            below = e
            for i in range(self.layers):
                states[i] = self.cell(i, below, states[i], fed if i == 0 else None)
                below = states[i][:d]
            out = below
            if self.after:
                weights, context = self.attend(below, memory, coverage)
            if self.vector:
                out = torch.tanh(p["combine"] @ torch.cat([context, below]))
            if self.after:
                fed = None if not self.feeding else out if self.vector else context
            if self.source and self.score != "none":
                loss = loss + self.coverage_loss * torch.minimum(weights, coverage).sum()
                coverage = coverage + weights
            row = [out] + ([] if not self.deep else [e] if context is None else [context, e])
            if self.copies:
                gate = F.linear(torch.cat([context, out, e]), p["copy"], p["copy_bias"])
                row.append(gate)
            outs.append(torch.cat(row))
        return torch.stack(outs), loss

    def case(self, name):
        shapes = self.shapes.values()
        leaves = [numbers(k + 1, *shape).requires_grad_(True) for k, shape in enumerate(shapes)]
        self.p = dict(zip(self.shapes, leaves))
        x = numbers(100, ROWS, E).requires_grad_(True)
        memory = numbers(300, sum(SOURCES), M).requires_grad_(True)
        outs, loss = [], 0.0
        for e, m in zip(torch.split(x, TARGETS), torch.split(memory, SOURCES)):
            out, more = self.sentence(e, m)
            outs.append(out)
            loss = loss + more / ROWS
        out = torch.cat(outs)
        loss = loss + 0.5 * ((out - numbers(200, *out.shape)) ** 2).sum() / ROWS
        loss.backward()
        print(name)
        source = [memory.grad] if self.source else []
        for t in [loss, out, x.grad] + source + [leaf.grad for leaf in leaves]:
            line(t)


Decoder(False, "additive", 5, deep=True).case("bahdanau")
Decoder(True, "additive", 5, layers=2, deep=True, ways=1).case("bahdanau_lstm")
Decoder(True, "general", 5, layers=2, feeding=True, ways=1).case("luong")
Decoder(False, "dot", 6, feeding=False, deep=True, ways=0).case("luong_dot")
pointer = Decoder(False, "concat", 5, feeding=True, covers=True, coverage_loss=0.5, copies=True)
pointer.case("pointer")
Decoder(True, "dot", 6, feeding=True, covers=True, coverage_loss=0.25).case("covered_dot")
Decoder(False, "none", 5, layers=2, deep=True).case("summary")
Decoder(False, "none", 5, layers=2, source=False).case("language")
Decoder(False, "additive", 5, vector=True).case("bahdanau_vector")
Decoder(True, "general", 5, layers=2, deep=True, feeding=True, vector=False).case("luong_context")
