#!/usr/bin/env python3
"""What run.sh compares with: the same networks by PyTorch and ONNX Runtime.

Usage: reference.py make OUT MINILM MOBILENET               CLIP with drawn weights, lines of text, ONNX files
       reference.py time OUT MINILM MOBILENET ENGINE THREADS    ENGINE: torch or onnx
       reference.py table OUT THREADS
"""

import sys
import time
from pathlib import Path

import numpy as np

BATCHES = (1, 8, 32)
LONG_ENOUGH_S = 3.0
WORDS = "what a play by the dragon lane that was really close to the end of this game I think we are done here".split()
# Expansion, channels, blocks, stride of the first.
BLOCKS = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))


def lines():
    """Sentences of 6 to 22 words: whoever pads a batch pays for it."""
    return [" ".join((WORDS * 2)[i % 7 : i % 7 + 6 + i * 5 % 17]) for i in range(max(BATCHES))]


def mobilenet(file):
    import torch
    from safetensors.torch import load_file

    tensors, layers, number = load_file(file), [], 0

    class Padded(torch.nn.Module):
        """TensorFlow's SAME padding, which is not symmetric where the stride is two."""

        def __init__(self, kind, stride, groups, clamp):
            super().__init__()
            nonlocal number
            number += 1
            weight, bias = (tensors[f"l{number:02}_{kind}.{part}"] for part in ("weight", "bias"))
            outputs, inputs, size, _ = weight.shape
            self.convolution = torch.nn.Conv2d(inputs * groups, outputs, size, stride, size // 2 if stride == 1 else 0, groups=groups)
            self.convolution.weight.data, self.convolution.bias.data = weight.contiguous(), bias
            self.pad, self.clamp = stride == 2, clamp

        def forward(self, x):
            x = self.convolution(torch.nn.functional.pad(x, (0, 1, 0, 1)) if self.pad else x)
            return torch.nn.functional.relu6(x) if self.clamp else x

    class Block(torch.nn.Module):
        def __init__(self, parts, residual):
            super().__init__()
            self.parts, self.residual = torch.nn.Sequential(*parts), residual

        def forward(self, x):
            return x + self.parts(x) if self.residual else self.parts(x)

    layers.append(Padded("conv", 2, 1, True))
    inputs = 32
    for expansion, outputs, count, first in BLOCKS:
        for index in range(count):
            hidden, stride = inputs * expansion, first if index == 0 else 1
            parts = [Padded("conv", 1, 1, True)] if expansion > 1 else []
            parts += [Padded("dw", stride, hidden, True), Padded("conv", 1, 1, False)]
            layers.append(Block(parts, stride == 1 and inputs == outputs))
            inputs = outputs
    layers += [Padded("conv", 1, 1, True), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()]
    return torch.nn.Sequential(*layers).eval()


def networks(out, minilm, file):
    """Name, network, arguments by batch size, names of the arguments."""
    import torch
    from transformers import BertModel, CLIPModel
    from tokenizers import Tokenizer

    class Sentences(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.bert = BertModel.from_pretrained(minilm, add_pooling_layer=False, attn_implementation=ATTENTION).eval()

        def forward(self, ids, mask):
            hidden, kept = self.bert(input_ids=ids, attention_mask=mask).last_hidden_state, mask.unsqueeze(-1).float()
            return torch.nn.functional.normalize((hidden * kept).sum(1) / kept.sum(1), dim=-1)

    class Tower(torch.nn.Module):
        def __init__(self, tower, projection):
            super().__init__()
            self.tower, self.projection = tower, projection

        def forward(self, x):
            return torch.nn.functional.normalize(self.projection(self.tower(x).pooler_output), dim=-1)

    def tokens(folder, count, with_mask):
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        tokenizer.enable_padding()
        encoded = tokenizer.encode_batch(lines()[:count])
        ids = torch.tensor([e.ids for e in encoded])
        return (ids, torch.tensor([e.attention_mask for e in encoded])) if with_mask else (ids,)

    clip = CLIPModel.from_pretrained(out / "clip", attn_implementation=ATTENTION).eval()
    pictures = lambda count: (torch.rand(count, 3, 224, 224),)  # noqa: E731
    yield "minilm", Sentences(), lambda n: tokens(minilm, n, True), ["ids", "mask"]
    yield "clip-pictures", Tower(clip.vision_model, clip.visual_projection), pictures, ["pixels"]
    yield "clip-texts", Tower(clip.text_model, clip.text_projection), lambda n: tokens(out / "clip", n, False), ["ids"]
    yield "mobilenet", mobilenet(file), pictures, ["pixels"]


ATTENTION = "sdpa"
# Dynamic quantisation: weights in eight bits, rows as they come.
INT8 = "-int8"


def make(out, minilm, file):
    global ATTENTION
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import CLIPConfig, CLIPModel

    (out / "lines.txt").write_text("\n".join(lines()) + "\n")
    if not (out / "clip").exists():
        torch.manual_seed(0)
        CLIPModel(CLIPConfig(text_config=dict(eos_token_id=1), vision_config={})).save_pretrained(out / "clip")
        words = ["<s>", "</s>", *sorted({w for w in WORDS})]
        tokenizer = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="<s>"))
        tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
        tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)])
        tokenizer.save(str(out / "clip" / "tokenizer.json"))
    ATTENTION = "eager"
    for name, network, arguments, names in networks(out, minilm, file):
        target = out / f"{name}.onnx"
        if not target.exists():
            axes = {n: {0: "batch", 1: "length"} if n in ("ids", "mask") else {0: "batch"} for n in names}
            with torch.inference_mode():
                torch.onnx.export(network, arguments(8), str(target), input_names=names, dynamic_axes=axes, dynamo=False)
        small = out / f"{name}{INT8}.onnx"
        if name != "mobilenet" and not small.exists():
            from onnxruntime.quantization import QuantType, quantize_dynamic

            quantize_dynamic(str(target), str(small), weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul", "Gemm"])


def measure(out, minilm, file, engine, threads):
    import onnxruntime
    import torch

    def each():
        """The networks, and those that are transformers in eight bits too."""
        for name, network, arguments, names in networks(out, minilm, file):
            yield name, network, arguments, names
            if name != "mobilenet":
                if engine == "torch":
                    network = torch.ao.quantization.quantize_dynamic(network, {torch.nn.Linear}, dtype=torch.qint8)
                yield name + INT8, network, arguments, names

    torch.set_num_threads(threads)
    for name, network, arguments, names in each():
        if engine == "onnx":
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = threads
            session = onnxruntime.InferenceSession(str(out / f"{name}.onnx"), options, providers=["CPUExecutionProvider"])
        for batch in BATCHES:
            given = arguments(batch)
            feed = {n: a.numpy() for n, a in zip(names, given)}
            run = (lambda: network(*given)) if engine == "torch" else (lambda: session.run(None, feed))
            times, started = [], time.perf_counter()
            with torch.inference_mode():
                run()
                while time.perf_counter() - started < LONG_ENOUGH_S or len(times) < 5:
                    begin = time.perf_counter()
                    run()
                    times.append(time.perf_counter() - begin)
            print(engine, name, batch, f"{np.median(times) * 1e3 / batch:.3f}", flush=True)


def table(out, threads):
    best = {}
    for line in (out / "times").read_text().splitlines():
        engine, name, batch, each = line.split()
        key = (name, int(batch), engine)
        best[key] = min(best.get(key, float("inf")), float(each))
    print(f"{threads} thread(s), ms per item\n\n| network | batch | ours | PyTorch | ONNX Runtime | ours / PyTorch |\n|---|---|---|---|---|---|")
    for name in dict.fromkeys(key[0] for key in best):
        for batch in BATCHES:
            ours, torch, onnx = (best.get((name, batch, engine), float("nan")) for engine in ("ours", "torch", "onnx"))
            print(f"| {name} | {batch} | {ours:.2f} | {torch:.2f} | {onnx:.2f} | {ours / torch:.2f} |")


def main():
    command, out = sys.argv[1], Path(sys.argv[2])
    if command == "table":
        table(out, sys.argv[3])
    elif command == "make":
        make(out, Path(sys.argv[3]), sys.argv[4])
    else:
        measure(out, Path(sys.argv[3]), sys.argv[4], sys.argv[5], int(sys.argv[6]))


if __name__ == "__main__":
    main()
