"""Trains kairos with several seeds on the same videos as the baselines, and prints its rows of their table.

Invariant: a checkpoint that is already there is judged, not trained again; metrics are those of judge.py.
"""

import argparse
import json
import statistics
import subprocess
from pathlib import Path

METRICS = ("average_precision", "roc_auc", "kendall_tau_b")


def train(kairos, data, validate, folder, seed):
    if not (folder / "metrics.json").exists():
        labels = data / "frame_labels.tsv.gz"
        command = [kairos, "train", "highlights", "--data", data / "chat", "--labels", labels]
        subprocess.run([*command, "--validate", validate, "--seed", str(seed), "--out", folder], check=True)


def judged(kairos, data, validate, folder):
    """delay -> metric -> mean over videos."""
    command = [kairos, "eval", "highlights", "--recordings", data / "chat", "--match", validate, "--json"]
    labels = ["--labels", data / "frame_labels.tsv.gz", "--checkpoint", folder, "--out", folder / "scores.tsv"]
    lines = subprocess.run([*command, *labels], check=True, capture_output=True, text=True).stdout.splitlines()
    found = {}
    for row in (json.loads(line)["judged"] for line in lines):
        for metric in METRICS:
            found.setdefault(row["delay_s"], {}).setdefault(metric, []).append(row[metric])
    return {delay: {m: statistics.mean(values) for m, values in by.items()} for delay, by in found.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kairos", default="target/release/kairos")
    parser.add_argument("--data", type=Path, required=True, help="chat/ and frame_labels.tsv.gz")
    parser.add_argument("--validate", default="nalcs_w8", help="videos whose name contains this are judged")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path, required=True, help="folder of the checkpoints")
    args = parser.parse_args()
    runs = []
    for seed in range(1, args.seeds + 1):
        folder = args.out / f"seed{seed}"
        train(args.kairos, args.data, args.validate, folder, seed)
        runs.append(judged(args.kairos, args.data, args.validate, folder))
    for delay in runs[0]:
        cells = []
        for metric in METRICS:
            values = [run[delay][metric] for run in runs]
            spread = f" ± {statistics.stdev(values):.3f}" if len(values) > 1 else ""
            cells.append(f"{statistics.mean(values):.3f}{spread}")
        print(f"| kairos | {delay:g} | {' | '.join(cells)} | {len(runs)} |")


if __name__ == "__main__":
    main()
