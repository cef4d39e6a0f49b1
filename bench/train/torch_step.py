#!/usr/bin/env python3
"""Measures PyTorch's training steps on the network and losses of models/highlight: one number of milliseconds per line.

Usage: torch_step.py THREADS STEPS ALIGNMENT_WEIGHT     (called by run.sh)

The batch is ready beforehand. Soft-DTW runs over whole anti-diagonals of all windows' matrices at once, with its
gradient written out, which is what one would do in PyTorch; everything else is tools/reference/contentctr.py.
"""

import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools" / "reference"))
import contentctr as reference  # noqa: E402

WINDOWS, LENGTH, KEYS, LAMBDA = 16, 32, 8, 0.1
WIDTHS = {"picture": 84, "sound": 60, "comment": 135}
CONFIG = {"inputs": {name: {"width": width} for name, width in WIDTHS.items()}, "unit_seconds": 2.0,
          "delays": [0.0, 2.0, 4.0, 8.0, 16.0], "look_back": LENGTH, "width": 48, "heads": 4, "perceiver_layers": 1,
          "decoder_layers": 1, "feed_forward": 96, "gated": False, "normalisation": "pre", "norm": "layer",
          "perceiver_positions": True, "recency_bias": True, "streamers": ["anna"], "outputs": ["ctr", "highlight"],
          "positive_from": 0.5}


class SoftDtw(torch.autograd.Function):
    """Values of [k, n, n] matrices. Cell (i, j) lies at [i + j, i] of a skewed copy, so a diagonal is a row."""

    @staticmethod
    def forward(ctx, costs):
        k, n, _ = costs.shape
        row, col = torch.arange(n)[:, None].expand(n, n), torch.arange(n)[None, :].expand(n, n)
        skewed = torch.full((k, 2 * n - 1, n), torch.inf, dtype=costs.dtype)
        skewed[:, row + col, row] = costs
        total = torch.full((k, 2 * n + 1, n + 1), torch.inf, dtype=costs.dtype)
        total[:, 2, 1] = skewed[:, 0, 0]
        for at in range(1, 2 * n - 1):
            # Predecessors of row i: (i-1, j-1), (i, j-1), (i-1, j).
            before = torch.stack([total[:, at, :-1], total[:, at + 1, 1:], total[:, at + 1, :-1]])
            before = -LAMBDA * torch.logsumexp(-before / LAMBDA, 0)
            # The first row and column have one predecessor, and its soft minimum is itself.
            total[:, at + 2, 1:] = skewed[:, at] + before
        ctx.save_for_backward(skewed, total, row, col)
        return total[:, 2 * n, n].clone()

    @staticmethod
    def backward(ctx, slopes):
        skewed, total, row, col = ctx.saved_tensors
        k, diagonals, n = skewed.shape
        before = torch.full((k, diagonals + 2, n + 1), -torch.inf, dtype=skewed.dtype)
        before[:, :diagonals, :n] = torch.where(skewed.isinf(), -torch.inf, total[:, 2:, 1:] - skewed)
        visits = torch.zeros(k, diagonals + 2, n + 1, dtype=skewed.dtype)
        visits[:, diagonals - 1, n - 1] = 1.0
        for at in range(diagonals - 2, -1, -1):
            own = total[:, at + 2, 1:]
            after = torch.stack([before[:, at + 2, 1:], before[:, at + 1, :-1], before[:, at + 1, 1:]])
            reach = torch.stack([visits[:, at + 2, 1:], visits[:, at + 1, :-1], visits[:, at + 1, 1:]])
            share = torch.where(own.isinf(), 0.0, torch.exp((after - own) / LAMBDA) * reach)
            visits[:, at, :n] = share.sum(0)
        return visits[:, row + col, row] * slopes[:, None, None]


def alignment(text, frames):
    """All windows at once; the eight orders of each are drawn as in training, the swapped pair by similarity."""
    costs = reference.distances(text, frames)
    with torch.no_grad():
        high, low = torch.triu_indices(LENGTH, LENGTH, 1)
        pair = torch.multinomial(torch.softmax((1.0 - costs[:, high, low]) / 0.1, -1), 1)[:, 0]
        swapped = torch.arange(LENGTH).repeat(WINDOWS, 1)
        rows = torch.arange(WINDOWS)
        swapped[rows, high[pair]], swapped[rows, low[pair]] = low[pair], high[pair]
        shuffled = swapped.gather(1, torch.rand(WINDOWS, (KEYS - 1) * LENGTH).view(-1, LENGTH).argsort(-1)
                                  .view(WINDOWS, -1)).view(WINDOWS, KEYS - 1, LENGTH)
        orders = torch.cat([torch.arange(LENGTH).expand(WINDOWS, 1, LENGTH), shuffled], 1)
    matrices = costs[rows[:, None, None], orders].view(-1, LENGTH, LENGTH)
    values = SoftDtw.apply(matrices.double()).view(WINDOWS, KEYS).to(text.dtype)
    return F.cross_entropy(-values, torch.zeros(WINDOWS, dtype=torch.long))


def main():
    threads, steps, alignment_weight = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    weights = {}
    for name, shape in reference.shapes(CONFIG).items():
        first = torch.ones(shape) if ".first." in name or ".second." in name or ".last." in name else torch.randn(shape) * 0.1
        weights[name] = first.requires_grad_()
    inputs = {name: (torch.randn(WINDOWS, LENGTH, width), torch.ones(WINDOWS, LENGTH, 1)) for name, width in WIDTHS.items()}
    labels = torch.rand(len(CONFIG["delays"]), WINDOWS, LENGTH)
    streamers = torch.tensor([0, 1]).repeat(WINDOWS // 2)
    network = reference.Network(CONFIG, weights, dropout=0.1)
    descent = reference.optimiser(weights, 0.01)
    for group in descent.param_groups:
        group["lr"] = 1e-3
    for step in range(steps + steps // 10):
        start = time.perf_counter()
        visual, said = network.sides(inputs)
        said = said.expand_as(visual)
        logits = network.logits(torch.cat([visual, said], -1), streamers)
        loss = sum(reference.supervised(CONFIG, logits, labels))
        if alignment_weight > 0:
            loss = loss + alignment_weight * alignment(said, visual)
        descent.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights.values(), 1.0)
        descent.step()
        loss.item()
        if step >= steps // 10:
            print(f"{(time.perf_counter() - start) * 1e3:.4f}")


if __name__ == "__main__":
    main()
