# SPDX-License-Identifier: MIT
"""What the comparisons with peers share: made text, and children whose time and memory are told."""

import importlib.util
import json
import os
import random
import statistics
import subprocess
import sys
import time

SYLLABLES = [a + b + c for a in "bdfgklmnprst" for b in "aeiou" for c in ("", "n", "r", "s")]


def made_words(count):
    """The first `count` words of two or three syllables: no two alike."""
    words = []
    for number in range(count):
        word, rest = "", number + len(SYLLABLES)
        while rest:
            word += SYLLABLES[rest % len(SYLLABLES)]
            rest //= len(SYLLABLES)
        words.append(word)
    return words


def made_pairs(path, pairs=12000, seed=1):
    """Writes PATH.source and PATH.target: sentences of 5 to 25 words, as frequent as in language
    (Zipf), the target being the words' other names in nearly the same order."""
    draw = random.Random(seed)
    words = made_words(12000)
    weights = [1 / (rank + 2) for rank in range(len(words))]
    other = words[:]
    draw.shuffle(other)
    other = dict(zip(words, other))
    with open(path + ".source", "w") as source, open(path + ".target", "w") as target:
        for _ in range(pairs):
            sentence = draw.choices(words, weights, k=draw.randint(5, 25))
            answer = [other[word] for word in sentence]
            at = draw.randrange(len(answer) - 1)
            answer[at], answer[at + 1] = answer[at + 1], answer[at]
            source.write(" ".join(sentence) + "\n")
            target.write(" ".join(answer) + "\n")
    return path + ".source", path + ".target"


def child(arguments):
    """Runs a program; returns its output, seconds, seconds of processors, and peak memory in MB."""
    start = time.monotonic()
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(arguments)}: exit status {process.returncode}")
    worked = usage.ru_utime + usage.ru_stime
    return output, time.monotonic() - start, worked, usage.ru_maxrss * 1024 / 1e6


def script(name, *arguments):
    """Runs a script beside this one with this interpreter; returns (its last line as JSON, peak)."""
    here = os.path.dirname(os.path.abspath(__file__))
    output, _, _, peak = child([sys.executable, os.path.join(here, name), *map(str, arguments)])
    return json.loads(output.splitlines()[-1]), peak


def installed(*modules):
    """Which of them is missing is said; 1 where none is."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        print(f"skipped: {', '.join(missing)} not installed for {sys.executable}")
    return not missing


def rate(options):
    """What a peer's script tells, by what is asked for."""
    return "tokens_per_processor" if options.processors else "tokens_per_second"


def summary(title, unit, rounds):
    """rounds: (heed, peer) figures taken in alternation."""
    ours = statistics.median(a for a, _ in rounds)
    peer = statistics.median(b for _, b in rounds)
    ratio = statistics.median(a / b for a, b in rounds)
    print(f"{title}: heed {ours:.0f}, peer {peer:.0f} {unit}; median ratio {ratio:.2f} "
          f"of {len(rounds)} alternations", flush=True)
