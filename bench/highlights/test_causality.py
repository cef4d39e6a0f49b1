"""No scorer reads a message past t + delay, and what is written is what is judged."""

import gzip
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

import chat
import features
import judge
import stack

HERE = Path(__file__).parent
WORDS = "gg LUL PogChamp baron wow nice lol KAPPA what! 1 ????? @someone Kreygasm".split()


def generated(name, seed, seconds=240):
    """A chat that gets busy after each highlight and says other words then."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(seconds, dtype=np.int8)
    for start in range(30, seconds - 40, 70):
        labels[start : start + 12] = 1
    rows = []
    for second in range(-3, seconds):
        busy = second >= 5 and labels[second - 5]
        for _ in range(rng.poisson(4 if busy else 1)):
            text = " ".join(rng.choice(WORDS[:4] if busy else WORDS, size=rng.integers(0, 4)))
            rows.append((second + rng.random(), f"u{rng.integers(20)}", text))
    rows.sort(key=lambda row: row[0])
    times, users, texts = zip(*rows)
    return chat.Video(name, labels, np.array(times), list(users), list(texts))


def cut(video, last, other):
    """The video with every message after `last` replaced by those of another."""
    rows = [row for row in zip(video.times, video.users, video.texts) if row[0] <= last]
    rows += [row for row in zip(other.times, other.users, other.texts) if row[0] > last]
    times, users, texts = zip(*rows)
    return chat.Video(video.name, video.labels, np.array(times), list(users), list(texts))


def scores(train, video, delays, seed=0):
    """(scorer, delay) -> scores of one video, all learned scorers fitted on `train`."""
    from baselines import learned_scores, simple_scores

    bags = {delay: stack.word_bags(train, [video], delay) for delay in delays}
    found = {(scorer, delay): rows[0] for scorer, delay, rows in learned_scores(train, [video], bags, seed)}
    for delay in delays:
        found.update({(scorer, delay): rows[0] for scorer, rows in simple_scores([video], delay)})
    return found


class Causality(unittest.TestCase):
    def test_messages_after_t_and_delay_change_no_score_up_to_t(self):
        train = [generated(f"train{seed}", seed, 900) for seed in range(6)]
        video, other = generated("judged", 9, 900), generated("other", 10, 900)
        delays, last = (0, 5, 10, 20), 450
        before, after = scores(train, video, delays), scores(train, cut(video, last, other), delays)
        for (scorer, delay), row in before.items():
            changed = np.flatnonzero(row != after[scorer, delay])
            self.assertTrue(len(changed), f"{scorer} at {delay}: replaced messages must matter somewhere")
            self.assertGreater(changed[0], last - delay, f"{scorer} at delay {delay}")

    def test_what_the_trees_see_at_a_second_ends_exactly_at_the_delay(self):
        video, other, last = generated("judged", 9), generated("other", 10), 120
        later = cut(video, last, other)
        rng = np.random.default_rng(2)
        own = {delay: rng.normal(size=video.seconds) for delay in (0, 5, 10, 20)}
        # A word score at second t of delay d knows messages up to t + d.
        moved = {delay: row + (np.arange(len(row)) + delay > last) for delay, row in own.items()}
        for delay in own:
            before, after = stack.matrix(video, own, delay), stack.matrix(later, moved, delay)
            for part in (slice(0, features.statistics(video).shape[1]), slice(features.statistics(video).shape[1], None)):
                changed = np.flatnonzero((before[:, part] != after[:, part]).any(axis=1))
                self.assertEqual(changed[0], last - delay + 1)

    def test_message_at_exactly_t_and_delay_counts_and_one_just_after_does_not(self):
        video = chat.Video("exact", np.zeros(20, dtype=np.int8), np.array([10.0, 10.001]), ["a", "b"], ["x", "y"])
        self.assertEqual(features.last_seconds(video, 4)[6], 1)
        self.assertEqual(features.last_seconds(video, 4)[7], 2)
        self.assertEqual(features.since(video, 4)[5], 0)

    def test_windows_of_words_end_at_the_delay(self):
        from words import windows

        for delay in range(features.MARGIN + 1):
            spans = windows(delay)
            self.assertEqual(spans[-1][1], delay)
            self.assertTrue(all(first < last <= delay for first, last in spans))


class WholeRun(unittest.TestCase):
    def test_table_and_judge_agree_on_a_generated_folder(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            (folder / "chat").mkdir()
            videos = [generated(f"game_w{1 + seed // 3}d1_g{seed}", seed) for seed in range(5)]
            with gzip.open(folder / "frame_labels.tsv.gz", "wt") as file:
                file.write("video\tsec\thighlight\n")
                for video in videos:
                    file.writelines(f"{video.name}\t{sec}\t{label}\n" for sec, label in enumerate(video.labels))
                    with gzip.open(folder / "chat" / f"{video.name}.chat.tsv.gz", "wt") as out:
                        out.write("t_sec\tuser\tviewers\ttext\n")
                        rows = zip(video.times, video.users, video.texts)
                        out.writelines(f"{time:.3f}\t{user}\t0\t{text}\n" for time, user, text in rows)
            command = [sys.executable, HERE / "baselines.py", "--data", folder, "--train", "w1", "--validate", "w2"]
            command += ["--delays", "0,10", "--seeds", "2", "--out", folder / "t.tsv", "--scores", folder / "scores"]
            printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            table = [line.split("\t") for line in (folder / "t.tsv").read_text().splitlines()]
            self.assertEqual(len(table) - 1, len(printed.splitlines()) - 2)
            got = {(row[0], row[1]): float(row[3]) for row in table[1:]}
            labels = chat.read_labels(folder / "frame_labels.tsv.gz")
            for scorer, delay in (("messages_since", "10"), ("stack", "10"), ("words", "0")):
                seeds = sorted((folder / "scores").glob(f"{scorer}_{delay}_*.tsv"))
                judged = [[row[0] for _, row in judge.judged(judge.read_scores(path), labels)] for path in seeds]
                self.assertAlmostEqual(np.mean(judged), got[scorer, delay], places=3)


class Choice(unittest.TestCase):
    def test_week_is_chosen_whole_and_alone(self):
        videos = [generated(name, 1, 40) for name in ("nalcs_w2d1_A_B_g1", "nalcs_w20d1_A_B_g1", "nalcs_w5d2_w2d_g1")]
        names = [video.name for video in chat.chosen(videos, "w2,w9")]
        self.assertEqual(names, ["nalcs_w2d1_A_B_g1", "nalcs_w5d2_w2d_g1"])
        self.assertEqual(len(chat.chosen(videos, "nalcs_w2d,w5")), 2)
        self.assertEqual(len(chat.chosen(videos, "w[25]d")), 2)


class Judge(unittest.TestCase):
    def test_video_with_a_missing_second_is_refused(self):
        labels = {"a": (np.array([0, 1, 0]), None)}
        with self.assertRaisesRegex(ValueError, "a: 1 of 3"):
            list(judge.judged({"a": {0: 0.1, 2: 0.3}}, labels))

    def test_chat_file_name_names_its_video(self):
        for text in ("a_g1", "a_g1.chat.tsv.gz", "in/a_g1.chat.tsv"):
            self.assertEqual(judge.plain_name(text), "a_g1")


if __name__ == "__main__":
    unittest.main()
