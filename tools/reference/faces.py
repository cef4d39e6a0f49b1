#!/usr/bin/env python3
"""What the faces' networks give by ONNX Runtime and NumPy: the numbers that models/encoders/tests/faces.rs compares with.

Usage: faces.py ULTRAFACE.onnx MANIFEST.json PICTURE.bmp       needs numpy, onnxruntime, pillow
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image


def resample(rgb, width, height):
    """Means over whole source pixels, as the encoders have it."""
    edges = lambda source, target: [(i * source // target, max((i + 1) * source // target, i * source // target + 1)) for i in range(target)]  # noqa: E731
    out = np.zeros((height, width, 3), np.uint8)
    for y, (top, bottom) in enumerate(edges(rgb.shape[0], height)):
        for x, (left, right) in enumerate(edges(rgb.shape[1], width)):
            block = rgb[top:bottom, left:right].reshape(-1, 3).astype(np.uint64)
            out[y, x] = (block.sum(0) + len(block) // 2) // len(block)
    return out


def weights(manifest):
    tensors = {}
    for group in json.loads(manifest.read_text()):
        prefix = manifest.name.split("face_expression")[0]
        data, at = b"".join((manifest.parent / (prefix + path)).read_bytes() for path in group["paths"]), 0
        for w in group["weights"]:
            count, by = int(np.prod(w["shape"])), w.get("quantization")
            kind = np.uint8 if by else np.float32
            values = np.frombuffer(data, kind, count, at)
            at += values.nbytes
            tensors[w["name"]] = (values * by["scale"] + by["min"] if by else values).reshape(w["shape"]).astype(np.float64)
    return tensors


def pad(x, stride):
    total = [max((-(-n // stride) - 1) * stride + 3 - n, 0) for n in x.shape[:2]]
    return np.pad(x, [(t // 2, t - t // 2) for t in total] + [(0, 0)])


def patches(x, stride):
    size = [-(-n // stride) for n in x.shape[:2]]
    x = pad(x, stride)
    return np.stack([x[ky : ky + size[0] * stride : stride, kx : kx + size[1] * stride : stride][: size[0], : size[1]] for ky in range(3) for kx in range(3)], 2)


def separable(t, name, x, stride):
    taps = t[f"{name}/depthwise_filter"].reshape(9, -1)
    return (patches(x, stride) * taps).sum(2) @ t[f"{name}/pointwise_filter"][0, 0] + t[f"{name}/bias"]


def expressions(t, face):
    x, relu = (face.astype(np.float64) - [122.782, 117.001, 104.298]) / 255, lambda x: np.maximum(x, 0)
    for block in range(4):
        name = f"dense{block}/conv"
        if block == 0:
            seen = patches(x, 2)
            first = relu(seen.reshape(*seen.shape[:2], -1) @ t[f"{name}0/filters"].reshape(27, -1) + t[f"{name}0/bias"])
        else:
            first = relu(separable(t, f"{name}0", x, 2))
        second = separable(t, f"{name}1", first, 1)
        third = separable(t, f"{name}2", relu(first + second), 1)
        x = relu(first + second + third + separable(t, f"{name}3", relu(first + second + third), 1))
    logits = x.mean((0, 1)) @ t["fc/weights"] + t["fc/bias"]
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


def main():
    picture = np.asarray(Image.open(sys.argv[3]).convert("RGB"))
    small = resample(picture, 320, 240)
    onnxruntime.set_default_logger_severity(3)
    session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
    scores, boxes = session.run(None, {"input": ((small.astype(np.float32) - 127) / 128).transpose(2, 0, 1)[None]})
    best = scores[0, :, 1].argmax()
    left, top, right, bottom = (float(x) for x in boxes[0, best])
    print("score", float(scores[0, best, 1]), "box", left, top, right, bottom, "sure", int((scores[0, :, 1] >= 0.7).sum()))
    height, width = picture.shape[:2]
    side = max((right - left) * width, (bottom - top) * height) * 1.1
    stretch = lambda middle, length: (round(max(middle * length - side / 2, 0)), round(min(middle * length + side / 2, length)))  # noqa: E731
    (x0, x1), (y0, y1) = stretch((left + right) / 2, width), stretch((top + bottom) / 2, height)
    face = resample(picture[y0:y1, x0:x1], 112, 112)
    print("cut", x0, x1, y0, y1, "expressions", [round(float(p), 5) for p in expressions(weights(Path(sys.argv[2])), face)])


if __name__ == "__main__":
    main()
