# SPDX-License-Identifier: MIT
"""What ONNX's Attention gives on float16, for heed attend: makes onnx_float16.txt.

python3 tests/golden/onnx_float16.py     (numpy, onnx, onnxruntime; made with onnxruntime 1.31.1)

The CPU provider of onnxruntime runs the operator (opset 23) on float16 itself. Numbers are bit
patterns. `case NAME OPTIONS` is what heed attend is told; `array NAME KIND SHAPE` is followed by its
elements, one line each array; @NAME in options is such an array's file.
"""
import os

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

B, H, K, Q, T, P, D, E = 2, 4, 2, 5, 7, 3, 8, 4
random = np.random.default_rng(23)


def half(*shape, factor=1.0):
    return (random.standard_normal(shape) * factor).astype(np.float16)


ARRAYS = {
    "q": half(B, H, Q, D, factor=2),
    "k": half(B, K, T, D),
    "v": half(B, K, T, E),
    "pk": half(B, K, P, D),
    "pv": half(B, K, P, E),
    "bias": half(Q, T, factor=2),
    "flags": random.random((B, 1, Q, T)) < 0.6,
}
ARRAYS["flags"][..., 0] = True
TYPES = {np.dtype(np.float16): TensorProto.FLOAT16, np.dtype(bool): TensorProto.BOOL}


def attention(inputs, **attributes):
    """Y of ONNX's Attention; inputs in its order, None where one is left out."""
    names = [f"i{n}" if x is not None else "" for n, x in enumerate(inputs)]
    given = {n: x for n, x in zip(names, inputs) if x is not None}
    outputs = ["y", "present_k", "present_v"] if len(inputs) > 4 else ["y"]
    node = helper.make_node("Attention", names, outputs, **attributes)
    graph = helper.make_graph(
        [node], "g",
        [helper.make_tensor_value_info(n, TYPES[x.dtype], x.shape) for n, x in given.items()],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT16, list("bhte")[:inputs[0].ndim])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)], ir_version=11)
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(model.SerializeToString(),
                                           providers=["CPUExecutionProvider"])
    return session.run(["y"], given)[0]


def rows(x):
    """[B, H, T, D] as [B, T, H x D]."""
    return np.ascontiguousarray(x.transpose(0, 2, 1, 3).reshape(x.shape[0], x.shape[2], -1))


def cases():
    q, k, v, pk, pv, bias, flags = (ARRAYS[n] for n in ("q", "k", "v", "pk", "pv", "bias", "flags"))
    yield "plain", "@q @k @v", attention([q, k, v])
    yield "scale", "@q @k @v --scale 0.75", attention([q, k, v], scale=0.75)
    yield "causal", "@q @k @v --causal --causal-offset 0", attention([q, k, v], is_causal=1)
    yield ("past", "@q @k @v --causal --past-key @pk --past-value @pv",
           attention([q, k, v, None, pk, pv], is_causal=1))
    yield "flags", "@q @k @v --mask @flags", attention([q, k, v, flags])
    yield ("bias", "@q @k @v --softcap 2 --mask @bias",
           attention([q, k, v, bias], softcap=2.0))
    ARRAYS.update(q3=rows(q), k3=rows(k), v3=rows(v))
    yield ("rows", "@q3 @k3 @v3 --heads 4 --kv-heads 2 --mask @flags",
           attention([rows(q), rows(k), rows(v), flags], q_num_heads=H, kv_num_heads=K))


def write(file, name, x):
    kind = "b1" if x.dtype == bool else "f2"
    shape = ",".join(map(str, x.shape))
    numbers = x.astype(int) if x.dtype == bool else x.view(np.uint16)
    file.write(f"array {name} {kind} {shape}\n{' '.join(map(str, numbers.ravel()))}\n")


def main():
    made = list(cases())
    folder = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(folder, "onnx_float16.txt"), "w", encoding="ascii") as file:
        for name, x in ARRAYS.items():
            write(file, name, x)
        for name, options, y in made:
            assert y.dtype == np.float16
            file.write(f"case {name} {options}\n")
            write(file, "y", y)


if __name__ == "__main__":
    main()
