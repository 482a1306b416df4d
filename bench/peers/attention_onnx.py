# SPDX-License-Identifier: MIT
"""ONNX Runtime's side of attention.py: its operators MultiHeadAttention and Attention, forward."""

import contest
import numpy
import onnxruntime
from onnx import TensorProto, helper


def describe(arrays):
    kinds = {"float32": TensorProto.FLOAT, "int32": TensorProto.INT32, "bool": TensorProto.BOOL}
    return [helper.make_tensor_value_info(name, kinds[str(x.dtype)], x.shape)
            for name, x in arrays.items()]


def multi_head(case, draw):
    """[B, T, H D], with key lengths where there are some."""
    if case["heads"] != case["key_heads"]:
        raise NotImplementedError("MultiHeadAttention has no grouped heads")
    rows = {"q": case["queries"], "k": case["keys"], "v": case["keys"]}
    arrays = {name: draw(case["batch"], n, case["heads"] * case["size"])
              for name, n in rows.items()}
    names = list("qkv")
    if case["key_lengths"]:
        arrays["lengths"] = numpy.array(case["key_lengths"], "int32")
        names += ["", "lengths"]
    node = helper.make_node("MultiHeadAttention", names, ["o"], domain="com.microsoft",
                            num_heads=case["heads"], unidirectional=int(case["causal"]))
    return node, arrays, arrays["q"].shape, [("", 17), ("com.microsoft", 1)], 8


def standard(case, draw):
    """[B, H, T, D], with a mask where keys are hidden."""
    rows = {"q": ("heads", "queries"), "k": ("key_heads", "keys"), "v": ("key_heads", "keys")}
    arrays = {name: draw(case["batch"], case[h], case[n], case["size"])
              for name, (h, n) in rows.items()}
    names = list("qkv")
    if case["key_lengths"]:
        seen = numpy.arange(case["keys"]) < numpy.array(case["key_lengths"])[:, None]
        shape = case["batch"], 1, case["queries"], case["keys"]
        arrays["mask"] = numpy.ascontiguousarray(numpy.broadcast_to(seen[:, None, None], shape))
        names.append("mask")
    node = helper.make_node("Attention", names, ["o"], is_causal=int(case["causal"]))
    return node, arrays, arrays["q"].shape, [("", 23)], 10


def make(case):
    if case["backward"] or case["precision"] == "medium" or case["mechanism"] not in ("", "ragged"):
        raise NotImplementedError("forward of plain attention in float32 alone")
    random = numpy.random.default_rng(1)
    build = multi_head if case["way"] == "MultiHeadAttention" else standard
    node, arrays, shape, opsets, version = build(
        case, lambda *shape: random.standard_normal(shape, "float32"))
    output = helper.make_tensor_value_info("o", TensorProto.FLOAT, shape)
    model = helper.make_model(
        helper.make_graph([node], "attention", describe(arrays), [output]),
        opset_imports=[helper.make_opsetid(*x) for x in opsets], ir_version=version)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = case["threads"]
    # Threads that wait for more work would take the processors from who is timed next.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options,
                                               providers=["CPUExecutionProvider"])
        binding = session.io_binding()
        for name, x in arrays.items():
            binding.bind_ortvalue_input(name, onnxruntime.OrtValue.ortvalue_from_numpy(x))
        binding.bind_ortvalue_output("o", onnxruntime.OrtValue.ortvalue_from_numpy(
            numpy.zeros(shape, "float32")))
        session.run_with_iobinding(binding)
    except Exception as failure:  # it has kinds of its own
        raise NotImplementedError(str(failure).splitlines()[0]) from failure
    return lambda: session.run_with_iobinding(binding)


contest.serve(onnxruntime.__version__, make)
