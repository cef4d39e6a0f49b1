"""Judges a table of highlight scores (columns video, sec, score) against per-second labels.

Invariant: every labelled second of a judged video needs exactly one score; scores of other seconds are not looked at.
"""

import argparse
import gzip
import re
import sys
from pathlib import Path

import numpy as np

import chat
import metrics


def read_scores(path):
    """name -> {second: score} of a table with a header, plain or .gz."""
    opened = gzip.open if path.suffix == ".gz" else open
    found = {}
    with opened(path, "rt", encoding="utf-8") as file:
        header = file.readline().rstrip("\r\n").split("\t")
        missing = {"video", "sec", "score"} - set(header)
        if missing:
            raise ValueError(f"{path}: no column {', '.join(sorted(missing))}")
        video, sec, score = (header.index(name) for name in ("video", "sec", "score"))
        for number, line in enumerate(file, start=2):
            cells = line.rstrip("\r\n").split("\t")
            seconds = found.setdefault(plain_name(cells[video]), {})
            if int(cells[sec]) in seconds:
                raise ValueError(f"{path}, line {number}: second {cells[sec]} of {cells[video]} is there twice")
            seconds[int(cells[sec])] = float(cells[score])
    return found


def plain_name(text):
    """A video's name without folder and without the endings of chat files."""
    return re.sub(r"(\.chat)?(\.(tsv|jsonl?|txt|xml))?(\.gz)?$", "", text.rsplit("/", 1)[-1])


def scores_of(seconds, name, length):
    missing = [second for second in range(length) if second not in seconds]
    if missing:
        raise ValueError(f"{name}: {len(missing)} of {length} labelled seconds have no score, the first is {missing[0]}")
    return np.array([seconds[second] for second in range(length)])


def judged(scores, labels, match=""):
    """(name, metrics or None where all labels are alike) of every scored and labelled video whose name matches."""
    for name in sorted(scores.keys() & labels.keys()):
        if re.search(match, name):
            row = labels[name][0]
            yield name, metrics.judge(row, scores_of(scores[name], name, len(row)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scores", type=Path, required=True, help="TSV with columns video, sec, score")
    parser.add_argument("--labels", type=Path, required=True, help="frame_labels.tsv.gz")
    parser.add_argument("--match", default="", help="expression that a video's name must contain")
    options = parser.parse_args()
    try:
        labels = chat.read_labels(options.labels)
        rows = list(judged(read_scores(options.scores), labels, options.match))
    except (OSError, ValueError) as error:
        sys.exit(f"judge: {error}")
    if not any(row is not None for _, row in rows):
        sys.exit("judge: no scored video has both kinds of label")
    print("\t".join(("video",) + metrics.NAMES))
    for name, row in rows:
        print("\t".join([name] + (["-"] * 3 if row is None else [f"{cell:.4f}" for cell in row])))
    mean = metrics.mean_over_videos([row for _, row in rows])
    print("\t".join([f"mean of {sum(row is not None for _, row in rows)}"] + [f"{cell:.4f}" for cell in mean]))
    unscored = sorted(name for name in labels if re.search(options.match, name) and name not in dict(rows))
    if unscored:
        print(f"{len(unscored)} labelled videos have no score: {', '.join(unscored)}", file=sys.stderr)


if __name__ == "__main__":
    main()
