"""Average precision, area under the ROC curve and Kendall's tau-b of one video's scores against 0/1 labels.

Invariant: seconds with equal scores form one threshold, so no result depends on the order of the rows.
"""

import math

import numpy as np

NAMES = ("average_precision", "roc_auc", "kendall_tau_b")


def average_precision(labels, scores):
    """Sum over thresholds of (recall gained) x precision, without interpolation."""
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.diff(scores[order], append=-np.inf) != 0)
    hits = np.cumsum(labels[order] == 1)[ends]
    precision = hits / (ends + 1)
    return float(np.sum(np.diff(hits, prepend=0) * precision) / hits[-1])


def pair_counts(labels, scores):
    """(positive above negative, tied across the two, pairs of a positive and a negative)."""
    _, rank = np.unique(scores, return_inverse=True)
    positives = np.bincount(rank[labels == 1], minlength=rank.max() + 1).astype(float)
    negatives = np.bincount(rank[labels == 0], minlength=rank.max() + 1).astype(float)
    below = np.cumsum(negatives) - negatives
    return float(positives @ below), float(positives @ negatives), positives.sum() * negatives.sum()


def roc_auc(labels, scores):
    above, tied, pairs = pair_counts(labels, scores)
    return float((above + tied / 2) / pairs)


def kendall_tau_b(labels, scores):
    """(concordant - discordant) / sqrt(pairs untied in labels x pairs untied in scores); nan for constant scores."""
    above, tied, pairs = pair_counts(labels, scores)
    count = len(scores)
    _, sizes = np.unique(scores, return_counts=True)
    untied = count * (count - 1) / 2 - float(np.sum(sizes * (sizes - 1.0)) / 2)
    return float((2 * above + tied - pairs) / math.sqrt(pairs * untied)) if untied > 0 else math.nan


def judge(labels, scores):
    """The three metrics in the order of `NAMES`, or None where the labels are all alike."""
    labels = np.asarray(labels)
    scores = np.asarray(scores, dtype=float)
    if len(labels) != len(scores):
        raise ValueError(f"{len(labels)} labels but {len(scores)} scores")
    if not np.isfinite(scores).all():
        raise ValueError("a score is not a finite number")
    if labels.min(initial=1) == labels.max(initial=0):
        return None
    return average_precision(labels, scores), roc_auc(labels, scores), kendall_tau_b(labels, scores)


def mean_over_videos(results):
    """Mean of each metric over the videos that have both labels."""
    return np.nanmean(np.array([result for result in results if result is not None]), axis=0)
