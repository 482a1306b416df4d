# SPDX-License-Identifier: MIT
"""One run of PyTorch for train.py: train_torch.py SOURCE TARGET KIND STEPS THREADS.

As a careful user would write it: sentences of like length share a batch, attention is the fused
one, Adam is fused, logits are made of real tokens only. Prints a line of JSON.
"""

import io
import json
import random
import sys
import time

import sentencepiece
import torch
from torch import nn
from torch.nn import functional

PIECES, BUDGET, WARM = 8000, 4096, 3
PAD, UNKNOWN, BEGIN, END = range(4)


def read(path):
    with open(path, encoding="utf-8") as text:
        return [line.rstrip("\n") for line in text]


def learn(lines):
    """Joint pieces."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model, vocab_size=PIECES, model_type="bpe",
        normalization_rule_name="identity", pad_id=PAD, unk_id=UNKNOWN, bos_id=BEGIN, eos_id=END,
        minloglevel=2)
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


def encode(pieces, source, target):
    """What the network reads and writes."""
    return [[*ids, END] for ids in pieces.encode(source)], [
        [BEGIN, *ids, END] for ids in pieces.encode(target)]


def batches(source, target):
    """Lists of sentences whose padded targets stay within the budget, in a random order."""
    order = sorted(range(len(source)), key=lambda i: (len(target[i]), len(source[i])))
    made, some, longest = [], [], 0
    for i in order:
        length = max(longest, len(target[i]) - 1)
        if some and length * (len(some) + 1) > BUDGET:
            made.append(some)
            some, length = [], len(target[i]) - 1
        some.append(i)
        longest = length
    made.append(some)
    random.Random(1).shuffle(made)
    return made


def padded(rows):
    return nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True,
                                     padding_value=PAD)


def pair(source, target, some):
    """Both sides of some sentences."""
    return padded([source[i] for i in some]), padded([target[i] for i in some])


class Look(nn.Module):
    """Multi-head attention of x over a memory."""

    def __init__(self, size, heads):
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(size, size)
        self.memory = nn.Linear(size, 2 * size)
        self.output = nn.Linear(size, size)

    def forward(self, x, memory, mask=None, causal=False):
        def split(y):
            return y.unflatten(2, (self.heads, -1)).transpose(1, 2)

        keys, values = self.memory(memory).chunk(2, 2)
        y = functional.scaled_dot_product_attention(
            split(self.query(x)), split(keys), split(values), attn_mask=mask, is_causal=causal,
            dropout_p=0.0)
        return self.output(y.transpose(1, 2).flatten(2))


class Layer(nn.Module):
    """A pre-norm layer, with a memory or without."""

    def __init__(self, size, heads, inner, has_memory):
        super().__init__()
        self.own, self.other = Look(size, heads), Look(size, heads) if has_memory else None
        self.inner = nn.Sequential(nn.Linear(size, inner), nn.ReLU(), nn.Linear(inner, size))
        self.norms = nn.ModuleList(nn.LayerNorm(size) for _ in range(3 if has_memory else 2))
        self.drop = nn.Dropout(0.1)

    def forward(self, x, mask=None, memory=None, memory_mask=None):
        y = self.norms[0](x)
        x = x + self.drop(self.own(y, y, mask, causal=memory is not None))
        if memory is not None:
            x = x + self.drop(self.other(self.norms[2](x), memory, memory_mask))
        return x + self.drop(self.inner(self.norms[1](x)))


class Transformer(nn.Module):
    def __init__(self, size=256, heads=8, inner=1024, layers=3):
        super().__init__()
        self.table = nn.Embedding(PIECES, size)
        nn.init.normal_(self.table.weight, std=size ** -0.5)
        self.places = nn.Embedding(512, size)
        self.encoder = nn.ModuleList(Layer(size, heads, inner, False) for _ in range(layers))
        self.decoder = nn.ModuleList(Layer(size, heads, inner, True) for _ in range(layers))
        self.norms = nn.ModuleList(nn.LayerNorm(size) for _ in range(2))
        self.drop = nn.Dropout(0.1)

    def embed(self, ids):
        scaled = self.table(ids) * self.table.embedding_dim ** 0.5
        return self.drop(scaled + self.places.weight[:ids.shape[1]])

    def forward(self, source, target, kept):
        mask = (source != PAD)[:, None, None, :]
        memory, x = self.embed(source), self.embed(target)
        for layer in self.encoder:
            memory = layer(memory, mask)
        memory = self.norms[0](memory)
        for layer in self.decoder:
            x = layer(x, None, memory, mask)
        return functional.linear(self.norms[1](x)[kept], self.table.weight)


class Recurrent(nn.Module):
    def __init__(self, embedding=256, size=512):
        super().__init__()
        self.size = size
        self.tables = nn.ModuleList(nn.Embedding(PIECES, embedding) for _ in range(2))
        self.encoder = nn.GRU(embedding, size, bidirectional=True, batch_first=True)
        self.start = nn.Linear(2 * size, size)
        self.query = nn.Linear(size, size, bias=False)
        self.key = nn.Linear(2 * size, size)
        self.score = nn.Linear(size, 1, bias=False)
        self.cell = nn.GRUCell(embedding + 2 * size, size)
        self.output = nn.Linear(size + 2 * size + embedding, PIECES)

    def forward(self, source, target, kept):
        lengths = (source != PAD).sum(1)
        packed = nn.utils.rnn.pack_padded_sequence(self.tables[0](source), lengths,
                                                   batch_first=True, enforce_sorted=False)
        memory, last = self.encoder(packed)
        memory, _ = nn.utils.rnn.pad_packed_sequence(memory, batch_first=True)
        state = torch.tanh(self.start(torch.cat([last[0], last[1]], 1)))
        keys, words = self.key(memory), self.tables[1](target)
        hidden = (source == PAD)[:, :memory.shape[1]]
        seen = []
        for step in range(target.shape[1]):
            scores = self.score(torch.tanh(keys + self.query(state)[:, None])).squeeze(2)
            weights = torch.softmax(scores.masked_fill(hidden, -torch.inf), 1)
            context = torch.bmm(weights[:, None], memory).squeeze(1)
            state = self.cell(torch.cat([words[:, step], context], 1), state)
            seen.append(torch.cat([state, context, words[:, step]], 1))
        return self.output(torch.stack(seen, 1)[kept])


def main():
    source, target, kind = sys.argv[1:4]
    steps, threads = int(sys.argv[4]), int(sys.argv[5])
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    lines = read(source), read(target)
    sources, targets = encode(learn(lines[0] + lines[1]), *lines)
    network = Transformer() if kind == "transformer" else Recurrent()
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-4, fused=True)
    order = batches(sources, targets)
    tokens = start = work = 0
    for number in range(WARM + steps):
        if number == WARM:
            tokens, start, work = 0, time.monotonic(), time.process_time()
        from_ids, to_ids = pair(sources, targets, order[number % len(order)])
        labels = to_ids[:, 1:]
        kept = labels != PAD
        loss = functional.cross_entropy(network(from_ids, to_ids[:, :-1], kept), labels[kept],
                                        label_smoothing=0.1)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        tokens += int(kept.sum())
    spent, worked = time.monotonic() - start, time.process_time() - work
    print(json.dumps({
        "tokens_per_second": tokens / spent, "tokens_per_processor": tokens / worked,
        "version": torch.__version__,
        "parameters": sum(p.numel() for p in network.parameters()), "loss": loss.item()}))


if __name__ == "__main__":
    main()
