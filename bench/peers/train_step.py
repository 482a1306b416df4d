# SPDX-License-Identifier: MIT
"""heed's default classifier in PyTorch, timed: milliseconds a training step and peak memory.

usage: python bench/peers/train_step.py TRAIN.tsv THREADS STEPS   (text TAB label, no header)

The same model and work a step as `heed train`: word and pair embeddings of 64, attention pooling beside
the mean, dropout 0.5, label smoothing, clipping, AdamW (PyTorch's fused one), batches of 32 texts padded
to their longest. Tokens are made beforehand and not timed; ten steps of warm-up are not either.
"""
import collections
import re
import resource
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

DIM, TEXTS, WARM = 64, 32, 10


def read(path):
    rows = [line.rstrip("\n").rsplit("\t", 1) for line in open(path, encoding="utf-8")]
    words = [re.findall(r"\w+|[^\w\s]", text.lower()) for text, _ in rows]
    labels = sorted({label for _, label in rows})
    return words, [labels.index(label) for _, label in rows], len(labels)


def number(words):
    vocabulary = {w: i + 2 for i, w in enumerate(sorted({w for text in words for w in text}))}
    counts = collections.Counter(pair for text in words for pair in zip(text, text[1:]))
    pairs = {p: i + 1 for i, p in enumerate(sorted(p for p, n in counts.items() if n >= 2))}
    ids = [torch.tensor([vocabulary[w] for w in text] or [1]) for text in words]
    pair_ids = [torch.tensor([pairs.get(p, 0) for p in zip(text, text[1:])] + [0]) for text in words]
    return ids, pair_ids, len(vocabulary) + 2, len(pairs) + 1


class Classifier(nn.Module):
    def __init__(self, tokens, pairs, classes):
        super().__init__()
        self.words = nn.Embedding(tokens, DIM, padding_idx=0)
        self.pairs = nn.Embedding(pairs, DIM, padding_idx=0)
        self.project = nn.Linear(DIM, DIM)
        self.query = nn.Parameter(torch.zeros(DIM))
        self.head = nn.Linear(2 * DIM, classes)
        nn.init.normal_(self.words.weight, std=0.02)
        nn.init.zeros_(self.pairs.weight)

    def forward(self, ids, pairs):
        mask = ids == 0
        x = F.dropout(self.words(ids) + self.pairs(pairs), 0.5, self.training)
        scores = torch.tanh(self.project(x)) @ self.query
        weights = torch.softmax(scores.masked_fill(mask, float("-inf")), -1)
        attended = (weights.unsqueeze(-1) * x).sum(1)
        lengths = (~mask).sum(1, keepdim=True)
        mean = (x * (~mask).unsqueeze(-1)).sum(1) / lengths
        return self.head(F.dropout(torch.cat([attended, mean], -1), 0.5, self.training))


def main():
    path, threads, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    words, labels, classes = read(path)
    ids, pairs, tokens, pair_count = number(words)
    labels = torch.tensor(labels)
    model = Classifier(tokens, pair_count, classes)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01, fused=True)
    order, at, seconds = torch.randperm(len(ids)).tolist(), 0, []
    for step in range(WARM + steps):
        if at + TEXTS > len(order):
            order, at = torch.randperm(len(ids)).tolist(), 0
        rows, at = order[at : at + TEXTS], at + TEXTS
        begin = time.perf_counter()
        x = nn.utils.rnn.pad_sequence([ids[i] for i in rows], batch_first=True)
        y = nn.utils.rnn.pad_sequence([pairs[i] for i in rows], batch_first=True)
        loss = F.cross_entropy(model(x, y), labels[rows], label_smoothing=0.1)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        seconds.append(time.perf_counter() - begin)
    mean = sum(seconds[WARM:]) / steps
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{1e3 * mean:.3f} {memory:.0f}")


main()
