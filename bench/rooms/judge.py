"""Comment lag, scores and highlights of simulated rooms against their truth; prints Markdown."""

import bisect
import collections
import csv
import json
import pathlib
import re
import statistics
import sys

ENOUGH = 40  # reactions from which a room is said to have enough comments for a lag
WITHIN = 3.0  # seconds
SURE = 0.5  # confidence from which a lag is used
APART = 30.0  # seconds between peaks, as in `kairos eval highlights`
PEAKS = (5, 10)


def read(path):
    rows = collections.defaultdict(list)
    with open(path, newline="") as file:
        for row in list(csv.reader(file, delimiter="\t"))[1:]:
            rows[row[0]].append([None if cell == "\\N" else float(cell) for cell in row[1:]])
    return rows


def average_precision(scores, positive):
    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    hits, total, precisions, i = 0, 0, 0.0, 0
    while i < len(order):
        j = i
        while j < len(order) and scores[order[j]] == scores[order[i]]:
            j += 1
        new = sum(positive[order[k]] for k in range(i, j))
        hits, total = hits + new, j
        precisions += new * hits / total
        i = j
    return precisions / max(1, hits)


def peak_precision(units, scores, positive, count):
    """Share of the `count` highest units, none within APART seconds of a higher one, that touch a moment."""
    kept = []
    for i in sorted(range(len(units)), key=lambda i: (-scores[i], i)):
        if all(abs(units[i][0] - units[k][0]) >= APART for k in kept):
            kept.append(i)
            if len(kept) == count:
                break
    return sum(positive[i] for i in kept) / max(1, len(kept))


def overlap(a, b):
    return max(0.0, min(a[1], b[1]) - max(a[0], b[0]))


def found(intervals, moments):
    """Intervals that touch a moment, and moments that are touched."""
    touching = sum(any(overlap(i, m) > 0 for m in moments) for i in intervals)
    touched = sum(any(overlap(i, m) > 0 for i in intervals) for m in moments)
    return touching, touched


def sent_times(folder):
    """When comments were sent, seconds from the start of the recording."""
    began = int(re.search(r"^started_at = (\d+)", (folder / "recording.toml").read_text(), re.M)[1])
    lines = (folder / "comments.jsonl").read_text().splitlines() if (folder / "comments.jsonl").exists() else []
    return sorted((json.loads(line)["sent_at"] - began) / 1e6 for line in lines)


def threshold_rate(units, rate, count):
    """The units with the most comments, as many as highlights cover: what a comment-rate threshold would cut."""
    best = sorted(range(len(units)), key=lambda i: -rate[i])[:count]
    intervals = []
    for i in sorted(best):
        start, end = units[i][0], units[i][0] + units[i][1]
        if intervals and start - intervals[-1][1] <= 4.0:
            intervals[-1][1] = end
        else:
            intervals.append([start, end])
    return intervals


def main(work):
    lag, scores = read(work / "lag.tsv"), read(work / "scores.tsv")
    comments, highlights = read(work / "comments.tsv"), read(work / "highlights.tsv")
    chats = read(work / "chat-scores.tsv")
    lags, ours, rates, moved_rates, peaks = [], [], [], [], collections.defaultdict(list)
    totals = collections.Counter()
    for folder in sorted((work / "rooms").iterdir()):
        truth = json.loads((folder / "truth.json").read_text())
        stream = truth["stream"]
        moments = [(m["start_s"], m["end_s"]) for m in truth["moments"]]
        units = scores[stream]
        times = [row[0] for row in comments[stream]]
        rate = [bisect.bisect_left(times, t + u) - bisect.bisect_left(times, t + u - 7.0) for t, u, _ in units]
        # What a threshold on comments could do if it knew the lag, which nobody tells it.
        shift = truth["comment_lag_s"] or 0.0
        moved = [
            bisect.bisect_left(times, t + u + shift) - bisect.bisect_left(times, t + u + shift - 7.0) for t, u, _ in units
        ]
        positive = [any(overlap((t, t + u), m) > 0 for m in moments) for t, u, _ in units]
        if any(positive):
            ours.append(average_precision([score for *_, score in units], positive))
            rates.append(average_precision(rate, positive))
            moved_rates.append(average_precision(moved, positive))
            shown = [score for *_, score in units]
            # A chat alone has a clock and no pictures. Counts peak when viewers react; a model that knows what follows
            # looks back from there to the moment, and nobody tells it how long viewers take.
            said = chats[stream]
            sent = sent_times(folder)
            ends = (("moment", 0.0, 0.0), ("reaction", shift, shift), ("either", 0.0, shift))
            touches = {
                name: [any(overlap((t, t + u), (s + early, e + late)) > 0 for s, e in moments) for t, u, _ in said]
                for name, early, late in ends
            }
            by = {"rate": (units, rate, positive), "moved": (units, moved, positive), "ours": (units, shown, positive)}
            if truth["comment_lag_s"] is not None and truth["counts"]["reactions"] >= ENOUGH:
                said_rate = [bisect.bisect_left(sent, t + u) - bisect.bisect_left(sent, t + u - 7.0) for t, u, _ in said]
                for name, true in touches.items():
                    by[f"chat {name}"] = (said, [score for *_, score in said], true)
                    by[f"chat rate {name}"] = (said, said_rate, true)
            for name, (of, values, true) in by.items():
                for count in PEAKS:
                    peaks[name, count].append(peak_precision(of, values, true, count))
        intervals = [tuple(row) for row in highlights[stream]]
        covered = round(sum(end - start for start, end in intervals) / units[0][1]) if units else 0
        by_rate = threshold_rate(units, rate, covered)
        by_moved = threshold_rate(units, moved, covered)
        for name, cut in (("ours", intervals), ("rate", by_rate), ("moved", by_moved)):
            touching, touched = found(cut, moments)
            totals[name, "cut"] += len(cut)
            totals[name, "right"] += touching
            totals[name, "touched"] += touched
        totals["moments"] += len(moments)
        if truth["comment_lag_s"] is not None and truth["counts"]["reactions"] >= ENOUGH:
            sure = [row for row in lag[stream] if row[1] is not None and row[2] >= SURE]
            lags.append((stream, truth["comment_lag_s"], sure[-1][1] if sure else None))

    print("| room | true lag s | estimated s |\n|---|---:|---:|")
    for stream, true, estimated in lags:
        print(f"| {stream} | {true:.1f} | {'not sure' if estimated is None else f'{estimated:.1f}'} |")
    errors = [abs(estimated - true) for _, true, estimated in lags if estimated is not None]
    within = sum(error <= WITHIN for error in errors)
    print(f"\nlag within {WITHIN:.0f} s: {within} of {len(lags)} rooms with at least {ENOUGH} reactions", end="")
    print(f"; median error {statistics.median(errors):.1f} s\n" if errors else "\n")
    print("| | mean AP | highlights | of them right | moments found |\n|---|---:|---:|---:|---:|")
    rows = (
        ("comments of 7 s, threshold", "rate", rates),
        ("the same, moved by the true lag", "moved", moved_rates),
        ("kairos", "ours", ours),
    )
    for title, name, precision in rows:
        cut, right, touched = (totals[name, key] for key in ("cut", "right", "touched"))
        print(f"| {title} | {statistics.mean(precision):.3f} | {cut} | {right / max(1, cut):.2f} | {touched / totals['moments']:.2f} |")

    print("\n| peaks 30 s apart, share that is a moment | first 5 | first 10 |\n|---|---:|---:|")
    rows = (
        ("comments of 7 s", "rate"),
        ("the same, moved by the true lag", "moved"),
        ("kairos", "ours"),
        *(
            (f"chats alone, {of}: {who}", f"{key} {name}")
            for of, name in (
                ("the moment itself", "moment"),
                ("when viewers reacted", "reaction"),
                ("from the moment to the end of the reactions", "either"),
            )
            for who, key in (("comments of 7 s", "chat rate"), ("kairos", "chat"))
        ),
    )
    for title, name in rows:
        cells = " | ".join(f"{statistics.mean(peaks[name, count]):.2f}" for count in PEAKS if peaks[name, count])
        print(f"| {title} | {cells} |")


main(pathlib.Path(sys.argv[1]))