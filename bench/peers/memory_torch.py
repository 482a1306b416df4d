# SPDX-License-Identifier: MIT
"""Peak memory of PyTorch in a training step: memory_torch.py TOKENS [STEPS [THREADS]].

The Transformer of train_torch.py, on sentences of 27 random tokens until a batch holds so many target tokens:
the mean of bench_step's 14 to 40, and all alike, so that nothing is padded. Prints megabytes after the imports,
and at most.
"""

import random
import resource
import sys
import time

import torch
from torch import nn
from torch.nn import functional

from train_torch import BEGIN, PAD, PIECES, Transformer, padded

LENGTH = 27


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def main():
    tokens = int(sys.argv[1])
    steps = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    torch.set_num_threads(int(sys.argv[3]) if len(sys.argv) > 3 else 2)
    torch.manual_seed(1)
    before, draw = peak(), random.Random(1)
    network = Transformer()
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-4, fused=True)
    sources, targets, count = [], [], 0
    while count < tokens:
        length = min(LENGTH, tokens - count)
        sources.append([draw.randrange(4, PIECES) for _ in range(LENGTH)])
        targets.append([BEGIN] + [draw.randrange(4, PIECES) for _ in range(length)])
        count += length
    from_ids, to_ids = padded(sources), padded(targets)
    labels = to_ids[:, 1:]
    kept = labels != PAD
    for _ in range(steps):
        start = time.monotonic()
        loss = functional.cross_entropy(network(from_ids, to_ids[:, :-1], kept), labels[kept],
                                        label_smoothing=0.1)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        spent = time.monotonic() - start
    print(f"{count} target tokens: {before:.0f} MB imported, {peak():.0f} MB at most, "
          f"{spent:.2f} s the last step, loss {loss.item():.3f}")


if __name__ == "__main__":
    main()
