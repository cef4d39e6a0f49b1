"""Trains and judges the baselines for per-second highlight scores on live chat; see README.md.

Invariant: the score of second t at delay D reads no message past t + D, except for the published column `chat_lstm`,
which is taken as it is and reads 7 s ahead at every delay.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

import chat
import features
import metrics
import stack

NOTES = {"chat_lstm": "as published, reads 7 s ahead whatever the delay"}


def simple_scores(videos, delay):
    """(scorer, scores per video) of everything that learns nothing."""
    yield "messages_last_7s", [features.last_seconds(video, delay) for video in videos]
    yield "messages_since", [features.since(video, delay) for video in videos]
    if all(video.reference is not None for video in videos):
        yield "chat_lstm", [video.reference for video in videos]


def learned_scores(train, videos, bags, seed):
    """(scorer, delay, scores per video) of the trees, with and without words, for one seed; bags: per delay."""
    said = {video.name: {} for video in train + videos}
    labels = [video.labels for video in train]
    for delay in sorted(bags):
        for name, row in stack.word_scores(train, videos, bags[delay], seed).items():
            said[name][delay] = row
        yield "words", delay, [said[video.name][delay] for video in videos]
        for scorer, matrix in (
            ("gbt", lambda video: stack.statistics_at(video, delay)),
            ("stack", lambda video: stack.matrix(video, said[video.name], delay)),
        ):
            model = stack.fit_trees([matrix(video) for video in train], labels, seed)
            yield scorer, delay, [stack.score(model, matrix(video)) for video in videos]


def write_scores(folder, scorer, delay, seed, videos, scores):
    with open(folder / f"{scorer}_{delay}_{seed}.tsv", "w", encoding="utf-8") as file:
        file.write("video\tsec\tscore\n")
        for video, row in zip(videos, scores):
            file.writelines(f"{video.name}\t{sec}\t{value:.6g}\n" for sec, value in enumerate(row))


def summary(results):
    """Rows (scorer, delay, seeds, mean and deviation of each metric) from (scorer, delay) -> metrics per seed."""
    for (scorer, delay), rows in sorted(results.items(), key=lambda item: (item[0][0], item[0][1])):
        table = np.array(rows)
        deviation = table.std(axis=0, ddof=1) if len(rows) > 1 else np.zeros(len(metrics.NAMES))
        yield (scorer, delay, len(rows), *(cell for pair in zip(table.mean(axis=0), deviation) for cell in pair))


def as_tsv(rows):
    header = ["scorer", "delay", "seeds"]
    for name in metrics.NAMES:
        header += [name, f"{name}_sd"]
    lines = ["\t".join(header + ["note"])]
    for row in rows:
        lines.append("\t".join([*map(str, row[:3]), *(f"{cell:.4f}" for cell in row[3:]), NOTES.get(row[0], "")]))
    return "\n".join(lines) + "\n"


def as_markdown(rows):
    lines = ["| scorer | delay | AP | ROC AUC | Kendall tau-b | seeds |", "|---|---|---|---|---|---|"]
    for scorer, delay, seeds, *cells in rows:
        shown = [
            f"{mean:.3f} ± {deviation:.3f}" if seeds > 1 else f"{mean:.3f}"
            for mean, deviation in zip(cells[::2], cells[1::2])
        ]
        name = f"{scorer} (+7 s)" if scorer == "chat_lstm" else scorer
        lines.append(f"| {name} | {delay} | {' | '.join(shown)} | {seeds} |")
    return "\n".join(lines) + "\n"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with chat/ and frame_labels.tsv.gz")
    parser.add_argument("--train", default="w2,w5,w6,w7", help="expressions that pick videos by the start of a name part")
    parser.add_argument("--validate", default="w8", help="likewise; judged, and never learned from")
    parser.add_argument("--delays", default="0,5,10,20,30", help="seconds, comma-separated")
    parser.add_argument("--seeds", type=int, default=5, help="seeds 0 .. SEEDS")
    parser.add_argument("--out", type=Path, help="table as TSV")
    parser.add_argument("--scores", type=Path, help="folder for SCORER_DELAY_SEED.tsv")
    return parser.parse_args()


def main():
    options = arguments()
    delays = sorted({int(text) for text in options.delays.split(",")})
    videos = chat.read_folder(options.data)
    train, judged = chat.chosen(videos, options.train), chat.chosen(videos, options.validate)
    if not train or not judged or {video.name for video in train} & {video.name for video in judged}:
        sys.exit("--train and --validate must each pick videos, and no video twice")
    if delays[0] < 0 or delays[-1] > features.MARGIN:
        sys.exit(f"delays must lie between 0 and {features.MARGIN}")
    if options.scores:
        options.scores.mkdir(parents=True, exist_ok=True)
    results = {}

    def take(scorer, delay, seed, scores):
        judgement = metrics.mean_over_videos(
            [metrics.judge(video.labels, row) for video, row in zip(judged, scores)]
        )
        results.setdefault((scorer, delay), []).append(judgement)
        print(f"{scorer} delay {delay} seed {seed}: AP {judgement[0]:.4f}", file=sys.stderr, flush=True)
        if options.scores:
            write_scores(options.scores, scorer, delay, seed, judged, scores)

    for delay in delays:
        for scorer, scores in simple_scores(judged, delay):
            take(scorer, delay, 0, scores)
    bags = {delay: stack.word_bags(train, judged, delay) for delay in delays}
    for seed in range(options.seeds):
        for scorer, delay, scores in learned_scores(train, judged, bags, seed):
            take(scorer, delay, seed, scores)
        # After every seed, so that a run that is cut short leaves the seeds it had.
        if options.out:
            options.out.write_text(as_tsv(summary(results)), encoding="utf-8")
    print(as_markdown(summary(results)), end="")


if __name__ == "__main__":
    main()
