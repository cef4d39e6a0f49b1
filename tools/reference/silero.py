#!/usr/bin/env python3
"""Silero's voice activity by ONNX Runtime on the project's own graph, to check the one in Candle by.

Usage: silero.py SILERO.onnx FOLDER [SILERO.safetensors]

Writes FOLDER/silero.json: probabilities of a generated sound, by the graph with weights drawn from a formula that
the test repeats, and, with a safetensors file, by the graph with that file's weights (see README.md).
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

RATE, CHUNK, CONTEXT, CHUNKS = 16_000, 512, 64, 96
# Name in the safetensors file, end of the name in the graph's branch for 16 kHz, shape, scale of drawn weights.
TENSORS = [
    ("stft_conv.weight", "stft.forward_basis_buffer", (258, 1, 256), 0.25),
    ("conv1.weight", "encoder.0.reparam_conv.weight", (128, 129, 3), 0.1),
    ("conv1.bias", "encoder.0.reparam_conv.bias", (128,), 0.5),
    ("conv2.weight", "encoder.1.reparam_conv.weight", (64, 128, 3), 0.1),
    ("conv2.bias", "encoder.1.reparam_conv.bias", (64,), 0.5),
    ("conv3.weight", "encoder.2.reparam_conv.weight", (64, 64, 3), 0.15),
    ("conv3.bias", "encoder.2.reparam_conv.bias", (64,), 0.5),
    ("conv4.weight", "encoder.3.reparam_conv.weight", (128, 64, 3), 0.15),
    ("conv4.bias", "encoder.3.reparam_conv.bias", (128,), 0.5),
    ("lstm_cell.weight_ih", "decoder.rnn.weight_ih", (512, 128), 0.2),
    ("lstm_cell.weight_hh", "decoder.rnn.weight_hh", (512, 128), 0.2),
    ("lstm_cell.bias_ih", "decoder.rnn.bias_ih", (512,), 0.5),
    ("lstm_cell.bias_hh", "decoder.rnn.bias_hh", (512,), 0.5),
    ("final_conv.weight", "decoder.decoder.2.weight", (1, 128, 1), 4.0),
    ("final_conv.bias", "decoder.decoder.2.bias", (1,), 130.0),
]


def drawn(index, shape, scale):
    """Value i of tensor k: the upper 24 bits of (i + 1) * 2654435761 + k * 40503 * 65537, as -scale to scale."""
    count = int(np.prod(shape))
    numbers = (np.arange(1, count + 1, dtype=np.uint64) * 2654435761 + np.uint64(index * 40503 * 65537)) % 2**32
    numbers = (numbers * 2246822519 + 374761393) % 2**32
    return (((numbers >> 8).astype(np.float64) / 2**24 * 2 - 1) * scale).astype(np.float32).reshape(shape)


def sound():
    """A buzz with three formants that comes and goes, over noise from a linear congruence."""
    noise, state = np.empty(CHUNKS * CHUNK), 12345
    for i in range(len(noise)):
        state = (state * 1664525 + 1013904223) % 2**32
        noise[i] = (state >> 8) / 2**24 - 0.5
    t = np.arange(len(noise)) / RATE
    pitch = 2 * np.pi * (140 * t + 3 * np.sin(2 * np.pi * 2.5 * t))
    voice = sum(np.sin(k * pitch) / k * (1.0 + 2.0 * (k in (4, 5, 11, 17))) for k in range(1, 24))
    gate = np.clip(4 * np.sin(2 * np.pi * 0.8 * t), 0, 1) * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * t))
    return (0.08 * voice * gate + 0.004 * noise).astype(np.float32)


def with_weights(path, weights):
    model = onnx.load(path)
    branch = next(a.g for n in model.graph.node if n.op_type == "If" for a in n.attribute if a.name == "then_branch")
    for name, ending, shape, _ in TENSORS:
        found = [a for n in branch.node if n.output[0].endswith("__" + ending) for a in n.attribute if a.name == "value"]
        assert len(found) == 1 and tuple(found[0].t.dims) == shape, (name, ending)
        found[0].t.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(weights[name]), found[0].t.name))
    return onnxruntime.InferenceSession(model.SerializeToString())


def probabilities(session, samples):
    state = np.zeros((2, 1, 128), np.float32)
    context, found = np.zeros(CONTEXT, np.float32), []
    for chunk in samples.reshape(-1, CHUNK):
        chunk = np.concatenate([context, chunk])
        inputs = {"input": chunk[None], "state": state, "sr": np.array(RATE, np.int64)}
        probability, state = session.run(None, inputs)
        context = chunk[-CONTEXT:]
        found.append(float(probability[0, 0]))
    return found


def main():
    path, folder = sys.argv[1], Path(sys.argv[2])
    samples = sound()
    weights = {name: drawn(i, shape, scale) for i, (name, _, shape, scale) in enumerate(TENSORS)}
    result = {"drawn": probabilities(with_weights(path, weights), samples)}
    if len(sys.argv) > 3:
        from blake3 import blake3
        from safetensors.numpy import load_file

        result["released"] = probabilities(with_weights(path, load_file(sys.argv[3])), samples)
        result["released_digest"] = blake3(Path(sys.argv[3]).read_bytes()).hexdigest()
    rounded = {k: [round(p, 7) for p in v] if isinstance(v, list) else v for k, v in result.items()}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "silero.json").write_text(json.dumps(rounded) + "\n")


if __name__ == "__main__":
    main()
