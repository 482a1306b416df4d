# SPDX-License-Identifier: MIT
"""Linear layers beside PyTorch's products (MKL) and oneDNN's, in alternation.

usage: gemm.py BUILD [--rows NAME,...] [--threads N,...] [--rounds N] [--csv FILE] [--png FILE]
Rows are M x N x K: M x N numbers come out, each a sum of K products. x w^T is a layer; dy w and
dy^T x are the products of its backward pass. On a busy machine --processors compares seconds of
processor time, with one thread.
"""

import argparse
import os

import common
import contest

LAYOUTS = {"linear": "0", "input": "1", "weight": "2"}


def layer(rows):
    """A layer of 4,096 tokens, and its backward pass."""
    return {f"{rows}": ("linear", (4096, rows, 256)), f"{rows}_input": ("input", (4096, 256, rows)),
            f"{rows}_weight": ("weight", (rows, 256, 4096))}


ROWS = {**layer(256), **layer(768), **layer(1024), **layer(8000),
        "60": ("linear", (60, 256, 256)), "300": ("linear", (300, 128, 128)),
        "17": ("linear", (17, 33, 3000))}
WAYS = {"PyTorch": "MKL", "oneDNN": "oneDNN"}


def compare(options, name, threads, peers, report):
    layout, shape = ROWS[name]
    title = f"{ {'linear': 'x w^T', 'input': 'dy w', 'weight': 'dy^T x'}[layout]} "
    title += " x ".join(map(str, shape))
    heed = contest.Contestant("heed", [
        os.path.join(options.build, "bench", "bench_gemm"), LAYOUTS[layout], *map(str, shape),
        str(threads)])
    able = []
    for peer in peers:
        case = {"layout": layout, "shape": shape, "threads": threads, "way": WAYS[peer.name]}
        why = peer.take(case)
        if why:
            print(f"  {peer.name} is left out: {why}", flush=True)
        else:
            able.append(peer)
    took = contest.alternate([heed, *able], options)
    heed.close()
    report.add(title, threads, took, {peer.name: peer.version for peer in able}, 1,
               2 * shape[0] * shape[1] * shape[2])


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", help="the folder with the programs")
    contest.add_options(parser, ROWS)
    options = parser.parse_args()
    names, threads = contest.chosen(parser, options, ROWS)
    peers = []
    if common.installed("torch"):
        peers = [contest.Peer(name, "gemm_torch.py") for name in WAYS]
    report = contest.Report(options, "How many times as fast heed's products are")
    for name in names:
        for n in threads:
            compare(options, name, n, peers, report)
    for peer in peers:
        peer.close()
    report.write()


if __name__ == "__main__":
    main()
