# SPDX-License-Identifier: MIT
"""Files of other systems for the tests of src/io, and a check of ours by those systems.

    python3 tests/golden/formats.py make    writes stock.safetensors and numpy_*.npy beside this
    python3 tests/golden/formats.py check   opens heed.safetensors, which the unit test compares
                                            byte for byte with what heed writes, and recomputes
                                            its checksum from the description in container.h

Needs numpy and safetensors; made with numpy 2 and safetensors 0.8.
"""
import hashlib
import json
import pathlib
import struct
import sys

import numpy
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

here = pathlib.Path(__file__).parent


def make():
    save_file(
        {
            "weight": numpy.arange(6, dtype=numpy.float32).reshape(2, 3) / 4,
            "bytes": numpy.array([1, 2, 255], dtype=numpy.uint8),
            "count": numpy.array(-7, dtype=numpy.int64),
            "empty": numpy.zeros((0, 4), dtype=numpy.float32),
            "名": numpy.array([1.5], dtype=numpy.float64),
        },
        here / "stock.safetensors",
        metadata={"note": "从 Python", "b": "2"},
    )
    numpy.save(here / "numpy_f4.npy", numpy.arange(6, dtype="<f4").reshape(2, 3) / 4)
    numpy.save(here / "numpy_i8.npy", numpy.array([-1, 2**40], dtype="<i8"))
    numpy.save(here / "numpy_scalar.npy", numpy.float64(0.1))
    with open(here / "numpy_v2.npy", "wb") as file:
        numpy.lib.format.write_array(file, numpy.array([[7]], dtype="<i4"), version=(2, 0))
    numpy.save(here / "numpy_fortran.npy", numpy.asfortranarray(numpy.ones((2, 3), dtype="<f4")))


def check():
    path = here / "heed.safetensors"
    tensors = load_file(path)
    assert tensors["weight"].tolist() == [[0.0, 0.25, 0.5], [0.75, 1.0, 1.25]]
    assert tensors["codes"].dtype == numpy.int8 and tensors["codes"].tolist() == [-1, 0, 1]
    assert tensors["step"].shape == () and tensors["step"] == 2**40
    with safe_open(path, "np") as file:
        metadata = file.metadata()
    assert metadata["heed.format"] == "1" and json.loads(metadata["heed.config"]) == {"dim": 3}
    raw = path.read_bytes()
    start = 8 + struct.unpack("<Q", raw[:8])[0]
    assert start % 64 == 0
    digits = metadata["heed.checksum"].encode()
    total = hashlib.sha256(raw[:start].replace(digits, b"0" * 64))
    header = json.loads(raw[8:start])
    spans = sorted(entry["data_offsets"] for name, entry in header.items() if name[0] != "_")
    for begin, end in spans:
        for at in range(start + begin, start + end, 16384):
            total.update(hashlib.sha256(raw[at : min(at + 16384, start + end)]).digest())
    assert total.hexdigest().encode() == digits
    print("heed.safetensors: stock safetensors opens it and the checksum is as described")


{"make": make, "check": check}[sys.argv[1]]()
