"""Bag-of-words logistic regression over lagged windows: which words are said around second t, up to t + delay.

Invariants: the vocabulary and the weights come from training videos only; a training video's own score comes from a
model that has not seen it; word counts are damped by the messages of their own window, never by the whole video.
"""

from collections import Counter

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from chat import words_of
from features import MARGIN

VOCABULARY = 4000


def windows(delay):
    """Windows (first, last] in seconds relative to t, none past the delay."""
    if delay == 0:
        return [(-40, -20), (-20, -10), (-10, -4), (-4, 0)]
    edges = [-30, -10, *range(0, delay, 10), delay]
    if edges[-1] - edges[-2] < 5 and len(edges) > 4:
        del edges[-2]
    return list(zip(edges, edges[1:]))


def vocabulary(videos, size=VOCABULARY):
    """The words that most messages of these videos contain, word -> column."""
    found = Counter()
    for video in videos:
        for words in tokens(video):
            found.update(set(words))
    kept = sorted(found.items(), key=lambda item: (-item[1], item[0]))[:size]
    return {word: column for column, (word, _) in enumerate(kept)}


def tokens(video):
    if "tokens" not in video.cache:
        video.cache["tokens"] = [words_of(text) for text in video.texts]
    return video.cache["tokens"]


def said(video, columns):
    """Messages that say a word, per bin: sparse (seconds + MARGIN, words)."""
    length = video.seconds + MARGIN
    at, word = [], []
    for bin_, words in zip(video.bins(), tokens(video)):
        if bin_ < length:
            for column in {columns[word] for word in words if word in columns}:
                at.append(bin_)
                word.append(column)
    ones = np.ones(len(at), dtype=np.float32)
    return sparse.csr_matrix((ones, (at, word)), shape=(length, len(columns)))


def band(seconds, length, first, last):
    """Matrix that sums bins (t + first, t + last] for every second t."""
    offsets = list(range(first + 1, last + 1))
    ones = np.ones((len(offsets), max(seconds, length)), dtype=np.float32)
    return sparse.diags_array(list(ones), offsets=offsets, shape=(seconds, length), dtype=np.float32).tocsr()


def bag(video, counts, delay):
    """Sparse (seconds, windows x words): damped counts of each word in each window."""
    blocks = []
    for first, last in windows(delay):
        inside = band(video.seconds, counts.shape[0], first, last) @ counts
        inside.data = np.log1p(inside.data)
        blocks.append(inside)
    return sparse.hstack(blocks, format="csr")
