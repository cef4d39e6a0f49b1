"""Lagged causal statistics of a chat, and simple count windows.

Invariant: row u of a matrix made here reads bins up to u only (see chat.py), and compares with running means of the
past, never with a mean over the whole video. The features of second t at some delay are row t + delay.
"""

import numpy as np

from chat import SERIES, series

# Seconds past the labelled end that rows exist for: no delay may be longer.
MARGIN = 64
# Message rate: boxes of BOX seconds side by side, this many of them, the first ending at u.
BOX, BOXES = 4, 22
# Everything else: windows as (length, lag of its end).
WINDOWS = ((3, 0), (6, 0), (6, 6), (6, 12), (6, 18), (6, 24), (6, 32), (12, 0), (12, 12), (12, 24), (30, 0), (30, 30), (90, 0))
# Half-life-like constants of the running means that a rate is compared with.
MEMORY_S = (120, 600)


def boxed(rows, length, lag):
    """Sums over bins (u - lag - length, u - lag] for every u; bins before the start count nothing."""
    total = np.concatenate([np.zeros(rows.shape[:-1] + (1,)), np.cumsum(rows, axis=-1)], axis=-1)
    at = np.arange(rows.shape[-1])
    return total[..., np.maximum(at - lag + 1, 0)] - total[..., np.maximum(at - lag - length + 1, 0)]


def running_mean(row, memory):
    """Exponential mean of the bins up to u, unbiased at the start by its weights' sum."""
    keep = 1 - 1 / memory
    out = np.empty_like(row)
    mean = weight = 0.0
    for at, value in enumerate(row):
        mean = keep * mean + value
        weight = keep * weight + 1
        out[at] = mean / weight
    return out


def counts(video):
    """`series` up to the last row that any delay needs, computed once per video."""
    if "series" not in video.cache:
        video.cache["series"] = series(video, video.seconds + MARGIN)
    return video.cache["series"]


def statistics(video):
    """Matrix (seconds + MARGIN, features), float32."""
    if "statistics" in video.cache:
        return video.cache["statistics"]
    table = counts(video)
    messages = table[0]
    usual = [running_mean(messages, memory) for memory in MEMORY_S]
    columns = [np.log1p(usual[-1]), np.log((usual[0] + 0.1) / (usual[1] + 0.1))]
    for box in range(BOXES):
        rate = boxed(messages, BOX, box * BOX) / BOX
        columns.append(np.log((rate + 0.1) / (usual[1] + 0.1)))
    for length, lag in ((1, 0), (2, 0), (8, 0), (16, 0), (30, 0), (60, 0)):
        rate = boxed(messages, length, lag) / length
        columns.extend((rate, np.log((rate + 0.1) / (usual[0] + 0.1))))
    means = [running_mean(row, MEMORY_S[1]) / (usual[1] + 1e-3) for row in table[1:]]
    for length, lag in WINDOWS:
        inside = boxed(table, length, lag)
        for index in range(1, len(SERIES)):
            # Pulled towards the past's share by one message's weight, so that silent windows say nothing.
            columns.append((inside[index] + means[index - 1]) / (inside[0] + 1) - means[index - 1])
    columns.append(np.arange(len(messages)))
    video.cache["statistics"] = np.stack(columns, axis=1).astype(np.float32)
    return video.cache["statistics"]


def at_delay(rows, seconds, delay):
    """Rows of seconds 0 .. seconds when everything up to t + delay may be read."""
    return rows[delay : delay + seconds]


def last_seconds(video, delay, length=7):
    """Messages in the `length` seconds that end at t + delay."""
    return at_delay(boxed(counts(video)[0], length, 0), video.seconds, delay)


def since(video, delay):
    """Messages in [t, t + delay]."""
    return at_delay(boxed(counts(video)[0], delay + 1, 0), video.seconds, delay)
