#!/usr/bin/env python3
"""EASE, the graph filter, LightGCN and the contrastive losses in PyTorch, 64 bits: apart from the Rust ones, to check them by.

Usage: representation.py FOLDER     writes representation.json there (see README.md)

Equations: Steck 2019 (EASE), Shen et al. 2021 (GF-CF), He et al. 2020 (LightGCN), Rendle et al. 2009 (BPR), You et al. 2020
(GraphCL's contrast), Wu et al. 2023 (sampled softmax).
"""

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

USERS, ITEMS, WIDTH, LAYERS = 14, 9, 5, 3
torch.manual_seed(7)
torch.set_default_dtype(torch.float64)


def numbers(tensor):
    return tensor.detach().reshape(-1).tolist()


def interactions():
    """About a third of all pairs; user 0 has none, nor has item 8."""
    chosen = (torch.rand(USERS, ITEMS) < 0.35).double()
    chosen[0], chosen[:, 8] = 0.0, 0.0
    amounts = chosen * (torch.rand(USERS, ITEMS) * 40).round().clamp(min=1)
    return chosen, amounts


def ease(x, penalty):
    inverse = torch.linalg.inv(x.T @ x + penalty * torch.eye(ITEMS))
    weights = -inverse / inverse.diagonal()[None, :]
    weights.fill_diagonal_(0.0)
    return weights


def normalised(matrix):
    rows, columns = matrix.sum(1).clamp(min=1e-300) ** -0.5, matrix.sum(0).clamp(min=1e-300) ** -0.5
    return torch.where(matrix > 0, rows[:, None] * matrix * columns[None, :], 0.0)


def graph_filter(x, kept, alpha):
    """Scores of every user by the linear filter and the ideal low-pass filter."""
    graph = normalised(x)
    vectors = torch.linalg.svd(graph, full_matrices=False).Vh[:kept]
    root = x.sum(0).sqrt()
    inverse = torch.where(root > 0, 1 / root.clamp(min=1e-300), 0.0)
    smooth = (x * inverse) @ vectors.T @ vectors * root
    return x @ graph.T @ graph + alpha * smooth


def lightgcn(x):
    """Vectors from layer 0, and the gradient of a BPR step with its penalty."""
    joint = torch.zeros(USERS + ITEMS, USERS + ITEMS)
    joint[:USERS, USERS:], joint[USERS:, :USERS] = x, x.T
    graph = normalised(joint)
    table = torch.randn(USERS + ITEMS, WIDTH, requires_grad=True)
    layer = total = table
    for _ in range(LAYERS):
        layer = graph @ layer
        total = total + layer
    vectors = total / (LAYERS + 1)
    users = torch.tensor([1, 2, 2, 5, 9])
    positives, negatives = torch.tensor([0, 3, 4, 1, 7]), torch.tensor([8, 2, 2, 0, 6])
    places = torch.cat([users, USERS + positives, USERS + negatives])
    u, p, n = vectors[users], vectors[USERS + positives], vectors[USERS + negatives]
    penalty = 0.01
    loss = F.softplus(-((u * p).sum(1) - (u * n).sum(1))).mean()
    loss = loss + 0.5 * penalty * table[places].square().sum() / len(users)
    (gradient,) = torch.autograd.grad(loss, table)
    return {
        "table": numbers(table),
        "vectors": numbers(vectors),
        "users": users.tolist(),
        "positives": positives.tolist(),
        "negatives": negatives.tolist(),
        "penalty": penalty,
        "loss": loss.item(),
        "gradient": numbers(gradient),
    }


def contrast():
    view, other = (torch.randn(6, WIDTH, requires_grad=True) for _ in range(2))
    tau = 0.2
    logits = F.normalize(view, dim=1) @ F.normalize(other, dim=1).T / tau
    others = logits.masked_fill(torch.eye(6, dtype=torch.bool), -torch.inf)
    loss = (torch.logsumexp(others, 1) - logits.diagonal()).mean()
    gradients = torch.autograd.grad(loss, [view, other])
    return {
        "temperature": tau,
        "view": numbers(view),
        "other": numbers(other),
        "loss": loss.item(),
        "view_gradient": numbers(gradients[0]),
        "other_gradient": numbers(gradients[1]),
    }


def softmax():
    user, positive, drawn = (torch.randn(rows, WIDTH, requires_grad=True) for rows in (4, 4, 7))
    mask = torch.zeros(4, 7)
    mask[1, 3] = mask[2, 0] = -1e9
    tau = 0.15
    a, b, c = (F.normalize(rows, dim=1) for rows in (user, positive, drawn))
    logits = torch.cat([(a * b).sum(1, keepdim=True), a @ c.T], 1) / tau
    logits = logits + F.pad(mask, (1, 0))
    loss = F.cross_entropy(logits, torch.zeros(4, dtype=torch.long))
    gradients = torch.autograd.grad(loss, [user, positive, drawn])
    return {
        "temperature": tau,
        "user": numbers(user),
        "positive": numbers(positive),
        "drawn": numbers(drawn),
        "mask": numbers(mask),
        "loss": loss.item(),
        "user_gradient": numbers(gradients[0]),
        "positive_gradient": numbers(gradients[1]),
        "drawn_gradient": numbers(gradients[2]),
    }


def main():
    chosen, amounts = interactions()
    rows = [[int(u), int(i), amounts[u, i].item()] for u, i in chosen.nonzero()]
    logs = torch.log1p(amounts)
    weighted = logs / logs[chosen > 0].mean()
    penalty, kept, alpha = 2.0, 4, 0.3
    written = {
        "users": USERS,
        "items": ITEMS,
        "width": WIDTH,
        "layers": LAYERS,
        "rows": rows,
        "ease": {
            "lambda": penalty,
            "weights": numbers(ease(chosen, penalty)),
            "amounts": numbers(ease(weighted, penalty)),
        },
        "graph_filter": {"vectors": kept, "alpha": alpha, "scores": numbers(graph_filter(chosen, kept, alpha))},
        "lightgcn": lightgcn(chosen),
        "contrast": contrast(),
        "softmax": softmax(),
    }
    Path(sys.argv[1], "representation.json").write_text(json.dumps(written) + "\n")


if __name__ == "__main__":
    main()
