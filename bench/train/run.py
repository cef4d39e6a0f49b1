#!/usr/bin/env python3
"""Median milliseconds of a training step, ours and PyTorch's, as a Markdown table.

Usage: run.py TRAIN_STEP_BINARY     (called by run.sh)
Every figure is the median over ROUNDS alternating runs of STEPS steps each, the first tenth of a run left out.
"""

import os
import statistics
import subprocess
import sys
from pathlib import Path

ROUNDS, STEPS = int(os.environ.get("ROUNDS", "3")), os.environ.get("STEPS", "60")
TORCH = str(Path(__file__).with_name("torch_step.py"))


def steps(command, threads):
    names = ["RAYON_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"]
    environment = os.environ | dict.fromkeys(names, str(threads))
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return [float(line) for line in done.stdout.split()]


def main():
    print("| threads | alignment loss | ours, ms | PyTorch, ms | ours / PyTorch |")
    print("|---:|---|---:|---:|---:|")
    for threads in [1, 2]:
        for name, weight in [("on", "0.01"), ("off", "0")]:
            ours, theirs = [], []
            for _ in range(ROUNDS):
                ours += steps([sys.argv[1], STEPS, weight], threads)
                theirs += steps([sys.executable, TORCH, str(threads), STEPS, weight], threads)
            a, b = statistics.median(ours), statistics.median(theirs)
            print(f"| {threads} | {name} | {a:.2f} | {b:.2f} | {a / b:.2f} |", flush=True)


if __name__ == "__main__":
    main()
