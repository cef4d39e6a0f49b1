#!/usr/bin/env python3
"""Whisper's log-mel spectrogram by Hugging Face's feature extractor, to check the one in Rust by.

Usage: whisper_mel.py FOLDER     writes whisper_mel.json there (see README.md)
"""

import json
import sys
from pathlib import Path

import numpy as np
from transformers import WhisperFeatureExtractor

SAMPLES, FRAME_STEP, BAND_STEP = 48_000, 23, 7


def sound():
    """A tone that comes and goes and a rising one."""
    t = np.arange(SAMPLES) / 16_000
    tone = 0.3 * np.sin(2 * np.pi * 440 * t) * (0.5 + 0.5 * np.sin(2 * np.pi * 3 * t))
    return (tone + 0.1 * np.sin(2 * np.pi * 900 * t * t)).astype(np.float32)


def main():
    result = {}
    for bands in (80, 128):
        extractor = WhisperFeatureExtractor(feature_size=bands)
        mel = extractor(sound(), sampling_rate=16_000, return_tensors="np")["input_features"][0]
        cells = mel[::BAND_STEP, : SAMPLES // 160 + 12 : FRAME_STEP]
        result[str(bands)] = [round(float(value), 6) for value in cells.reshape(-1)]
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "whisper_mel.json").write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
