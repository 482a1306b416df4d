# SPDX-License-Identifier: MIT
"""Time to the same validation score beside PyTorch, in alternation.

usage: score.py HEED [OPTION...] KIND=FOLDER...
  sst2=FOLDER      train.tsv and dev.tsv; heed's default classifier, one network
  atis=FOLDER      train and valid, each with seq.in, seq.out and label; heed's default tagger
  multi30k=FOLDER  train.de, train.en, val.de and val.en; the Transformer of train.py

Both train the same network by the same settings for the same steps and are measured on the
validation data every so many (score_torch.py says what is computed there). The score is minus the
validation loss, or the mean of ATIS's intent accuracy and span F1; to be reached is the lower of the
two best of a round, less a little (SLACK). Time runs from the first step, with
the validations before it, and from the program's start; memory is the peak of the whole process.
Where scores at the end differ, the networks do. On a busy machine --processors compares seconds of
processor time.
"""

import argparse
import csv
import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

import common

TAGS = "--task tags --tokenizer spaces --min-count 2 --encoder gru --dim 256 --embedding-dim 128 " \
       "--crf true --ngram-dropout 0 --word-dropout 0.1 --consistency 0"
TEXT = "--ngrams 2 --char-ngrams 5 --char-ngrams-from 3 --members 1 --lr 0.003 --warmup 0.05 " \
       "--input-dropout 0.5 --output-dropout 0.5 --batch-texts 32 "
KINDS = {  # files, steps, steps between validations, flags
    "sst2": ("{0}/train.tsv --valid {0}/dev.tsv", 900, 50,
             TEXT + "--encoder none --pool attention+mean --ngram-dropout 0.2 --word-dropout 0.1 "
                    "--consistency 1"),
    "atis": ("{0}/train --valid {0}/valid", 1400, 70, TEXT + TAGS),
    "multi30k": ("--source {0}/train.de --target {0}/train.en --valid-source {0}/val.de "
                 "--valid-target {0}/val.en", 600, 50,
                 "--encoder transformer --decoder transformer --dim 256 --layers 3 --heads 8 "
                 "--ffn 1024 --tie all --dropout 0.1 --tokenizer bpe --vocabulary 8000 --lowercase "
                 "false --batch-tokens 4096 --batch-texts 100000 --bleu-sample 0 --lr 0.002 "
                 "--warmup 0.1 --weight-decay 0.0001"),
}
SLACK = 0.005  # of the score, as a share
FIELDS = ["kind", "precision", "threads", "seed", "program", "step", "clock", "clock_whole",
          "processors", "processors_whole", "score", "valid_loss", "peak_mb"]


def processors(pid):
    """Seconds that a child has had so far."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def follow(arguments):
    """Runs a program; (its lines, when and after how much work: at its start, where it names its
    parameters, and where it tells of a step), and its peak MB."""
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    stamps, said = [("", time.monotonic(), 0)], []
    for line in process.stdout:
        said.append(line)
        if " parameters" in line or line.startswith(("step ", "{")):
            stamps.append((line, time.monotonic(), processors(process.pid)))
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(arguments)}: exit status {process.returncode}\n{''.join(said[-20:])}")
    return stamps, usage.ru_maxrss * 1024 / 1e6


def rows(stamps, lines, peak):
    """A row for each validation: its time as the program says, its work by the last stamp that names
    its step (heed tells of steps between validations too)."""
    whole, begin = stamps[:2]
    told = {int(re.search(r"step\D*(\d+)", stamp[0]).group(1)): stamp[2] for stamp in stamps[2:]}
    for line in lines:
        worked, clock = told[line["step"]], line["seconds"]
        metric = line.get("metric")
        if isinstance(metric, str):
            metric = line[metric]
        yield {"step": line["step"], "clock": clock, "clock_whole": clock + begin[1] - whole[1],
               "processors": worked - begin[2], "processors_whole": worked, "peak_mb": peak,
               "score": metric, "valid_loss": line.get("valid_loss")}


def train_heed(options, kind, folder, seed, precision):
    files, _, _, flags = KINDS[kind]
    with tempfile.TemporaryDirectory() as made:
        model = os.path.join(made, "model.heed")
        stamps, peak = follow([
            options.heed, "train", *files.format(folder).split(), "-o", model, *flags.split(),
            "--schedule", "cosine", "--clip", "1", "--label-smoothing", "0.1", "--patience", "0",
            "--steps", str(options.steps), "--validate-every", str(options.every), "--seed",
            str(seed), "--threads", str(options.threads), "--precision", precision])
        with open(model + ".metrics.jsonl") as lines:
            return list(rows(stamps, list(map(json.loads, lines)), peak))


def train_torch(options, kind, folder, seed):
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "score_torch.py")
    stamps, peak = follow([sys.executable, here, kind, folder, *map(str, (
        options.steps, options.every, seed, options.threads))])
    return list(rows(stamps, [json.loads(line) for line, _, _ in stamps[2:]], peak))


def score(kind, row):
    """The greater the better. Right answers come and go by the sentence, losses do not."""
    return row["score"] if kind == "atis" else -row["valid_loss"]


def goal(kind, runs):
    worst = min(max(score(kind, row) for row in run) for run in runs)
    return worst - SLACK * abs(worst)


def reached(kind, run, wanted):
    return next(row for row in run if score(kind, row) >= wanted)


def compare(options, kind, folder, write):
    """Alternates and prints."""
    programs = [*options.precisions, "pytorch"]
    rounds = []
    for seed in range(1, options.rounds + 1):
        runs = {name: train_torch(options, kind, folder, seed) if name == "pytorch" else
                train_heed(options, kind, folder, seed, name) for name in programs}
        rounds.append(runs)
        for name, run in runs.items():
            for row in run:
                write({"kind": kind, "precision": "" if name == "pytorch" else name,
                       "threads": options.threads, "seed": seed,
                       "program": "pytorch" if name == "pytorch" else "heed", **row})
    print(f"{kind}, {options.steps} steps, {options.threads} threads, {options.rounds} rounds")
    for name in programs:
        best = [max(score(kind, row) for row in runs[name]) for runs in rounds]
        right = [max(row["score"] for row in runs[name] if row["score"] is not None)
                 for runs in rounds if runs[name][0]["score"] is not None]
        print(f"  best score, {name}: mean {statistics.mean(best):.4f} of "
              f"{', '.join(f'{x:.4f}' for x in best)}; best share of right answers "
              f"{statistics.mean(right) if right else math.nan:.4f}")
    unit = "processors" if options.processors else "clock"
    for name in options.precisions:
        pairs = []
        for runs in rounds:
            wanted = goal(kind, [runs[name], runs["pytorch"]])
            pairs.append([reached(kind, runs[key], wanted) for key in (name, "pytorch")])
        for title, key, least in (("seconds to the score", unit, 2),
                                  ("seconds with the start", unit + "_whole", 2),
                                  ("steps to the score", "step", 0), ("peak MB", "peak_mb", 0)):
            ours, peer = (statistics.median(pair[i][key] for pair in pairs) for i in (0, 1))
            ratio = statistics.median(b[key] / max(a[key], 1e-9) for a, b in pairs)
            print(f"  {name}: {title}: heed {ours:.{least}f}, PyTorch {peer:.{least}f}, ratio "
                  f"{ratio:.2f}", flush=True)
        every = statistics.median(runs["pytorch"][-1][unit] / runs[name][-1][unit]
                                  for runs in rounds)
        print(f"  {name}: all steps and validations: ratio {every:.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("heed")
    parser.add_argument("--rounds", type=int, default=3, help="one seed each (3)")
    parser.add_argument("--steps", type=int, help="of a training (900, 1,400 and 600)")
    parser.add_argument("--every", type=int, help="steps between validations (50, 70 and 50)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precisions", default="highest,high",
                        help="heed's; PyTorch's is float32 (highest,high)")
    parser.add_argument("--processors", action="store_true", help="seconds of processors")
    parser.add_argument("--csv", help="a row for each validation")
    parser.add_argument("data", nargs="+", metavar="KIND=FOLDER")
    options = parser.parse_args()
    options.precisions = options.precisions.split(",")
    asked = [one.partition("=")[::2] for one in options.data]
    for kind, folder in asked:
        if kind not in KINDS or not folder:
            parser.error(f"{kind}={folder}: give {', '.join(KINDS)}=FOLDER")
    if not common.installed("torch", "numpy", "sentencepiece"):
        return
    chosen = options.steps, options.every
    with open(options.csv or os.devnull, "w", newline="") as file:
        table = csv.DictWriter(file, FIELDS)
        table.writeheader()
        for kind, folder in asked:
            options.steps = chosen[0] or KINDS[kind][1]
            options.every = chosen[1] or KINDS[kind][2]
            compare(options, kind, folder, table.writerow)
            file.flush()


if __name__ == "__main__":
    main()
