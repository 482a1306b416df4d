# SPDX-License-Identifier: MIT
"""Decoding beside CTranslate2, in alternation, with random weights of the same sizes.

usage: decode.py HEED [--rounds N] [--texts N] [--threads N] [--processors]
3 + 3 layers of 256, 8 heads, feed-forward 1,024, a vocabulary of 8,000, float32; 20 source tokens
and 20 output tokens a text, which random weights do not end before. Output tokens a second: beam 4
with 32 texts together, and one text after another, greedily. heed is timed as a command, less what
its start takes; CTranslate2 inside its process, after a first call.
"""

import argparse
import os
import random
import tempfile

import common

LENGTH, WORDS = 20, 7990
CASES = {"beam 4, 32 texts together": (4, 32), "greedy, one text": (1, 1)}


def make_model(options, folder):
    """A model whose vocabulary is all the words there are, after one step that teaches nothing."""
    draw = random.Random(1)
    words = common.made_words(WORDS)
    path = os.path.join(folder, "text")
    with open(path, "w") as text:
        for first in range(0, WORDS, LENGTH):
            text.write(" ".join(words[first:first + LENGTH]) + "\n")
    lines = [" ".join(draw.choices(words, k=LENGTH)) for _ in range(options.texts + 32)]
    model = os.path.join(folder, "model.heed")
    common.child([options.heed, "train", "--source", path, "--target", path, "--valid-source", path,
                  "--valid-target", path, "-o", model, "--quiet", "--tokenizer", "words",
                  "--vocabulary", "8000", "--encoder", "transformer", "--decoder", "transformer",
                  "--dim", "256", "--layers", "3", "--heads", "8", "--ffn", "1024", "--tie", "none",
                  "--scale-embeddings", "true", "--steps", "1", "--lr", "1e-9", "--bleu-sample",
                  "0"])
    return model, lines


def translate(options, model, lines, folder, beam, batch):
    """Seconds, peak MB and words written."""
    path = os.path.join(folder, "lines")
    with open(path, "w") as text:
        text.writelines(line + "\n" for line in lines)
    output, seconds, worked, peak = common.child([
        options.heed, "translate", model, path, "--beam", str(beam), "--batch", str(batch),
        "--max-length", str(LENGTH), "--allow-unknown", "--threads", str(options.threads)])
    return worked if options.processors else seconds, peak, len(output.split())


def heed_speed(options, model, lines, folder, beam, batch):
    start, _, few = translate(options, model, lines[:32], folder, beam, batch)
    seconds, peak, all_words = translate(options, model, lines, folder, beam, batch)
    return (all_words - few) / (seconds - start), peak


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("heed")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--texts", type=int, default=256)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--processors", action="store_true", help="a second of processor time")
    options = parser.parse_args()
    if not common.installed("ctranslate2", "numpy"):
        return
    with tempfile.TemporaryDirectory() as folder:
        model, lines = make_model(options, folder)
        for title, (beam, batch) in CASES.items():
            speeds, peaks = [], []
            for _ in range(options.rounds):
                ours, our_peak = heed_speed(options, model, lines, folder, beam, batch)
                peer, peer_peak = common.script("decode_ctranslate2.py", beam, batch,
                                                options.texts, options.threads)
                speeds.append((ours, peer[common.rate(options)]))
                peaks.append((our_peak, peer_peak))
            print(f"{title}, {options.threads} threads, CTranslate2 {peer['version']}, float32")
            common.summary("  output tokens a second", "tokens/s", speeds)
            common.summary("  peak memory", "MB", peaks)


if __name__ == "__main__":
    main()
