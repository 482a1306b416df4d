# SPDX-License-Identifier: MIT
"""Training beside PyTorch, in alternation: the same text, sizes and batches of 4,096 target tokens.

usage: train.py HEED [--source FILE --target FILE] [--rounds N] [--steps N] [--threads N]
                [--precision P] [--processors] [KIND...]
KIND: transformer (3 + 3 layers of 256, 8 heads, feed-forward 1,024, 8,000 joint pieces, tied) or
recurrent (GRU of 512 in both directions, embeddings of 256, GRU of 512 with additive attention).
Target tokens a second, and the peak memory of the process. Both leave three steps out, which touch
all memory for the first time: heed's figure is that of a run less that of a run of three steps, so
its one validation and the saved model are left out too. On a busy machine --processors compares
seconds of processor time.
"""

import argparse
import json
import os
import tempfile

import common

WARM = 3  # as train_torch.py

SIZES = {
    "transformer": "--encoder transformer --decoder transformer --dim 256 --layers 3 --heads 8 "
                   "--ffn 1024 --tie all --dropout 0.1 --scale-embeddings true",
    "recurrent": "--encoder gru --decoder gru --attention additive --embedding-dim 256 --dim 1024 "
                 "--decoder-dim 512 --layers 1 --tie none --dropout 0",
}


def run_heed(options, kind, folder, steps):
    """Its last line of metrics, seconds of processors, peak MB."""
    model = os.path.join(folder, "model.heed")
    valid = [os.path.join(folder, "valid." + side) for side in ("source", "target")]
    for left in (".state", ".metrics.jsonl"):
        if os.path.exists(model + left):
            os.remove(model + left)
    _, _, worked, peak = common.child([
        options.heed, "train", "--source", options.source, "--target", options.target,
        "--valid-source", valid[0], "--valid-target", valid[1], "-o", model, "--quiet",
        "--tokenizer", "bpe", "--vocabulary", "8000", "--lowercase", "false", "--batch-tokens",
        "4096", "--batch-texts", "100000", "--label-smoothing", "0.1", "--bleu-sample", "0",
        "--steps", str(steps), "--validate-every", str(steps), "--threads", str(options.threads),
        "--precision", options.precision, *SIZES[kind].split()])
    with open(model + ".metrics.jsonl") as lines:
        return json.loads(lines.readlines()[-1]), worked, peak


def train_heed(options, kind, folder):
    """Tokens a second, peak MB."""
    first, before, _ = run_heed(options, kind, folder, WARM)
    line, worked, peak = run_heed(options, kind, folder, WARM + options.steps)
    tokens = [x["tokens_per_second"] * x["seconds"] for x in (line, first)]
    spent = worked - before if options.processors else line["seconds"] - first["seconds"]
    return (tokens[0] - tokens[1]) / spent, peak


def compare(options, kind, folder):
    """Alternates and prints."""
    speeds, peaks = [], []
    for _ in range(options.rounds):
        ours, our_peak = train_heed(options, kind, folder)
        peer, peer_peak = common.script("train_torch.py", options.source, options.target, kind,
                                        options.steps, options.threads)
        speeds.append((ours, peer[common.rate(options)]))
        peaks.append((our_peak, peer_peak))
    print(f"{kind}, {peer['parameters'] / 1e6:.1f} M parameters, {options.threads} threads, "
          f"precision {options.precision}, PyTorch {peer['version']}")
    common.summary("  target tokens a second", "tokens/s", speeds)
    common.summary("  peak memory", "MB", peaks)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("heed")
    parser.add_argument("--source")
    parser.add_argument("--target")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", default="highest", choices=["highest", "high", "medium"],
                        help="heed's; PyTorch's is float32")
    parser.add_argument("--processors", action="store_true", help="a second of processor time")
    parser.add_argument("kinds", nargs="*", default=list(SIZES))
    options = parser.parse_args()
    if bool(options.source) != bool(options.target):
        parser.error("give --source and --target, or neither")
    if not common.installed("torch", "sentencepiece"):
        return
    with tempfile.TemporaryDirectory() as folder:
        if not options.source:
            options.source, options.target = common.made_pairs(os.path.join(folder, "text"))
        for side, path in (("source", options.source), ("target", options.target)):
            with open(path) as text, open(os.path.join(folder, "valid." + side), "w") as valid:
                valid.writelines(line for _, line in zip(range(20), text))
        for kind in options.kinds:
            compare(options, kind, folder)


if __name__ == "__main__":
    main()
