# SPDX-License-Identifier: MIT
"""The attention operator beside PyTorch, ONNX Runtime and oneDNN, in alternation.

usage: attention.py BUILD [--rows NAME,...] [--threads N,...] [--rounds N] [--csv FILE] [--png FILE]
Each is a process that stays; rounds go round. Of a row: median seconds, operations a second (4 B H
Tq Tk D forward, half of it when causal; 3.5 times that with backward), and how many times as fast
as each peer heed is: the median of the ratios of the same rounds, with the least and the most. On a
busy machine --processors compares seconds of processor time.
"""

import argparse
import array
import os
import random
import struct
import tempfile

import common
import contest
import onednn_there

# What a script needs; without it its peers are left out.
MODULES = {"attention_torch.py": ["torch"], "attention_onnx.py": ["onnxruntime", "onnx", "numpy"]}
# Who runs: (name, script, way).
PEERS = [("PyTorch", "attention_torch.py", "whole"), ("PyTorch-each", "attention_torch.py", "each"),
         ("ORT-MHA", "attention_onnx.py", "MultiHeadAttention"),
         ("ORT-Attention", "attention_onnx.py", "Attention"),
         ("oneDNN", "attention_onednn.py", "graph")]


def row(shape, wanted, causal=False, backward=False, mechanism="", **more):
    batch, heads, keys, size = shape
    case = {"batch": batch, "heads": heads, "key_heads": heads, "queries": keys, "keys": keys,
            "size": size, "causal": causal, "backward": backward, "mechanism": mechanism,
            "key_lengths": None, "dropout": 0.0, "wanted": wanted}
    case.update(more)
    return case


def ragged(wanted, backward=False):
    draw = random.Random(1)
    return row((64, 8, 60, 64), wanted, backward=backward, mechanism="ragged",
               key_lengths=[draw.randint(5, 60) for _ in range(64)])


LONG, SHORT, SHORTER = (1, 12, 2048, 64), (32, 8, 64, 64), (64, 8, 32, 32)
ROWS = {
    "forward_512": row((1, 12, 512, 64), 1.3),
    "forward_2048": row(LONG, 1.3),
    "forward_4096_128": row((1, 16, 4096, 128), 1.15),
    "causal_512": row((1, 12, 512, 64), 2, causal=True),
    "causal_2048": row(LONG, 1.5, causal=True),
    "both_2048": row(LONG, 1.25, backward=True),
    "both_causal_2048": row(LONG, 1.5, causal=True, backward=True),
    "short_64": row(SHORT, 1.6),
    "short_32": row(SHORTER, 2),
    "ragged": ragged(1.6),
    "both_short_64": row(SHORT, 2.5, backward=True),
    "both_short_32": row(SHORTER, 3.5, backward=True),
    "both_ragged": ragged(2.5, backward=True),
    "one_query": row((1, 32, 4096, 128), 3, key_heads=8, queries=1),
    "both_lengths": row(LONG, 2, backward=True, mechanism="lengths", key_lengths=[1024]),
    "both_window": row(LONG, 2, backward=True, mechanism="window", window=256),
    "both_dropout": row(LONG, 2, backward=True, mechanism="dropout", dropout=0.1),
    "both_learned_bias": row(LONG, 2, backward=True, mechanism="learned_bias"),
    "both_alibi": row(LONG, 1.25, backward=True, mechanism="alibi"),
    "both_fixed_bias": row(LONG, 1.25, backward=True, mechanism="fixed_bias"),
    "forward_8192": row((1, 12, 8192, 64), None),
    "both_512": row((1, 12, 512, 64), None, backward=True),
    "both_additive": row((64, 8, 64, 64), 3, backward=True, mechanism="additive", hidden=256),
}

# What is wanted below highest: of high beside float32, of medium beside bfloat16.
NARROW = {"high": {"forward_512": 2, "forward_2048": 2, "forward_8192": 2},
          "medium": {"forward_512": 1.4, "forward_2048": 1.5, "forward_8192": 2.5}}


def write_npy(path, kind, shape, numbers):
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {tuple(shape)}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        numbers.tofile(file)
    return path


def slopes(heads):
    """ALiBi's, as its paper gives them."""
    whole = 1 << (heads.bit_length() - 1)
    first = [2 ** (-8 * (i + 1) / whole) for i in range(whole)]
    more = [2 ** (-4 * (2 * i + 1) / whole) for i in range(heads - whole)]
    return first + more


def heed_options(case, folder):
    """What heed bench is told beyond the shape."""
    kind = case["mechanism"]
    if kind in ("lengths", "ragged"):
        path = write_npy(os.path.join(folder, "lengths.npy"), "<i8", [case["batch"]],
                         array.array("q", case["key_lengths"]))
        return ["--kv-lengths", path] + (["--q-lengths", path] if kind == "ragged" else [])
    if kind == "fixed_bias":
        shape = case["heads"], case["queries"], case["keys"]
        draw = random.Random(1)
        line = array.array("f", (draw.gauss(0, 1) for _ in range(case["keys"])))
        return ["--bias", write_npy(os.path.join(folder, "bias.npy"), "<f4", shape,
                                    line * (shape[0] * shape[1]))]
    return {"": [], "window": ["--window", f"{case.get('window')},{case.get('window')}"],
            "dropout": ["--dropout", str(case["dropout"])], "learned_bias": ["--stage", "bias"],
            "alibi": ["--alibi"],
            "additive": ["--score", f"additive_projected:hidden={case.get('hidden')}"]}[kind]


def heed_arguments(options, case, threads, folder):
    shape = "x".join(str(case[x]) for x in ("batch", "heads", "keys", "size"))
    heed = os.path.join(options.build, "heed")
    arguments = [heed, "bench", "attention", "--paced", "--shape", shape,
                 "--precision", options.precision, "--threads", str(threads),
                 "--queries", str(case["queries"]), "--kv-heads", str(case["key_heads"])]
    if case["causal"]:
        arguments.append("--causal")
    if case["backward"]:
        arguments.append("--backward")
    return arguments + heed_options(case, folder)


def operations(case):
    """None for scores that are more than a product."""
    if case["mechanism"] == "additive":
        return None
    pairs = case["batch"] * case["queries"] * case["keys"]
    if case["mechanism"] == "ragged":
        pairs = sum(n * n for n in case["key_lengths"])
    if case["mechanism"] == "lengths":
        pairs = case["queries"] * sum(case["key_lengths"])
    if case["mechanism"] == "window":
        pairs = sum(min(i + case["window"], case["keys"] - 1) - max(i - case["window"], 0) + 1
                    for i in range(case["keys"]))
    return (4 * pairs * case["heads"] * case["size"] * (0.5 if case["causal"] else 1)
            * (3.5 if case["backward"] else 1))


class Peers:
    """One process a peer's way, started when it is first needed."""

    def __init__(self):
        self.there = {script: common.installed(*names) for script, names in MODULES.items()}
        self.there["attention_onednn.py"] = onednn_there.installed()
        self.running = {}

    def ready(self, case):
        """Those that can do it."""
        able = []
        for name, script, way in PEERS:
            if not self.there[script] or (way == "each" and case["mechanism"] != "ragged"):
                continue
            if name not in self.running:
                self.running[name] = contest.Peer(name, script)
            why = self.running[name].take({**case, "way": way})
            if why is None:
                able.append(self.running[name])
            elif not case["backward"] or name.startswith("PyTorch"):
                print(f"  {name} is left out: {why}", flush=True)
        return able

    def close(self):
        for peer in self.running.values():
            peer.close()


def compare(options, name, threads, peers, report):
    case = {**ROWS[name], "threads": threads, "precision": options.precision}
    narrow = options.precision in NARROW
    if case["mechanism"] == "alibi":
        case["slopes"] = slopes(case["heads"])
    with tempfile.TemporaryDirectory() as folder:
        heed = contest.Contestant("heed", heed_arguments(options, case, threads, folder))
        able = peers.ready(case)
        took = contest.alternate([heed, *able], options)
        heed.close()
    wanted = NARROW[options.precision].get(name) if narrow else case["wanted"]
    report.add(name, threads, took, {peer.name: peer.version for peer in able}, wanted,
               operations(case))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", help="the folder with the programs")
    contest.add_options(parser, ROWS)
    parser.add_argument("--precision", default="highest", choices=["highest", "high", "medium"],
                        help="heed's; medium compares with bfloat16")
    options = parser.parse_args()
    names, threads = contest.chosen(parser, options, ROWS)
    peers, report = Peers(), contest.Report(options, "How many times as fast heed's attention is")
    for name in names:
        for n in threads:
            compare(options, name, n, peers, report)
    peers.close()
    report.write()


if __name__ == "__main__":
    main()
