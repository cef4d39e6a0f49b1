"""Reads a folder of labelled chats and counts what each second of chat looked like.

Invariant: a message sent at time x is counted in bin ceil(x), so everything in bins up to u was sent at or before
second u. A scorer that reads no bin past t + delay therefore reads no message past t + delay.
"""

import gzip
import math
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

# How long a message counts as recent: for repeated texts and for users who come back.
RECENT_S = 30

# Emotes without the inner capital by which `EMOTE` knows the others.
PLAIN_EMOTES = frozenset(
    "LUL Kappa Kreygasm Keepo Jebaited 4Head ResidentSleeper MingLee Minglee DansGame SMOrc HeyGuys cmonBruh haHAA "
    "VoHiYo TriHard Squid4 KevinTurtle monkaS OMEGALUL LULW Pog FeelsBadMan FeelsGoodMan".split()
)
EMOTE = re.compile(r"^[A-Za-z0-9]*[a-z0-9][A-Z][A-Za-z0-9]*$")
STRETCHED = re.compile(r"(.)\1{2,}")
WORD = re.compile(r"[^\W_]+|[!?]+")

SERIES = (
    "messages",
    "characters",
    "words",
    "emotes",
    "emote_messages",
    "capitals",
    "shouted",
    "exclamations",
    "questions",
    "stretched",
    "repeated",
    "fresh_users",
    "mentions",
    "digits",
    "short",
)


@dataclass
class Video:
    """One chat: message times in seconds in ascending order, and per-second labels of seconds 0 .. len(labels)."""

    name: str
    labels: np.ndarray
    times: np.ndarray
    users: list
    texts: list
    reference: np.ndarray | None = None
    cache: dict = field(default_factory=dict)

    @property
    def seconds(self):
        return len(self.labels)

    def bins(self):
        """Bin of every message: ceil of its time, everything before the start in bin 0."""
        return np.maximum(np.ceil(self.times), 0).astype(np.int64)


def read_labels(path):
    """name -> (labels, column chat_lstm or None), both indexed by second."""
    found = {}
    with gzip.open(path, "rt", encoding="utf-8") as file:
        header = file.readline().rstrip("\n").split("\t")
        at = {name: index for index, name in enumerate(header)}
        for number, line in enumerate(file, start=2):
            cells = line.rstrip("\n").split("\t")
            rows = found.setdefault(cells[at["video"]], ([], []))
            if int(cells[at["sec"]]) != len(rows[0]):
                raise ValueError(f"{path}, line {number}: seconds of a video must count up from 0 without a gap")
            rows[0].append(int(cells[at["highlight"]]))
            if "chat_lstm" in at:
                rows[1].append(float(cells[at["chat_lstm"]]))
    return {
        name: (np.array(labels, dtype=np.int8), np.array(reference) if reference else None)
        for name, (labels, reference) in found.items()
    }


def read_messages(path):
    """(times, users, texts) of one chat file, by time."""
    rows = []
    with gzip.open(path, "rt", encoding="utf-8", errors="replace", newline="\n") as file:
        file.readline()
        for line in file:
            cells = line.rstrip("\r\n").split("\t", 3)
            if len(cells) == 4:
                rows.append((float(cells[0]), cells[1], cells[3]))
    rows.sort(key=lambda row: row[0])
    return np.array([row[0] for row in rows]), [row[1] for row in rows], [row[2] for row in rows]


def read_folder(folder):
    """Every labelled video of a folder that has a chat, by name."""
    folder = Path(folder)
    videos = []
    for name, (labels, reference) in sorted(read_labels(folder / "frame_labels.tsv.gz").items()):
        chat = folder / "chat" / f"{name}.chat.tsv.gz"
        if chat.exists():
            videos.append(Video(name, labels, *read_messages(chat), reference))
    return videos


def chosen(videos, prefixes):
    """The videos with a name part that starts like one of the comma-separated expressions; `w2` doesn't mean `w20`."""
    wanted = [re.compile(rf"(?:^|_)(?:{text})(?!(?<=\d)\d)") for text in prefixes.split(",") if text]
    return [video for video in videos if any(expression.search(video.name) for expression in wanted)]


def is_emote(token):
    return token in PLAIN_EMOTES or (EMOTE.match(token) is not None and not token.isupper())


def words_of(text):
    """Words of a message: emotes as they are, the rest in lower case, letters repeated three times or more once."""
    found = []
    for token in text.split():
        if is_emote(token):
            found.append(token)
        elif not token.startswith("@"):
            for word in WORD.findall(STRETCHED.sub(r"\1", token.lower())):
                found.append(word)
    return found


def series(video, length):
    """Counts per bin, one row per name in `SERIES`, bins 0 .. length; each bin reads itself and earlier messages."""
    table = np.zeros((len(SERIES), length))
    last_text, last_user = {}, {}
    for bin_, time, user, text in zip(video.bins(), video.times, video.users, video.texts):
        if bin_ >= length:
            break
        tokens = text.split()
        emotes = sum(map(is_emote, tokens))
        letters = sum(map(str.isalpha, text))
        key = text.lower().strip()
        repeated = key in last_text and time - last_text[key] <= RECENT_S
        fresh = user not in last_user or time - last_user[user] > RECENT_S
        last_text[key] = time
        last_user[user] = time
        table[:, bin_] += (
            1,
            math.log1p(len(text)),
            len(tokens),
            emotes,
            emotes > 0,
            sum(map(str.isupper, text)) / max(letters, 1),
            letters > 2 and text.isupper(),
            "!" in text,
            "?" in text,
            STRETCHED.search(text) is not None,
            repeated,
            fresh,
            "@" in text,
            any(map(str.isdigit, text)),
            len(tokens) <= 1,
        )
    return table
