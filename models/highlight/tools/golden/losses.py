"""Writes tests/fixtures/losses.json: values of the losses on random inputs, in plain Python.

Soft-DTW is the log-sum over every listed path; gradients of the pairwise loss are written out by hand.
Run from the crate's folder: python3 tools/golden/losses.py
"""
import json
import math
import random


def paths(n):
    def walk(row, col, done):
        done = done + [(row, col)]
        if row == n - 1 and col == n - 1:
            yield done
            return
        for down, right in ((1, 1), (1, 0), (0, 1)):
            if row + down < n and col + right < n:
                yield from walk(row + down, col + right, done)

    return list(walk(0, 0, []))


def soft_dtw(cost, lam):
    sums = [math.fsum(cost[r][c] for r, c in path) for path in paths(len(cost))]
    least = min(sums)
    return least - lam * math.log(math.fsum(math.exp((least - s) / lam) for s in sums))


def alignment(rng, n, width):
    text, frames = ([[round(rng.gauss(0, 1), 9) for _ in range(width)] for _ in range(n)] for _ in range(2))
    cost = [[1 - math.fsum(a * b for a, b in zip(x, y)) / (math.hypot(*x) * math.hypot(*y) + 0.01)
             for y in frames] for x in text]
    orders = [list(range(n))]
    while len(orders) < 8:
        order = rng.sample(range(n), n)
        if order not in orders:
            orders.append(order)
    swap = sorted(rng.sample(range(n), 2))
    values = [soft_dtw([cost[row] for row in order], 0.1) for order in orders]
    columns = list(range(n))
    columns[swap[0]], columns[swap[1]] = columns[swap[1]], columns[swap[0]]
    swapped = [soft_dtw([[row[c] for c in columns] for row in cost], 0.1)] + values[1:]

    def loss(values):
        return -math.log(math.exp(-values[0]) / math.fsum(math.exp(-v) for v in values))

    return {"text": text, "frames": frames, "row_orders": orders, "swap": swap, "soft_dtw": values,
            "loss": loss(values), "swapped_loss": loss(swapped)}


def pairwise(rng, rows, n):
    labels = [[round(rng.random(), 6) if rng.random() < 0.8 else -1 for _ in range(n)] for _ in range(rows)]
    scores = [[round(rng.random(), 6) for _ in range(n)] for _ in range(rows)]
    terms, pairs = [], []
    for r in range(rows):
        for i in range(n):
            for j in range(n):
                gap, lead = labels[r][i] - labels[r][j], scores[r][i] - scores[r][j]
                if min(labels[r][i], labels[r][j]) >= 0 and gap > 0 and gap >= lead:
                    terms.append(math.log(1 + math.exp(-lead)))
                    pairs.append((r, i, j, 1 / (1 + math.exp(lead))))
    gradient = [[0.0] * n for _ in range(rows)]
    for r, i, j, slope in pairs:
        gradient[r][i] -= slope / len(pairs)
        gradient[r][j] += slope / len(pairs)
    return {"labels": labels, "scores": scores, "loss": math.fsum(terms) / len(terms), "gradient": gradient}


def main():
    rng = random.Random(14)
    made = {"alignment": [alignment(rng, 4, 3), alignment(rng, 5, 6)],
            "border_aware_pairwise": [pairwise(rng, 1, 6), pairwise(rng, 2, 7), pairwise(rng, 3, 10)]}
    with open("tests/fixtures/losses.json", "w") as out:
        json.dump(made, out, indent=1)
        out.write("\n")


main()
