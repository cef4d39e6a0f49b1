#!/usr/bin/env python3
"""A tiny Whisper with drawn weights by Hugging Face and PyTorch, greedily with the rules for timestamps.

Usage: whisper_decode.py FOLDER     writes whisper_decode.json there (see README.md)

The test draws the same weights by the same formula; compared are language, tokens and probabilities.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from silero import drawn
from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration
from transformers.generation.logits_process import WhisperTimeStampLogitsProcessor
from whisper_mel import SAMPLES, sound

TEXTS, SIGNS, POSITIONS, WIDTH = 20, 10, 256, 16
END, START, ENGLISH, GERMAN, TRANSCRIBE, NO_SPEECH, NO_TIMES = (TEXTS + i for i in (0, 1, 2, 3, 5, 8, 9))
TIMES = TEXTS + SIGNS


def model():
    config = WhisperConfig(
        vocab_size=TIMES + 1501, num_mel_bins=80, d_model=WIDTH, encoder_layers=2, decoder_layers=2,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=4 * WIDTH, decoder_ffn_dim=4 * WIDTH,
        max_source_positions=POSITIONS, max_target_positions=64, pad_token_id=END, bos_token_id=END, eos_token_id=END,
        decoder_start_token_id=START, suppress_tokens=None, begin_suppress_tokens=None,
    )  # fmt: skip
    net = WhisperForConditionalGeneration(config).eval()
    shapes = []
    with torch.no_grad():
        names = sorted(n for n, _ in net.named_parameters() if n != "model.encoder.embed_positions.weight")
        parameters = dict(net.named_parameters())
        for i, name in enumerate(names):
            parameter = parameters[name]
            shape = tuple(parameter.shape)
            norm = "layer_norm" in name and name.endswith("weight")
            scale = 1.5 if "embed" in name else 0.6
            values = drawn(i, shape, scale) + (1.0 if norm else 0.0)
            parameter.copy_(torch.from_numpy(values.astype(np.float32)))
            shapes.append([name, list(shape), scale, norm])
    return net, shapes


class Rules:
    no_timestamps_token_id, eos_token_id, bos_token_id, max_initial_timestamp_index = NO_TIMES, END, END, 50


def main():
    net, shapes = model()
    extractor = WhisperFeatureExtractor(feature_size=80, chunk_length=1)
    extractor.n_samples = 2 * POSITIONS * 160
    extractor.nb_max_frames = 2 * POSITIONS
    mel = extractor(sound(), sampling_rate=16_000, return_tensors="pt", truncation=False, padding="max_length",
                    max_length=extractor.n_samples)["input_features"]  # fmt: skip
    assert mel.shape == (1, 80, 2 * POSITIONS), mel.shape
    with torch.no_grad():
        heard = net.model.encoder(mel)

        def logits(tokens):
            return net(encoder_outputs=heard, decoder_input_ids=torch.tensor([tokens])).logits[0]

        first = logits([START])[0]
        language = max((ENGLISH, GERMAN), key=lambda token: first[token].item())
        tokens = [START, language, TRANSCRIBE]
        rules = WhisperTimeStampLogitsProcessor(Rules(), begin_index=len(tokens))
        written, total, no_speech = [], 0.0, None
        last_time = TIMES + SAMPLES // 320
        for _ in range(32):
            scores = logits(tokens)
            if no_speech is None:
                no_speech = torch.softmax(scores[0], -1)[NO_SPEECH].item()
            scores = scores[-1:].clone()
            scores[:, END + 1 : TIMES] = -torch.inf
            scores[:, last_time + 1 :] = -torch.inf
            scores = torch.log_softmax(rules(torch.tensor([tokens]), scores)[0].double(), -1)
            token = int(scores.argmax())
            total += scores[token].item()
            if token == END:
                break
            tokens.append(token)
            written.append(token)
    result = {
        "tensors": shapes,
        "language": {ENGLISH: "en", GERMAN: "de"}[language],
        "tokens": written,
        "no_speech": no_speech,
        "average_log_probability": total / (len(written) + 1),
    }
    (Path(sys.argv[1]) / "whisper_decode.json").write_text(json.dumps(result) + "\n")
    print(result["language"], written, no_speech, result["average_log_probability"])


if __name__ == "__main__":
    main()
