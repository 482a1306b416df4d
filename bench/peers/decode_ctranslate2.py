# SPDX-License-Identifier: MIT
"""One run of CTranslate2 for decode.py: decode_ctranslate2.py BEAM BATCH TEXTS THREADS.

A Transformer with random weights is written as a model and decoded. Prints a line of JSON.
"""

import json
import random
import sys
import tempfile
import time

import ctranslate2
import numpy
from ctranslate2.specs import TransformerSpec

SIZE, HEADS, INNER, LAYERS, PIECES, LENGTH = 256, 8, 1024, 3, 8000, 20


def model_in(folder):
    draw = numpy.random.default_rng(1)

    def matrix(rows, columns):
        return (draw.standard_normal((rows, columns)) / columns ** 0.5).astype("float32")

    def linear(layer, rows, columns):
        layer.weight, layer.bias = matrix(rows, columns), numpy.zeros(rows, "float32")

    def norm(layer):
        layer.gamma, layer.beta = numpy.ones(SIZE, "float32"), numpy.zeros(SIZE, "float32")

    spec = TransformerSpec.from_config((LAYERS, LAYERS), HEADS, pre_norm=True)
    table, places = matrix(PIECES, SIZE), matrix(512, SIZE)
    spec.encoder.embeddings[0].weight = spec.decoder.embeddings.weight = table
    linear(spec.decoder.projection, PIECES, SIZE)
    for stack in (spec.encoder, spec.decoder):
        stack.position_encodings.encodings = places
        norm(stack.layer_norm)
        for layer in stack.layer:
            looks = [layer.self_attention]
            linear(layer.self_attention.linear[0], 3 * SIZE, SIZE)
            linear(layer.self_attention.linear[1], SIZE, SIZE)
            if stack is spec.decoder:
                looks.append(layer.attention)
                for i, rows in enumerate((SIZE, 2 * SIZE, SIZE)):
                    linear(layer.attention.linear[i], rows, SIZE)
            linear(layer.ffn.linear_0, INNER, SIZE)
            linear(layer.ffn.linear_1, SIZE, INNER)
            for part in (*looks, layer.ffn):
                norm(part.layer_norm)
    words = ["<unk>", "<s>", "</s>"] + [f"w{i}" for i in range(PIECES - 3)]
    spec.register_source_vocabulary(words)
    spec.register_target_vocabulary(words)
    spec.validate()
    spec.save(folder)


def main():
    beam, batch, texts, threads = map(int, sys.argv[1:])
    draw = random.Random(1)
    lines = [[f"w{draw.randrange(PIECES - 3)}" for _ in range(LENGTH)] for _ in range(texts)]
    with tempfile.TemporaryDirectory() as folder:
        model_in(folder)
        translator = ctranslate2.Translator(folder, device="cpu", compute_type="float32",
                                            inter_threads=1, intra_threads=threads)

        def run(some):
            written = 0
            for first in range(0, len(some), batch):
                for result in translator.translate_batch(
                        some[first:first + batch], beam_size=beam, min_decoding_length=LENGTH,
                        max_decoding_length=LENGTH):
                    written += len(result.hypotheses[0])
            return written

        run(lines[:batch])
        start, work = time.monotonic(), time.process_time()
        written = run(lines)
        spent, worked = time.monotonic() - start, time.process_time() - work
    print(json.dumps({"tokens_per_second": written / spent, "tokens_per_processor": written / worked,
                      "version": ctranslate2.__version__}))


if __name__ == "__main__":
    main()
