# SPDX-License-Identifier: MIT
"""One training of PyTorch for score.py: score_torch.py KIND FOLDER STEPS EVERY SEED THREADS.

heed's networks as a careful user would write them: what a network reads is cut once, before the
first step; rows of n-grams are looked up by embedding_bag over all tokens laid end to end, without
padding; both dropout passes of a consistent loss are one batch; the field (CRF) is summed by
products over the whole batch; Adam is fused. Prints "N parameters" where training begins and a line
of JSON at each validation.
"""

import json
import math
import random
import sys
import time
from collections import Counter

import torch
from torch import nn
from torch.nn import functional

import score_text
import train_torch

BATCH = 32


def cosine(step, steps, warmup):
    """The share of the rate at a step counted from 0, as heed has it."""
    rising = int(warmup * steps)
    if step < rising:
        return (step + 1) / rising
    return (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising))) / 2


def shuffled(draw, texts):
    """Batches of an epoch; texts of like length together would train worse."""
    order = list(range(texts))
    draw.shuffle(order)
    return [order[at:at + BATCH] for at in range(0, texts, BATCH)]


class Pool(nn.Module):
    """A learned query's attention beside the mean."""

    def __init__(self, size):
        super().__init__()
        self.project = nn.Linear(size, size)
        self.query = nn.Parameter(torch.zeros(1, size))

    def forward(self, x, mask):
        scores = (torch.tanh(self.project(x)) @ self.query[0]).masked_fill(~mask, -torch.inf)
        weights = torch.softmax(scores, 1)
        means = mask / mask.sum(1, keepdim=True)
        return (torch.stack([weights, means], 1) @ x).flatten(1)


class Texts(nn.Module):
    """Embeddings of tokens, of pairs and of n-grams of characters, pooled; states may be a GRU's,
    and each word may have a tag."""

    def __init__(self, data, dim, states=0, word_dropout=0.1, ngram_dropout=0.0):
        super().__init__()
        self.table = nn.Embedding(data.tokens, dim)
        self.bags = nn.ParameterList(nn.Parameter(torch.zeros(n, dim)) for n in data.ngrams)
        self.word_dropout, self.ngram_dropout = word_dropout, ngram_dropout
        self.gru = nn.GRU(dim, states // 2, bidirectional=True, batch_first=True) if states else None
        self.pool = Pool(states or dim)
        self.head = nn.Linear(2 * (states or dim), len(data.labels))
        self.tags = nn.Linear(states, len(data.tags)) if data.tags else None
        self.moves = nn.Parameter(torch.zeros(len(data.tags) + 2, len(data.tags)))
        start(self)
        nn.init.normal_(self.table.weight, std=0.02)

    def embed(self, batch):
        ids = batch.ids
        if self.training and self.word_dropout:
            ids = ids.masked_fill(torch.rand(len(ids)) < self.word_dropout, 0)
        x = self.table(ids)
        for table, (numbers, offsets, weights) in zip(self.bags, batch.bags):
            if self.training and self.ngram_dropout:
                kept = torch.rand(len(numbers)) >= self.ngram_dropout
                weights = weights * kept / (1 - self.ngram_dropout)
            x = x + functional.embedding_bag(numbers, table, offsets, mode="sum",
                                             per_sample_weights=weights)
        return functional.dropout(x, 0.5, self.training)

    def forward(self, batch):
        """Logits of the text, and of each word, one text after another."""
        x = self.embed(batch)
        padded = x.new_zeros(batch.mask.numel(), x.shape[1]).index_copy(0, batch.places, x)
        x = padded.unflatten(0, batch.mask.shape)
        if self.gru:
            packed = nn.utils.rnn.pack_padded_sequence(x, batch.lengths, batch_first=True,
                                                       enforce_sorted=False)
            x = nn.utils.rnn.pad_packed_sequence(self.gru(packed)[0], batch_first=True)[0]
        whole = self.head(functional.dropout(self.pool(x, batch.mask), 0.5, self.training))
        return whole, self.tags and self.tags(functional.dropout(x, 0.5, self.training))

    def field(self, z, tags, mask):
        """Minus the mean log-likelihood of a word's tags; a step is one product for all texts."""
        moves, first, last = self.moves[:-2], self.moves[-2], self.moves[-1]
        most = moves.max().detach()
        forth, alpha = (moves - most).exp(), first + z[:, 0]
        for t in range(1, z.shape[1]):
            top = alpha.max(1, keepdim=True).values.detach()
            following = ((alpha - top).exp() @ forth).log() + top + most + z[:, t]
            alpha = torch.where(mask[:, t, None], following, alpha)
        ends = tags.gather(1, mask.sum(1, keepdim=True) - 1)[:, 0]
        given = (z.gather(2, tags[..., None])[..., 0] * mask).sum()
        given = given + (moves[tags[:, :-1], tags[:, 1:]] * mask[:, 1:]).sum()
        given = given + first[tags[:, 0]].sum() + last[ends].sum()
        return (torch.logsumexp(alpha + last, 1).sum() - given) / mask.sum()

    def best(self, z, mask, follows):
        """The best sequence of each text (Viterbi); tags that go on with a span must follow it."""
        moves, first, last = self.moves[:-2] + follows[:-1], self.moves[-2] + follows[-1], self.moves[-1]
        alpha, came = first + z[:, 0], []
        for t in range(1, z.shape[1]):
            best, where = (alpha[:, :, None] + moves).max(1)
            came.append(torch.where(mask[:, t, None], where, torch.arange(len(moves))))
            alpha = torch.where(mask[:, t, None], best + z[:, t], alpha)
        at = (alpha + last).argmax(1)
        path = [at]
        for where in reversed(came):
            path.append(at := where.gather(1, at[:, None])[:, 0])
        return torch.stack(path[::-1], 1)


def start(network):
    """heed's first values (Glorot and Bengio 2010); biases are 0."""
    for name, values in network.named_parameters():
        if values.dim() > 1 and name.endswith(("weight", "weight_ih_l0", "weight_hh_l0",
                                               "weight_ih_l0_reverse", "weight_hh_l0_reverse")):
            nn.init.xavier_uniform_(values)
        elif "bias" in name:
            nn.init.zeros_(values)


class Sentences:
    """SST-2: one label a text, two passes that are to agree."""

    lr, warmup, decay = 0.003, 0.05, 0.01

    def __init__(self, folder, seed):
        self.data = score_text.sentences(folder)
        self.network = Texts(self.data, 64, 0, 0.1, 0.2)
        self.draw = random.Random(seed)

    def batches(self):
        while True:
            for some in shuffled(self.draw, len(self.data.train.rows)):
                yield self.data.train.batch(some + some)

    def loss(self, batch):
        z = self.network(batch)[0]
        a, b = functional.log_softmax(z, 1).chunk(2)
        apart = ((a.exp() - b.exp()) * (a - b)).sum() / 2 / len(a)
        return functional.cross_entropy(z, batch.labels, label_smoothing=0.1) + apart

    def score(self):
        right = lost = 0
        for batch in self.data.valid.all():
            z = self.network(batch)[0]
            lost += functional.cross_entropy(z, batch.labels, reduction="sum").item()
            right += (z.argmax(1) == batch.labels).sum().item()
        n = len(self.data.valid.lengths)
        return {"valid_loss": lost / n, "metric": right / n}


class Slots(Sentences):
    """ATIS: an intent, and a tag for each word."""

    def __init__(self, folder, seed):
        self.data = score_text.slots(folder)
        self.network = Texts(self.data, 128, 256, 0.1, 0.0)
        self.draw = random.Random(seed)

    def batches(self):
        while True:
            for some in shuffled(self.draw, len(self.data.train.rows)):
                yield self.data.train.batch(some)

    def loss(self, batch):
        whole, words = self.network(batch)
        intent = functional.cross_entropy(whole, batch.labels, label_smoothing=0.1)
        return (intent + self.network.field(words, batch.tags, batch.mask)) / 2

    def score(self):
        right, counts = 0, Counter()
        for batch in self.data.valid.all():
            whole, words = self.network(batch)
            right += (whole.argmax(1) == batch.labels).sum().item()
            given = self.network.best(words, batch.mask, self.data.follows).tolist()
            for row, true, n in zip(given, batch.names, batch.lengths.tolist()):
                ours = score_text.spans([self.data.tags[k] for k in row[:n]])
                theirs = score_text.spans(true)
                counts.update(both=len(ours & theirs), all=len(ours) + len(theirs))
        return {"metric": (right / len(self.data.valid.lengths) +
                           2 * counts["both"] / max(1, counts["all"])) / 2}


class Translations:
    """Multi30k: the Transformer of train_torch.py, positions as heed has them."""

    lr, warmup, decay = 0.002, 0.1, 0.0001

    def __init__(self, folder, seed):
        sides = [[train_torch.read(f"{folder}/{part}.{side}") for side in ("de", "en")]
                 for part in ("train", "val")]
        pieces = train_torch.learn(sides[0][0] + sides[0][1])
        self.train, self.valid = (train_torch.encode(pieces, *side) for side in sides)
        self.network = train_torch.Transformer()
        start(self.network)
        nn.init.normal_(self.network.table.weight, std=256 ** -0.5)
        at = torch.arange(512)[:, None] * torch.exp(torch.arange(0, 256, 2) * (-math.log(1e4) / 256))
        waves = torch.stack([at.sin(), at.cos()], 2).flatten(1)
        self.network.places.weight.requires_grad_(False).copy_(waves)
        self.draw = random.Random(seed)

    def batches(self):
        order = train_torch.batches(*self.train)
        while True:
            self.draw.shuffle(order)
            for some in order:
                yield train_torch.pair(*self.train, some)

    def loss(self, batch, smoothing=0.1, reduction="mean"):
        from_ids, to_ids = batch
        labels = to_ids[:, 1:]
        kept = labels != train_torch.PAD
        return functional.cross_entropy(self.network(from_ids, to_ids[:, :-1], kept), labels[kept],
                                        label_smoothing=smoothing, reduction=reduction)

    def score(self):
        lost = sum(self.loss(train_torch.pair(*self.valid, some), 0, "sum").item()
                   for some in train_torch.batches(*self.valid))
        return {"valid_loss": lost / sum(len(row) - 1 for row in self.valid[1])}


KINDS = {"sst2": Sentences, "atis": Slots, "multi30k": Translations}


def main():
    kind, folder = sys.argv[1:3]
    steps, every, seed, threads = map(int, sys.argv[3:7])
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    task = KINDS[kind](folder, seed)
    named = [(name, p) for name, p in task.network.named_parameters() if p.requires_grad]
    decays = [[p for name, p in named if (p.dim() > 1 and name != "moves") == yes]
              for yes in (True, False)]
    optimizer = torch.optim.AdamW([{"params": decays[0], "weight_decay": task.decay},
                                   {"params": decays[1], "weight_decay": 0}], task.lr, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: cosine(step, steps, task.warmup))
    every_one = [p for _, p in named]
    print(f"{sum(p.numel() for p in every_one)} parameters", flush=True)
    begin = time.monotonic()
    for step, batch in zip(range(1, steps + 1), task.batches()):
        optimizer.zero_grad(set_to_none=True)
        task.loss(batch).backward()
        nn.utils.clip_grad_norm_(every_one, 1.0)
        optimizer.step()
        schedule.step()
        if step % every == 0 or step == steps:
            task.network.eval()
            with torch.inference_mode():
                said = task.score()
            task.network.train()
            print(json.dumps({"step": step, "seconds": time.monotonic() - begin, **said}), flush=True)


if __name__ == "__main__":
    main()
