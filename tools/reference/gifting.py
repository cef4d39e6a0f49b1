#!/usr/bin/env python3
"""MMBee's ranker in PyTorch and 64 bits: forward pass, both losses, gradients. Apart from the Rust one, to check it by.

Usage: gifting.py FOLDER     writes gifting.json and gifting.safetensors there (see README.md)

Equations: MMBee (Deng et al. 2024) as restated in models/gifting/src/model; SIM (Pi et al. 2020); ELASTIC's linear
dispatcher attention (Deng et al. 2024); zero-inflated log-normal (Wang et al. 2019). One user and one room at a time,
with lists of their true length, so that nothing here knows of padding or masks.
"""

import json
import math
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

USER_SIDE = ["user-streamer", "user-streamer-streamer", "user-streamer-user-streamer"]
STREAMER_SIDE = ["streamer-streamer", "streamer-user-streamer", "streamer-user"]
MODALITIES = ["picture", "speech", "comment"]
AGES, LEAST_DEVIATION, UNIT_SOFTPLUS = 20, 0.05, 0.5413248546129181

BASE = {
    "width": 8, "heads": 2, "streamer_slots": 8, "user_slots": 8, "content_width": 3, "pretrained_width": 4,
    "graph_pretraining": True, "longest_history": 50, "paths": USER_SIDE + STREAMER_SIDE, "neighbours": 4,
    "user_side": 2, "room_side": 1, "pair_side": 2, "hidden": [6, 5], "label": "reference",
    "outcomes": {"log_odds": -1.5, "value_mean": 0.7, "value_deviation": 1.3, "largest_value": 1e9},
}
FUSION = {
    "enabled": True, "picture_width": 5, "speech_width": 4, "comment_width": 3, "most_rows": 4, "width": 6, "heads": 2,
    "queries": 3, "feed_forward": 7, "complement": "correlation", "pool": "mean",
}
CASES = {
    "search": {**BASE, "history": {"kind": "search", "by": "category", "top": 4}, "fusion": FUSION},
    "dispatcher": {
        **BASE,
        "history": {"kind": "dispatcher", "experts": 3},
        "fusion": {**FUSION, "complement": "orthogonal", "pool": "concat"},
    },
}


def shapes(config):
    """Name and shape of every weight, in the order of their names."""
    d, fusion, found = config["width"], config["fusion"], {}

    def linear(name, inner, outer, bias=False):
        found[f"{name}.weight"] = (outer, inner)
        if bias:
            found[f"{name}.bias"] = (outer,)

    def norm(name, width):
        found[f"{name}.weight"], found[f"{name}.bias"] = (width,), (width,)

    for kind in ["streamers", "users"]:
        found[f"{kind}.rows"] = (config[f"{kind[:-1]}_slots"], d)
        found[f"{kind}.cold"] = (d,)
        linear(f"{kind}.pretrained", config["pretrained_width"], d)
        linear(f"{kind}.neighbours", d, d)
    linear("streamers.content", config["content_width"], d)
    searched = config["history"]["kind"] == "search"
    for name in ["history"] + [f"paths.{path}" for path in config["paths"]]:
        for part in ["query", "key", "value"]:
            linear(f"{name}.{part}", d, d)
        for part in ["no_key", "no_value", "weight_key", "weight_value"]:
            found[f"{name}.{part}"] = (d,)
        if name == "history" and searched:
            found["history.age_key"], found["history.age_value"] = (AGES, d), (AGES, d)
    if not searched:
        found["dispatcher.weight"], found["dispatcher.age"] = (d,), (AGES, d)
        norm("dispatcher.norm", d)
        for part in ["query", "key", "value", "first.key", "first.value", "second.key", "second.value"]:
            linear(f"dispatcher.{part}", d, d)
        for part in ["first", "second"]:
            found[f"dispatcher.{part}.experts"] = (config["history"]["experts"], d)
    w, queries = fusion["width"], fusion["width"] * fusion["queries"]
    for modality in MODALITIES:
        linear(f"fusion.inputs.{modality}", fusion[f"{modality}_width"], w, bias=True)
    for part in ["query", "key", "value"]:
        linear(f"fusion.{part}", w, w)
    for part in ["cross", "self"]:
        for each in ["query", "key", "value", "output"]:
            linear(f"fusion.{part}.{each}", w, w)
    for part in ["rows_norm", "cross_norm", "self_norm", "feed_norm"]:
        norm(f"fusion.{part}", w)
    found["fusion.queries.common"] = (queries,)
    found["fusion.queries.own"] = (config["streamer_slots"], queries)
    linear("fusion.queries.from_vector", d, queries)
    linear("fusion.feed.up", w, fusion["feed_forward"], bias=True)
    linear("fusion.feed.down", fusion["feed_forward"], w, bias=True)
    live = w if fusion["pool"] == "mean" else queries
    first, second = config["hidden"]
    linear("tower.user", 2 * d + config["user_side"], first)
    linear("tower.room", 2 * d + live + config["room_side"], first, bias=True)
    linear("tower.pair", d * (3 + len(config["paths"])) + config["pair_side"], first)
    linear("tower.second", first, second, bias=True)
    linear("tower.heads", second, 3, bias=True)
    return dict(sorted(found.items()))


class Ranker:
    """The forward pass over a dictionary of weights, one example at a time."""

    def __init__(self, config, weights, table):
        self.config, self.weights, self.table = config, weights, table

    def linear(self, name, x):
        return F.linear(x, self.weights[f"{name}.weight"], self.weights.get(f"{name}.bias"))

    def norm(self, name, x):
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return F.layer_norm(x, weight.shape, weight, bias, 1e-5)

    def node(self, kind, id):
        """Vector of a node, whether it is known, its projected pretrained vector."""
        known = self.table[kind]["rows"].get(str(id))
        x = self.weights[f"{kind}.cold"] if known is None else self.weights[f"{kind}.rows"][known]
        pretrained = self.linear(f"{kind}.pretrained", vector(self.table[kind]["pretrained"].get(str(id)), 4))
        x = x + pretrained
        if kind == "streamers":
            x = x + self.linear("streamers.content", vector(self.table[kind]["content"].get(str(id)), 3))
        return x, known, pretrained

    def asked(self, kind, id, ends):
        x, known, pretrained = self.node(kind, id)
        ends = ends[: self.config["neighbours"]]
        if known is None and ends:
            near = torch.stack([self.node("streamers", end["node"])[0] for end in ends]).mean(0)
            x = x + self.linear(f"{kind}.neighbours", near)
        return x, known, pretrained

    def heads(self, q, k, v, heads):
        """Scaled dot-product attention of queries [m, d] over [n, d]."""
        m, d = q.shape
        split = lambda x: x.reshape(x.shape[0], heads, d // heads).transpose(0, 1)
        scores = split(q) @ split(k).transpose(1, 2) / math.sqrt(d // heads)
        return (scores.softmax(-1) @ split(v)).transpose(0, 1).reshape(m, d)

    def interest(self, name, target, rows):
        """Target attention; `rows` holds vectors with the logarithm of their weight and the bucket of their age."""
        keys, values = [self.weights[f"{name}.no_key"]], [self.weights[f"{name}.no_value"]]
        for x, weight, age in rows:
            for made, part in [(keys, "key"), (values, "value")]:
                y = self.linear(f"{name}.{part}", x) + weight * self.weights[f"{name}.weight_{part}"]
                if age is not None:
                    y = y + self.weights[f"{name}.age_{part}"][age]
                made.append(y)
        q = self.linear(f"{name}.query", target)[None]
        return self.heads(q, torch.stack(keys), torch.stack(values), self.config["heads"])[0]

    def history(self, example, target):
        now, config = example["time_s"], self.config["history"]
        events = list(reversed(example["history"]))
        if config["kind"] == "search":
            events = [event for event in events if event["category"] == example["category"]][: config["top"]]
        rows = []
        for event in events:
            minutes = max(0, (now - event["time_s"]) // 60)
            age = min(AGES - 1, minutes.bit_length())
            rows.append((self.node("streamers", event["streamer"])[0], math.log1p(event["weight"]), age))
        if config["kind"] == "search":
            return self.interest("history", target, rows)
        interests = self.dispatch(rows)
        return self.interest("history", target, [(x, 0.0, None) for x in interests])

    def dispatch(self, rows):
        d, name = self.config["width"], "dispatcher"
        if not rows:
            return torch.zeros(self.config["history"]["experts"], d)
        x = [x + weight * self.weights[f"{name}.weight"] + self.weights[f"{name}.age"][age] for x, weight, age in rows]
        x = torch.stack(x)

        def compress(part, x):
            scores = self.weights[f"{name}.{part}.experts"] @ self.linear(f"{name}.{part}.key", x).T / math.sqrt(d)
            return scores.softmax(-1) @ self.linear(f"{name}.{part}.value", x)

        z = compress("first", x)
        scores = self.linear(f"{name}.query", x) @ self.linear(f"{name}.key", z).T / math.sqrt(d)
        x = self.norm(f"{name}.norm", x + scores.softmax(-1) @ self.linear(f"{name}.value", z))
        return compress("second", x)

    def live(self, segment, x_a, known):
        fusion, name = self.config["fusion"], "fusion"
        d = fusion["width"]
        parts = []
        for modality, field in zip(MODALITIES, ["pictures", "speech", "comments"]):
            rows = (segment or {}).get(field, [])[-fusion["most_rows"] :]
            if rows:
                parts.append(self.linear(f"{name}.inputs.{modality}", torch.tensor(rows, dtype=torch.float64)))
        complemented = []
        for m in parts:
            y = m
            for o in parts:
                if o is m:
                    continue
                if fusion["complement"] == "correlation":
                    c = self.linear(f"{name}.query", m) @ self.linear(f"{name}.key", o).T / math.sqrt(d)
                    irrelevance = (1.0 - c.softmax(-1)) / max(len(o) - 1, 1)
                    y = y + irrelevance @ self.linear(f"{name}.value", o)
                else:
                    a, b = m.mean(0), o.mean(0)
                    y = y + self.linear(f"{name}.value", b - (b @ a) / (a @ a) * a)
            complemented.append(y)
        if known is None:
            own = self.linear(f"{name}.queries.from_vector", x_a)
        else:
            own = self.weights[f"{name}.queries.own"][known]
        z = (self.weights[f"{name}.queries.common"] + own).reshape(fusion["queries"], d)

        def attention(part, q, rows):
            q, k, v = (self.linear(f"{name}.{part}.{each}", x) for each, x in [("query", q), ("key", rows), ("value", rows)])
            return self.linear(f"{name}.{part}.output", self.heads(q, k, v, fusion["heads"]))

        if complemented:
            h = self.norm(f"{name}.rows_norm", torch.cat(complemented))
            z = z + attention("cross", self.norm(f"{name}.cross_norm", z), h)
        normal = self.norm(f"{name}.self_norm", z)
        z = z + attention("self", normal, normal)
        up = self.linear(f"{name}.feed.up", self.norm(f"{name}.feed_norm", z))
        z = z + self.linear(f"{name}.feed.down", up.relu())
        return z.mean(0) if fusion["pool"] == "mean" else z.reshape(-1)

    def __call__(self, example):
        """Log odds, mu, sigma."""
        config = self.config
        x_u, _, t_u = self.asked("users", example["user"], example["user_paths"][0])
        x_a, known, t_a = self.asked("streamers", example["streamer"], example["streamer_paths"][0])
        pair = [self.history(example, x_a)]
        for names, lists, target in [
            (USER_SIDE, example["user_paths"], x_a),
            (STREAMER_SIDE, example["streamer_paths"], x_u),
        ]:
            for path, ends in zip(names, lists):
                kind = "users" if path == "streamer-user" else "streamers"
                ends = ends[: config["neighbours"]]
                rows = [(self.node(kind, end["node"])[0], math.log1p(end["weight"]), None) for end in ends]
                pair.append(self.interest(f"paths.{path}", target, rows))
        pair += [x_u * x_a, t_u * t_a, vector(example["pair_side"])]
        live = self.live(example["segment"], x_a, known)
        first = self.linear("tower.user", torch.cat([x_u, t_u, vector(example["user_side"])]))
        first = first + self.linear("tower.room", torch.cat([x_a, t_a, live, vector(example["room_side"])]))
        first = first + self.linear("tower.pair", torch.cat(pair))
        said = self.linear("tower.heads", self.linear("tower.second", first.relu()).relu())
        outcomes = config["outcomes"]
        deviation = F.softplus(said[2] + UNIT_SOFTPLUS) + LEAST_DEVIATION
        return torch.stack([
            said[0] + outcomes["log_odds"],
            said[1] * outcomes["value_deviation"] + outcomes["value_mean"],
            deviation * outcomes["value_deviation"],
        ])


def vector(values, width=0):
    return torch.tensor(values if values is not None else [0.0] * width, dtype=torch.float64)


def losses(said, examples):
    """Cross-entropy of gifts, and the log-normal likelihood of their values, both means over all examples."""
    odds, mu, sigma = said.unbind(1)
    gifts = torch.tensor([float(example["gift"]) for example in examples], dtype=torch.float64)
    logs = torch.tensor([math.log(example["value"]) for example in examples], dtype=torch.float64)
    entropy = F.binary_cross_entropy_with_logits(odds, gifts)
    likelihood = torch.distributions.Normal(mu, sigma).log_prob(logs)
    return entropy, -(likelihood * gifts).mean()


def world(random):
    """Nodes and examples; every number is exact in 32 bits."""
    number = lambda low, high: torch.empty(1).uniform_(low, high, generator=random).item()
    whole = lambda high: int(torch.randint(0, high, (1,), generator=random).item())
    some = lambda count: [number(-1, 1) for _ in range(count)]
    table = {
        "streamers": {
            "rows": {str(id): id for id in range(6)},
            "content": {str(id): some(3) for id in range(9)},
            "pretrained": {str(id): some(4) for id in range(9)},
        },
        "users": {"rows": {str(id): id for id in range(4)}, "pretrained": {str(id): some(4) for id in range(6)}},
    }
    examples = []
    for at in range(8):
        ends = lambda most: [{"node": whole(most), "weight": number(0, 9)} for _ in range(whole(7))]
        rows = lambda most, width: [some(width) for _ in range(whole(most + 1))]
        segment = {"pictures": rows(3, 5), "speech": rows(2, 4), "comments": rows(6, 3)}
        history = sorted(1_000_000 - whole(400_000) - 1 for _ in range(whole(12)))
        examples.append({
            "user": whole(7), "streamer": whole(10), "time_s": 1_000_000, "category": whole(2),
            "history": [
                {"streamer": whole(10), "time_s": time, "weight": number(0, 9), "category": whole(2)} for time in history
            ],
            "user_paths": [ends(10), ends(10), ends(10)],
            "streamer_paths": [ends(10), ends(10), ends(7)],
            "segment": segment if at != 3 else None,
            "user_side": some(2), "room_side": some(1), "pair_side": some(2),
            "gift": bool(whole(2)), "value": number(0.5, 40),
        })
    return table, examples


def main(folder):
    random = torch.Generator().manual_seed(20)
    table, examples = world(random)
    tensors, cases = {}, []
    for name, config in CASES.items():
        weights = {}
        for part, shape in shapes(config).items():
            drawn = torch.randn(shape, generator=random) * (0.4 if len(shape) > 1 else 0.2)
            if part.endswith("norm.weight"):
                drawn = drawn + 1.0
            weights[part] = drawn.double().requires_grad_()
        said = torch.stack([Ranker(config, weights, table)(example) for example in examples])
        entropy, value = losses(said, examples)
        (entropy + 0.7 * value).backward()
        for part, weight in weights.items():
            tensors[f"{name}.weight.{part}"] = weight.detach().float()
            gradient = weight.grad if weight.grad is not None else torch.zeros_like(weight)
            tensors[f"{name}.gradient.{part}"] = gradient.clone()
        tensors[f"{name}.said"] = said.detach()
        cases.append({"name": name, "config": config, "losses": [entropy.item(), value.item()]})
    save_file(tensors, folder / "gifting.safetensors")
    text = json.dumps({"nodes": table, "examples": examples, "cases": cases}, separators=(",", ":"))
    (folder / "gifting.json").write_text(text + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
