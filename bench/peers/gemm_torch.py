# SPDX-License-Identifier: MIT
"""PyTorch's side of gemm.py: its own product (MKL), into an array that is there, and oneDNN's, of
which it has a copy, and which makes a new array each time."""

import contest
import torch

TURNED = {"linear": (False, True), "input": (False, False), "weight": (True, False)}


def onednn(a, b, _):
    torch.ops.mkldnn._linear_pointwise(a, b.t(), None, "none", [], "")


def mkl(a, b, out):
    torch.mm(a, b, out=out)


def make(case):
    if case["way"] == "oneDNN" and not torch.backends.mkldnn.is_available():
        raise NotImplementedError("this PyTorch has no oneDNN")
    torch.set_num_threads(case["threads"])
    m, n, k = case["shape"]
    turn_a, turn_b = TURNED[case["layout"]]
    a, b, out = torch.randn(m, k), torch.randn(k, n), torch.zeros(m, n)
    a = a.t().contiguous().t() if turn_a else a
    b = b.t().contiguous().t() if turn_b else b
    multiply = onednn if case["way"] == "oneDNN" else mkl

    def run():
        with torch.no_grad():
            multiply(a, b, out)
    return run


contest.serve(torch.__version__, make)
