# SPDX-License-Identifier: MIT
"""What score_torch.py reads: tokens, pairs and n-grams of characters, counted and cut as heed does,
and batches of them laid end to end."""

import itertools
import re
from collections import Counter

import numpy
import torch

WORD = re.compile(r"[^\W_]+(?:(?<=[^\W\d_])['\u2019](?=[^\W\d_])[^\W_]+|(?<=\d)[.,](?=\d)[^\W_]+)*|[^\s]")
LEAST, MOST = 3, 5  # characters of an n-gram
WHOLE = 128  # texts of a batch of validation


def characters(word):
    marked = f"<{word}>"
    return [marked[i:i + n] for i in range(len(marked)) for n in range(LEAST, MOST + 1)
            if i + n <= len(marked) and n < len(marked)]


def pairs(ids):
    return [(a, b) if min(a, b) > 0 else None for a, b in zip(ids, ids[1:] + [0])]


def numbered(counts, least):
    """Those that are met often enough, from 1 on; 0 is unknown."""
    kept = (x for x, n in counts.most_common() if n >= least)
    return {x: i for i, x in enumerate(kept, 1)}


class Vocabulary:
    def __init__(self, texts, least):
        self.words = numbered(Counter(itertools.chain.from_iterable(texts)), least)
        ids = [self.look(text) for text in texts]
        met = Counter(itertools.chain.from_iterable(map(pairs, ids)))
        met.pop(None, None)
        self.pairs = numbered(met, 2)
        within = Counter(g for text in texts for word in text for g in characters(word))
        self.characters = numbered(within, 2)
        self.known = {}

    def look(self, text):
        return [self.words.get(word, 0) for word in text]

    def grams(self, word):
        if word not in self.known:
            found = [self.characters[g] for g in characters(word) if g in self.characters]
            self.known[word] = numpy.array(found, dtype=numpy.int64)
        return self.known[word]

    def cut(self, text):
        """Ids of tokens, then for both bags ids, their counts and weights."""
        ids = self.look(text)
        two = [[self.pairs[p]] if p in self.pairs else [] for p in pairs(ids)]
        grams = [self.grams(word) for word in text]
        bags = []
        for bag, mean in ((two, False), (grams, True)):
            sizes = numpy.array([len(some) for some in bag])
            weights = numpy.repeat(1 / numpy.maximum(sizes, 1) if mean else sizes > 0, sizes)
            flat = numpy.concatenate([numpy.asarray(some, numpy.int64) for some in bag])
            bags.append((flat, sizes, weights.astype(numpy.float32)))
        return numpy.array(ids), bags


class Batch:
    pass


class Split:
    """Texts that were cut, with their labels and names of tags."""

    def __init__(self, vocabulary, texts, labels, tags=None, names=None):
        self.rows = [vocabulary.cut(text) for text in texts]
        self.lengths = [len(text) for text in texts]
        self.labels, self.tags, self.names = labels, tags, names

    def batch(self, some):
        b, rows = Batch(), [self.rows[i] for i in some]
        b.ids = torch.from_numpy(numpy.concatenate([ids for ids, _ in rows]))
        b.bags = []
        for k in range(2):
            flat, sizes, weights = (numpy.concatenate([bags[k][part] for _, bags in rows])
                                    for part in range(3))
            offsets = numpy.cumsum(sizes) - sizes
            b.bags.append(tuple(map(torch.from_numpy, (flat, offsets, weights))))
        b.lengths = torch.tensor([self.lengths[i] for i in some])
        b.mask = torch.arange(int(b.lengths.max())) < b.lengths[:, None]
        b.places = b.mask.flatten().nonzero()[:, 0]
        b.labels = torch.tensor([self.labels[i] for i in some])
        if self.tags:
            b.tags = torch.zeros(b.mask.shape, dtype=torch.int64)
            b.tags[b.mask] = torch.tensor([t for i in some for t in self.tags[i]])
            b.names = [self.names[i] for i in some]
        return b

    def all(self):
        order = sorted(range(len(self.rows)), key=lambda i: self.lengths[i])
        for at in range(0, len(order), WHOLE):
            yield self.batch(order[at:at + WHOLE])


class Data:
    """Both splits; what is met in training only is known, labels of others are -100 and 0 of tags."""

    def __init__(self, parts, least):
        train = parts[0]
        vocabulary = Vocabulary(train[0], least)
        self.tokens = len(vocabulary.words) + 1
        self.ngrams = [len(vocabulary.pairs) + 1, len(vocabulary.characters) + 1]
        self.labels = sorted(set(train[1]))
        self.tags = sorted({tag for row in train[2] for tag in row}) if train[2] else []
        label = {x: i for i, x in enumerate(self.labels)}
        tag = {x: i for i, x in enumerate(self.tags)}
        self.train, self.valid = (
            Split(vocabulary, texts, [label.get(x, -100) for x in labels],
                  [[tag.get(x, 0) for x in row] for row in tags], tags)
            for texts, labels, tags in parts)
        self.follows = torch.zeros(len(self.tags) + 1, len(self.tags))
        for j, after in enumerate(self.tags):
            for i, before in enumerate([*self.tags, "O"]):
                if after[0] == "I" and (before == "O" or before[1:] != after[1:]):
                    self.follows[i, j] = -torch.inf


def sentences(folder):
    parts = []
    for name in ("train", "dev"):
        with open(f"{folder}/{name}.tsv", encoding="utf-8") as lines:
            rows = [line.rstrip("\n").split("\t") for line in lines]
        parts.append(([WORD.findall(text.lower()) for text, _ in rows], [x for _, x in rows], []))
    return Data(parts, 1)


def slots(folder):
    parts = []
    for name in ("train", "valid"):
        columns = []
        for column in ("seq.in", "label", "seq.out"):
            with open(f"{folder}/{name}/{column}", encoding="utf-8") as lines:
                columns.append([line.strip() for line in lines])
        parts.append(([text.lower().split() for text in columns[0]], columns[1],
                      [tags.split() for tags in columns[2]]))
    return Data(parts, 2)


def spans(tags):
    """(type, first, past the last) of each span."""
    found, begin = set(), None
    for i, tag in enumerate([*tags, "O"]):
        if begin is not None and not (tag[0] == "I" and tag[1:] == tags[begin][1:]):
            found.add((tags[begin][2:], begin, i))
            begin = None
        if tag[0] == "B" or (tag[0] == "I" and begin is None):
            begin = i
    return found
