"""Writes tests/fixtures/dtw.json: alignments of random matrices, found by listing every path.

Soft-DTW with summed borders is -lambda * log(sum over paths of exp(-cost / lambda)), and its gradient is
the expected number of visits of each cell. Listing the paths shares no recurrence with the crate.
Run from the crate's folder: python3 tools/golden/dtw.py
"""
import json
import math
import random


def paths(rows, cols):
    def walk(row, col, done):
        done = done + [(row, col)]
        if row == rows - 1 and col == cols - 1:
            yield done
            return
        for step in ((1, 1), (1, 0), (0, 1)):
            if row + step[0] < rows and col + step[1] < cols:
                yield from walk(row + step[0], col + step[1], done)

    yield from walk(0, 0, [])


def case(rng, rows, cols, lam, radius, scale):
    cost = [[round(rng.uniform(0, 2) * scale, 9) for _ in range(cols)] for _ in range(rows)]
    every = [(math.fsum(cost[r][c] for r, c in path), path) for path in paths(rows, cols)]
    least, _ = min(every)
    weights = [math.exp(-(total - least) / lam) for total, _ in every]
    norm = math.fsum(weights)
    gradient = [[0.0] * cols for _ in range(rows)]
    for weight, (_, path) in zip(weights, every):
        for r, c in path:
            gradient[r][c] += weight / norm
    inside = [total for total, path in every if all(abs(r - c) <= radius for r, c in path)]
    return {"cost": cost, "lambda": lam, "exact": least, "soft": least - lam * math.log(norm),
            "gradient": gradient, "radius": radius, "banded": min(inside) if inside else None}


def main():
    rng = random.Random(20)
    shapes = [(1, 1, .1, 0), (1, 5, .1, 3), (4, 1, .5, 3), (2, 2, .1, 0), (3, 5, 1., 1), (5, 5, .1, 1),
              (6, 5, .05, 2), (6, 6, .1, 0), (7, 4, .01, 3), (6, 6, 2., 3)]
    cases = [case(rng, rows, cols, lam, radius, 1 + index % 3)
             for index, (rows, cols, lam, radius) in enumerate(shapes)]
    similarities = []
    for width in (1, 3, 8):
        x, y = ([round(rng.gauss(0, 1), 9) for _ in range(width)] for _ in range(2))
        dot = math.fsum(a * b for a, b in zip(x, y))
        similarities.append({"x": x, "y": y, "similarity": dot / (math.hypot(*x) * math.hypot(*y) + 0.01)})
    with open("tests/fixtures/dtw.json", "w") as out:
        json.dump({"alignments": cases, "similarities": similarities}, out, indent=1)
        out.write("\n")


main()
