#!/usr/bin/env python3
"""ContentCTR in PyTorch: forward pass, training loss, AdamW. An implementation apart from the Rust one, to check it by.

Usage: contentctr.py FOLDER     writes contentctr.json and contentctr.safetensors there (see README.md)

Equations: KuaiHL (Deng et al. 2024) and ContentCTR (Deng et al. 2023), with the project's additions (decision delays,
learned vectors for missing modalities, recency bias). Weights are a dictionary by the names of the Rust crate's
checkpoints, `members.0.` left off.
"""

import json
import math
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

MODALITIES = ["picture", "sound", "speech", "comment", "gift"]
VISUAL = {"picture", "sound"}
HIDDEN, EPSILON, WIDEST, LAMBDA = -10_000.0, 1e-5, 8.0, 0.1


def shapes(config):
    """Name and shape of every weight, in the order of their names."""
    d, ff = config["width"], config["feed_forward"]
    found = {"streamer.rows": (len(config["streamers"]) + 1, d), "positions.slots": (config["look_back"], d)}

    def linear(name, inner, outer):
        found[f"{name}.weight"], found[f"{name}.bias"] = (outer, inner), (outer,)

    def norm(name):
        found[f"{name}.weight"] = (d,)
        if config["norm"] == "layer":
            found[f"{name}.bias"] = (d,)

    for modality in MODALITIES:
        found[f"inputs.{modality}.missing"] = (d // 2,)
        if modality in config["inputs"]:
            linear(f"inputs.{modality}.linear", config["inputs"][modality]["width"], d // 2)
    linear("streamer.content", d, d)
    linear("output", d, len(config["outputs"]) * len(config["delays"]))
    for stack, layers in [("perceiver", config["perceiver_layers"]), ("decoder", config["decoder_layers"])]:
        for at in range(layers):
            for part in ["query", "key", "value", "output"]:
                linear(f"{stack}.{at}.attention.{part}", d, d)
            for part in ["up", "gate"] if config["gated"] else ["up"]:
                linear(f"{stack}.{at}.feed_forward.{part}", d, ff)
            linear(f"{stack}.{at}.feed_forward.down", ff, d)
            norm(f"{stack}.{at}.first")
            norm(f"{stack}.{at}.second")
        if config["normalisation"] == "pre":
            norm(f"{stack}.last")
    return dict(sorted(found.items()))


class Network:
    """The forward pass over a dictionary of weights. `dropout` is the chance that a hidden value is dropped."""

    def __init__(self, config, weights, dropout=0.0):
        self.config, self.weights, self.dropout = config, weights, dropout
        self.masks = {}

    def linear(self, name, x):
        return F.linear(x, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])

    def norm(self, name, x):
        weight = self.weights[f"{name}.weight"]
        if self.config["norm"] == "layer":
            return F.layer_norm(x, weight.shape, weight, self.weights[f"{name}.bias"], EPSILON)
        return F.rms_norm(x, weight.shape, weight, EPSILON)

    def drop(self, x):
        return F.dropout(x, self.dropout) if self.dropout > 0 else x

    def mask(self, n, blocks, like):
        """[heads, n, blocks * n]: 0 or a slope by age where seen, -10000 elsewhere."""
        key = (n, *blocks)
        if key not in self.masks:
            heads = self.config["heads"]
            age = torch.arange(n)[:, None] - torch.arange(n)[None, :]
            per_head = []
            for head in range(heads):
                slope = 4.0 * 64.0 ** (-head / (max(heads, 2) - 1)) if self.config["recency_bias"] else 0.0
                past = torch.where(age >= 0, -slope * age.double(), HIDDEN)
                own = torch.where(age == 0, 0.0, HIDDEN).double()
                per_head.append(torch.cat([past if block == "past" else own for block in blocks], 1))
            self.masks[key] = torch.stack(per_head).to(like.dtype)
        return self.masks[key]

    def attend(self, name, query, kv, mask):
        batch, n, d = query.shape
        heads = self.config["heads"]

        def split(part, x):
            return self.linear(f"{name}.{part}", x).view(batch, -1, heads, d // heads).transpose(1, 2)

        q, k, v = split("query", query), split("key", kv), split("value", kv)
        weights = torch.softmax(q @ k.transpose(2, 3) / math.sqrt(d // heads) + mask, -1)
        return self.linear(f"{name}.output", (weights @ v).transpose(1, 2).reshape(batch, n, d))

    def feed(self, name, x):
        up = self.linear(f"{name}.up", x)
        if self.config["gated"]:
            inner = F.gelu(self.linear(f"{name}.gate", x), approximate="tanh") * up
        else:
            inner = F.relu(up)
        return self.linear(f"{name}.down", inner)

    def layer(self, name, query, kv, mask, resume_normalised):
        """One layer. Perceiver layers go on from the normalised query, as released; the decoder's from the rows."""
        if self.config["normalisation"] == "post":
            rows = self.norm(f"{name}.first", query + self.drop(self.attend(f"{name}.attention", query, kv, mask)))
            return self.norm(f"{name}.second", rows + self.drop(self.feed(f"{name}.feed_forward", rows)))
        keys, asking = self.norm(f"{name}.first", kv), self.norm(f"{name}.first", query)
        rows = asking if resume_normalised else query
        rows = rows + self.drop(self.attend(f"{name}.attention", asking, keys, mask))
        return rows + self.drop(self.feed(f"{name}.feed_forward", self.norm(f"{name}.second", rows)))

    def sides(self, inputs):
        """v and z of [batch, n, width / 2] each, from (standardised values, presence) by modality."""
        sides = {True: 0.0, False: 0.0}
        for modality in MODALITIES:
            row = self.weights[f"inputs.{modality}.missing"]
            if modality in inputs:
                values, present = inputs[modality]
                row = self.linear(f"inputs.{modality}.linear", values) * present + row * (1.0 - present)
            sides[modality in VISUAL] = sides[modality in VISUAL] + row
        return sides[True], sides[False]

    def logits(self, units, streamers):
        """[batch, n, heads * delays] of units e = concat(v, z) and rows of streamers (0 is nobody's)."""
        n = units.shape[1]
        positions = self.weights["positions.slots"][:n]
        so_far = torch.cumsum(units, 1) / torch.arange(1, n + 1, dtype=units.dtype)[:, None]
        query = self.linear("streamer.content", so_far) + self.weights["streamer.rows"][streamers][:, None]
        if self.config["perceiver_positions"]:
            units, query = units + positions, query + positions
        for at in range(self.config["perceiver_layers"]):
            mask = self.mask(n, ["past", "own" if at == 0 else "past"], units)
            query = self.layer(f"perceiver.{at}", query, torch.cat([units, query], 1), mask, True)
        rows = self.last("perceiver", query) + positions
        for at in range(self.config["decoder_layers"]):
            rows = self.layer(f"decoder.{at}", rows, rows, self.mask(n, ["past"], units), False)
        return self.linear("output", self.last("decoder", rows))

    def last(self, stack, rows):
        return self.norm(f"{stack}.last", rows) if self.config["normalisation"] == "pre" else rows


def standardise(values, mean, deviation):
    return ((values - mean) / deviation).clamp(-WIDEST, WIDEST)


def cross_entropy(logits, labels):
    known = ~labels.isnan()
    return F.binary_cross_entropy_with_logits(logits[known], labels[known])


def pairwise(scores, labels):
    """Border-aware: pairs of a row whose labels differ by at least as much as their scores."""
    with torch.no_grad():
        gap = labels[:, :, None] - labels[:, None, :]
        counts = (gap > 0) & (gap >= scores[:, :, None] - scores[:, None, :])
        row, high, low = counts.nonzero(as_tuple=True)
    if len(row) == 0:
        return scores.sum() * 0.0
    lead = (scores[row, high] - scores[row, low]).clamp(-1e3, 1e3)
    return -torch.log(torch.sigmoid(lead).clamp(min=1e-10)).mean()


def soft_dtw(cost):
    """One cost matrix, cell by cell, as the recursion is written."""
    n, m = cost.shape
    total = {}
    for row in range(n):
        for col in range(m):
            before = [total[at] for at in [(row - 1, col - 1), (row, col - 1), (row - 1, col)] if at in total]
            if row == 0 or col == 0:
                best = before[0] if before else 0.0
            else:
                best = -LAMBDA * torch.logsumexp(-torch.stack(before) / LAMBDA, 0)
            total[row, col] = cost[row, col] + best
    return total[n - 1, m - 1]


def distances(text, frames):
    norms = text.norm(dim=-1)[..., :, None] * frames.norm(dim=-1)[..., None, :]
    return 1.0 - text @ frames.transpose(-1, -2) / (norms + 0.01)


def alignment(text, frames, orders, swap, positive):
    """The text in its own order against seven permutations of it."""
    cost = distances(text, frames)
    first = cost
    if positive == "swapped":
        columns = list(range(cost.shape[1]))
        columns[swap[0]], columns[swap[1]] = columns[swap[1]], columns[swap[0]]
        first = cost[:, columns]
    values = torch.stack([soft_dtw(first)] + [soft_dtw(cost[order]) for order in orders[1:]])
    return F.cross_entropy(-values[None], torch.tensor([0]))


def supervised(config, logits, labels, pairwise_weight=1.0):
    """(cross-entropy, pairs), each a mean over the delays and a sum over the heads; labels are [delays, batch, n]."""
    delays = len(config["delays"])
    entropy, pairs = 0.0, 0.0
    for at, head in enumerate(config["outputs"]):
        for delay in range(delays):
            of = logits[:, :, at * delays + delay]
            known = labels[delay]
            if head == "highlight":
                known = torch.where(known.isnan(), known, (known >= config["positive_from"]).to(known.dtype))
            entropy = entropy + cross_entropy(of, known) / delays
            if head == "ctr" and pairwise_weight > 0:
                pairs = pairs + pairwise(torch.sigmoid(of), known) * pairwise_weight / delays
    return entropy, pairs


def optimiser(weights, decay):
    """AdamW whose decay spares vectors: biases, norms, vectors of missing modalities."""
    groups = [{"params": [w for w in weights.values() if w.dim() > 1], "weight_decay": decay},
              {"params": [w for w in weights.values() if w.dim() <= 1], "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.999), eps=1e-8)


# What follows makes the fixture.

def case(name, seed, settings, **changes):
    """One tiny model on three windows of two rooms: [0, 4) and [4, 10) of anna's, all 5 units of a stranger's."""
    random = torch.Generator().manual_seed(seed)

    def draw(*shape):
        # Values are 32-bit numbers, so that both sides start from the very same.
        return torch.randn(shape, generator=random, dtype=torch.float32)

    def each(width):
        return {"width": width, "encoder": "generated", "digest": "00"}

    config = {"inputs": {"picture": each(3), "comment": each(4)}, "unit_seconds": 2.0, "delays": [0.0, 3.0],
              "look_back": 6, "width": 8, "heads": 2, "perceiver_layers": 2, "decoder_layers": 1, "feed_forward": 12,
              "gated": False, "dropout": 0.0, "normalisation": "pre", "norm": "layer", "positions": "learned",
              "perceiver_positions": True, "recency_bias": True, "streamers": ["anna"],
              "outputs": ["ctr", "highlight"], "positive_from": 0.5} | changes
    tensors = {}
    for modality, given in config["inputs"].items():
        tensors[f"statistics.{modality}.mean"] = draw(given["width"])
        tensors[f"statistics.{modality}.deviation"] = draw(given["width"]).abs() + 0.5
    weights = {}
    for weight, shape in shapes(config).items():
        first = draw(*shape) * 0.35
        if weight.split(".")[-2] in ["first", "second", "last"] and weight.endswith(".weight"):
            first = 1.0 + first
        tensors[f"members.0.{weight}"] = first
        weights[weight] = first.double().requires_grad_()
    rooms = []
    for streamer, count in [("anna", 10), ("stranger", 5)]:
        there = {modality: [bool(hit) for hit in torch.rand(count, generator=random) < 0.85] for modality in config["inputs"]}
        values = {modality: draw(count, given["width"]) * 1.5 for modality, given in config["inputs"].items()}
        values["picture"][1] *= 40.0  # Far out: standardised values are cut off.
        labels = (torch.rand(count, generator=random) * 1000).round() / 1000
        labels[2] = math.nan
        rooms.append({"streamer": streamer, "values": values, "there": there, "labels": labels})
    windows = [(0, 0, 4), (0, 4, 10), (1, 0, 5)]
    inputs, labels = gather(config, tensors, rooms, windows)
    streamers = torch.tensor([1, 1, 0])
    both = (inputs["picture"][1] * inputs["comment"][1])[..., 0] > 0
    keys = []
    for row in range(len(windows)):
        n = int(both[row].sum())
        orders = [list(range(n))]
        while n > 3 and len(orders) < 8:
            order = torch.randperm(n, generator=random).tolist()
            if order not in orders:
                orders.append(order)
        keys.append({"orders": orders, "swap": [0, n - 1]} if n > 3 else None)

    def loss():
        network = Network(config, weights)
        visual, said = network.sides(inputs)
        logits = network.logits(torch.cat([visual, said], -1), streamers)
        entropy, pairs = supervised(config, logits, labels, settings["pairwise_weight"])
        terms = [alignment(said[row][both[row]], visual[row][both[row]], key["orders"], key["swap"], settings["positive"])
                 for row, key in enumerate(keys) if key]
        aligned = settings["alignment_weight"] * sum(terms) / len(terms)
        return logits, {"cross_entropy": entropy, "pairwise": pairs, "alignment": aligned}

    descent = optimiser(weights, settings["weight_decay"])
    rates, told, unsure = [0.01, 0.005, 0.002], [], {weight: False for weight in weights}
    for step, rate in enumerate(rates):
        logits, terms = loss()
        descent.zero_grad()
        sum(terms.values()).backward()
        if step == 0:
            tensors["logits"] = logits.detach()
            tensors |= {f"gradients.{weight}": value.grad.clone() for weight, value in weights.items()}
        norm = torch.nn.utils.clip_grad_norm_(weights.values(), settings["clip"])
        told.append({term: value.item() for term, value in terms.items()} | {"norm": norm.item(), "rate": rate})
        for weight, value in weights.items():
            unsure[weight] = unsure[weight] | ((value.grad != 0) & (value.grad.abs() < 1e-5))
        for group in descent.param_groups:
            group["lr"] = rate
        descent.step()
    # AdamW divides a gradient by its own size: where that is rounding alone, no weight can be foretold.
    tensors |= {f"after.{weight}": torch.where(unsure[weight], math.nan, value.detach()) for weight, value in weights.items()}
    for room in rooms:
        room["labels"] = [None if label.isnan() else float(label) for label in room["labels"]]
        for modality in config["inputs"]:
            values = room["values"].pop(modality).double().tolist()
            room[modality] = [value if there else None for value, there in zip(values, room["there"][modality])]
        del room["values"], room["there"]
    told = {"name": name, "config": config, "settings": settings, "rooms": rooms, "windows": windows,
            "streamer_rows": [int(row) for row in streamers], "keys": keys, "steps": told}
    return told, {f"{name}.{tensor}": value for tensor, value in tensors.items()}


def gather(config, tensors, rooms, windows):
    """Standardised inputs by modality and labels by delay of windows side by side, padded behind their ends."""
    length = max(end - start for _, start, end in windows)
    inputs = {}
    for modality, given in config["inputs"].items():
        values = torch.zeros(len(windows), length, given["width"], dtype=torch.float64)
        present = torch.zeros(len(windows), length, 1, dtype=torch.float64)
        mean, deviation = (tensors[f"statistics.{modality}.{kind}"].double() for kind in ["mean", "deviation"])
        for row, (room, start, end) in enumerate(windows):
            for slot, unit in enumerate(range(start, end)):
                if rooms[room]["there"][modality][unit]:
                    values[row, slot] = standardise(rooms[room]["values"][modality][unit].double(), mean, deviation)
                    present[row, slot] = 1.0
        inputs[modality] = values, present
    labels = torch.full((len(config["delays"]), len(windows), length), math.nan, dtype=torch.float64)
    for delay, seconds in enumerate(config["delays"]):
        back = math.ceil(seconds / config["unit_seconds"])
        for row, (room, start, end) in enumerate(windows):
            for slot, unit in enumerate(range(start, end)):
                if unit >= back:
                    labels[delay, row, slot] = rooms[room]["labels"][unit - back].double()
    return inputs, labels


def main():
    from safetensors.torch import save_file

    folder = Path(sys.argv[1])
    settings = {"pairwise_weight": 1.0, "alignment_weight": 0.01, "positive": "plain", "weight_decay": 0.05, "clip": 0.5}
    other = settings | {"pairwise_weight": 0.7, "alignment_weight": 0.2, "positive": "swapped", "clip": 50.0}
    made = [case("pre_norm", 6, settings),
            case("post_norm", 2, other, normalisation="post", norm="rms", gated=True, recency_bias=False,
                 perceiver_positions=False, perceiver_layers=1, decoder_layers=2)]
    told = json.dumps([told for told, _ in made], separators=(",", ":"))
    (folder / "contentctr.json").write_text(told + "\n")
    save_file({name: value.contiguous() for _, tensors in made for name, value in tensors.items()},
              folder / "contentctr.safetensors")


if __name__ == "__main__":
    main()
