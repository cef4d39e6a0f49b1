"""The metrics agree with scikit-learn and SciPy, with and without ties."""

import math
import unittest

import numpy as np
from scipy.stats import kendalltau
from sklearn.metrics import average_precision_score, roc_auc_score

import metrics


class Metrics(unittest.TestCase):
    def test_random_scores_with_and_without_ties_agree_with_reference_libraries(self):
        rng = np.random.default_rng(1)
        for levels in (2, 5, 40, None):
            for _ in range(25):
                labels = (rng.random(rng.integers(20, 400)) < rng.uniform(0.05, 0.6)).astype(int)
                labels[:2] = (0, 1)
                scores = rng.normal(size=len(labels)) + labels
                if levels:
                    scores = np.round(scores * levels / 4)
                    scores[:2] = (-9, 9)
                ours = metrics.judge(labels, scores)
                expected = (
                    average_precision_score(labels, scores),
                    roc_auc_score(labels, scores),
                    kendalltau(labels, scores, variant="b").statistic,
                )
                np.testing.assert_allclose(ours, expected, rtol=1e-10, atol=1e-12)

    def test_order_of_tied_seconds_does_not_matter(self):
        labels, scores = np.array([1, 0, 0, 1, 0, 1]), np.array([2.0, 2.0, 1.0, 1.0, 1.0, 0.0])
        for seed in range(10):
            order = np.random.default_rng(seed).permutation(len(labels))
            np.testing.assert_allclose(metrics.judge(labels[order], scores[order]), metrics.judge(labels, scores))

    def test_constant_score_ranks_like_chance(self):
        precision, area, tau = metrics.judge(np.array([0, 1, 0, 0]), np.ones(4))
        self.assertAlmostEqual(precision, 0.25)
        self.assertAlmostEqual(area, 0.5)
        self.assertTrue(math.isnan(tau))

    def test_video_without_both_labels_is_left_out_of_the_mean(self):
        self.assertIsNone(metrics.judge(np.zeros(5, dtype=int), np.arange(5.0)))
        full = metrics.judge(np.array([0, 1, 0]), np.array([0.1, 0.2, 0.3]))
        np.testing.assert_allclose(metrics.mean_over_videos([None, full]), full)

    def test_score_that_is_no_number_is_refused(self):
        with self.assertRaises(ValueError):
            metrics.judge(np.array([0, 1]), np.array([np.nan, 1.0]))


if __name__ == "__main__":
    unittest.main()
