"""Boosted trees over lagged statistics, alone or with the word model's scores as further features.

Invariant: at delay D the trees see, of each second t, row t + D of the statistics and word scores that read no message
past t + D: the score of second t + j by the model of delay d is used only where j + d <= D.
"""

import lightgbm
import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

import features
import words

FOLDS = 5
TREES = {
    "objective": "binary",
    "num_leaves": 15,
    "learning_rate": 0.03,
    "n_estimators": 200,
    "min_child_samples": 300,
    "colsample_bytree": 0.3,
    "subsample": 0.5,
    "subsample_freq": 1,
    "reg_lambda": 10.0,
    "n_jobs": 1,
    "verbose": -1,
    "deterministic": True,
    "force_row_wise": True,
}
# Inverse strength of the word model's ridge penalty.
RIDGE = 0.003
# Neighbouring seconds say nearly the same: both models are fitted on every second one, which halves the time.
EVERY = 2
# Seconds after t (before, if negative) whose word scores the trees see, as far as the delay lets them.
OFFSETS = (-30, -20, -15, -10, -5, -3, 0, 3, 5, 10, 15, 20)


def folds(videos, seed):
    """Fold number of each video: a shuffle by the seed, dealt out in turn."""
    order = np.random.default_rng(seed).permutation(len(videos))
    return np.argsort(order) % min(FOLDS, len(videos))


def fit_words(videos, bags):
    model = LogisticRegression(C=RIDGE, solver="lbfgs", max_iter=60)
    return model.fit(
        sparse.vstack([bags[video.name][::EVERY] for video in videos]),
        np.concatenate([video.labels[::EVERY] for video in videos]),
    )


def word_bags(train, others, delay):
    """name -> bag of each video; the vocabulary is that of all training videos, which knows no label."""
    columns = words.vocabulary(train)
    return {video.name: words.bag(video, words.said(video, columns), delay) for video in train + others}


def word_scores(train, others, bags, seed):
    """name -> score per second; a training video's own comes from a model fitted without its fold."""
    scores = {}
    of = folds(train, seed)
    for fold in range(of.max() + 1):
        model = fit_words([video for video, at in zip(train, of) if at != fold], bags)
        scores.update((video.name, model.decision_function(bags[video.name])) for video, at in zip(train, of) if at == fold)
    model = fit_words(train, bags)
    scores.update((video.name, model.decision_function(bags[video.name])) for video in others)
    return scores


def shifted(row, by):
    """row[t + by], the nearest end's value past the ends."""
    return row[np.clip(np.arange(len(row)) + by, 0, len(row) - 1)]


def word_features(scores, delay):
    """Matrix (seconds, features) from delay -> score per second of one video, delays up to `delay` only."""
    columns = []
    for own, row in sorted(scores.items()):
        if own > delay:
            continue
        total = np.concatenate([[0.0], np.cumsum(row)])
        for offset in OFFSETS:
            if offset + own <= delay:
                columns.append(shifted(row, offset))
        for length in (5, 15, 40):
            end = np.clip(np.arange(len(row)) + delay - own + 1, 0, len(row))
            start = np.maximum(end - length, 0)
            columns.append((total[end] - total[start]) / np.maximum(end - start, 1))
    return np.stack(columns, axis=1)


def statistics_at(video, delay):
    return features.at_delay(features.statistics(video), video.seconds, delay)


def matrix(video, scores, delay):
    """What the stack's trees see: the statistics, then the word features."""
    return np.hstack([statistics_at(video, delay), word_features(scores, delay).astype(np.float32)])


def fit_trees(matrices, labels, seed):
    model = lightgbm.LGBMClassifier(**TREES, random_state=seed)
    return model.fit(
        np.concatenate([rows[::EVERY] for rows in matrices]), np.concatenate([row[::EVERY] for row in labels])
    )


def score(model, matrix):
    return model.predict(matrix, raw_score=True)
