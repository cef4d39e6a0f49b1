"""Writes adamw.json: AdamW (Loshchilov and Hutter 2019, algorithm 2) in 64-bit Python, without any library.

Usage: python3 adamw.py > adamw.json
"""

import json
import math

BETA1, BETA2, EPS, DECAY = 0.8, 0.95, 1e-6, 0.1
# A matrix that decays and a vector that doesn't. The gradient of weight w at step t is w - target, pulled
# about by a wave so that the moments don't just shrink. Every third step leaves the first row at zero, as
# the gradient of an embedding table is for rows that a batch doesn't touch.
MATRIX = [[0.5, -1.25, 2.0], [0.0, 3.5, -0.75]]
VECTOR = [1.5, -0.25]
STEPS = 12


def rate(step):
    return 0.05 / (1 + 0.25 * step)


def gradient(weight, index, step):
    return weight - 0.3 * index + 0.7 * math.sin(1.3 * step + index)


def update(weight, m, v, g, t, learning_rate, decay):
    m = BETA1 * m + (1 - BETA1) * g
    v = BETA2 * v + (1 - BETA2) * g * g
    m_hat = m / (1 - BETA1**t)
    v_hat = v / (1 - BETA2**t)
    weight -= learning_rate * (m_hat / (math.sqrt(v_hat) + EPS) + decay * weight)
    return weight, m, v


def main():
    weights = {"matrix": [x for row in MATRIX for x in row], "vector": list(VECTOR)}
    moments = {name: [(0.0, 0.0)] * len(values) for name, values in weights.items()}
    steps = []
    for step in range(STEPS):
        gradients = {}
        for name, values in weights.items():
            gradients[name] = [gradient(w, i, step) for i, w in enumerate(values)]
        if step % 3 == 2:
            gradients["matrix"][:3] = [0.0] * 3
        for name, values in weights.items():
            decay = DECAY if name == "matrix" else 0.0
            for i, w in enumerate(values):
                values[i], m, v = update(w, *moments[name][i], gradients[name][i], step + 1, rate(step), decay)
                moments[name][i] = (m, v)
        steps.append({
            "rate": rate(step),
            "gradients": gradients,
            "weights": {name: list(values) for name, values in weights.items()},
        })
    settings = {"beta1": BETA1, "beta2": BETA2, "eps": EPS, "weight_decay": DECAY}
    print(json.dumps({"settings": settings, "matrix": MATRIX, "vector": VECTOR, "steps": steps}, indent=1))


if __name__ == "__main__":
    main()
