# SPDX-License-Identifier: MIT
"""oneDNN's side of attention.py: the attention of its graph, forward, from PyPI's onednn and
onednn-devel. A program is compiled against them, and is another process for each case."""

import json
import os
import subprocess
import sys
import tempfile

import onednn_there

HERE = os.path.dirname(os.path.abspath(__file__))


def compile_program(folder):
    program = os.path.join(folder, "attention_onednn")
    subprocess.run([os.environ.get("CXX", "c++"), "-std=c++17", "-O2", "-I", onednn_there.INCLUDE,
                    os.path.join(HERE, "attention_onednn.cc"), "-o", program,
                    "-L", onednn_there.LIBRARIES, "-ldnnl", "-Wl,--allow-shlib-undefined"],
                   check=True)
    return program


def start(program, case):
    """The process, or why there is none."""
    if case["backward"] or case["mechanism"]:
        return None, "forward of plain attention alone"
    shape = [case[x] for x in ("batch", "heads", "key_heads", "queries", "keys", "size")]
    kind = [int(case["causal"]), int(case["precision"] == "medium")]
    processors = sorted(os.sched_getaffinity(0))[:case["threads"]]
    process = subprocess.Popen(
        [program, *map(str, shape + kind)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True, preexec_fn=lambda: os.sched_setaffinity(0, processors),
        env={**os.environ, "LD_LIBRARY_PATH": onednn_there.LIBRARIES,
             "OCL_ICD_FILENAMES": os.path.join(onednn_there.LIBRARIES, "libintelocl.so")})
    said = process.stdout.readline().split()
    if len(said) == 2 and said[1] == "1":
        return process, said[0]
    process.communicate()
    return None, "the graph is not fused" if len(said) == 2 else " ".join(said)


def main():
    process, version = None, ""
    with tempfile.TemporaryDirectory() as folder:
        program = compile_program(folder)
        for line in sys.stdin:
            if not line.startswith("{"):
                process.stdin.write(line)
                process.stdin.flush()
                print(process.stdout.readline().strip(), flush=True)
                continue
            if process:
                process.communicate()
            process, said = start(program, json.loads(line))
            version = said if process else version
            answer = {"version": version}
            if not process:
                answer["skipped"] = said
            print(json.dumps(answer), flush=True)
        if process:
            process.communicate()


main()
