#!/usr/bin/env python3
"""Tiny BERT, XLM-R, CLIP and ViT with drawn weights, as folders in Hugging Face's layout, and what PyTorch makes of texts and pictures.

Usage: transformers_tiny.py FOLDER [MINILM]     writes bert/, xlm-roberta/, clip/ and vit/ there (see README.md); with the folder of
                                                all-MiniLM-L6-v2 also minilm.json, the first values of its sentences
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import (BertConfig, BertModel, CLIPConfig, CLIPImageProcessorPil, CLIPModel, PreTrainedTokenizerFast,
                          ViTConfig, ViTImageProcessorPil, ViTModel, XLMRobertaConfig, XLMRobertaModel)  # fmt: skip

LETTERS = "abcdefghijklmnopqrstuvwxyz!?"
TEXTS = ["first blood", "", "what a play " * 6, "gg", "is this really the end of the first game? no!"]
PICTURES = [(40, 30), (24, 24), (33, 17), (60, 90)]
SIZES = dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=2, intermediate_size=40)


def draw(net, seed):
    """Weights that make a difference everywhere; halves, so that a file of halves holds them exactly."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            gain = 1.0 if "norm" in name.lower() and name.endswith("weight") else 0.0
            parameter.copy_((torch.randn_like(parameter) * 0.35 + gain).half().float())
    return net.eval()


def save(net, folder, tokenizer=None, dtype=None):
    folder.mkdir(parents=True, exist_ok=True)
    (net.to(dtype) if dtype else net).save_pretrained(folder)
    net.float()
    if tokenizer is not None:
        tokenizer.save(str(folder / "tokenizer.json"))


def word_pieces():
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *LETTERS, *("##" + c for c in LETTERS), "first", "##st", "game"]
    tokenizer = Tokenizer(models.WordPiece({w: i for i, w in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer, len(words)


def unigrams():
    words = ["<s>", "<pad>", "</s>", "<unk>", "\u2581", *LETTERS, "\u2581first", "\u2581the"]
    tokenizer = Tokenizer(models.Unigram([(w, -1.0 - 0.01 * i) for i, w in enumerate(words)], unk_id=3))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])  # fmt: skip
    return tokenizer, len(words)


def byte_pairs():
    words = [*LETTERS, *(c + "</w>" for c in LETTERS), "ga", "<|startoftext|>", "<|endoftext|>"]
    ids = {w: i for i, w in enumerate(words)}
    tokenizer = Tokenizer(models.BPE(ids, [("g", "a")], end_of_word_suffix="</w>", unk_token="<|endoftext|>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<|startoftext|> $A <|endoftext|>",
        special_tokens=[(w, ids[w]) for w in ("<|startoftext|>", "<|endoftext|>")])  # fmt: skip
    return tokenizer, len(words)


def picture(width, height):
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    return ((x * 7 + y * 13 + c * 29 + x * y // 3) % 256).astype(np.uint8)


def sentences(net, tokenizer, pad, texts, longest):
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token=pad)
    batch = fast(texts, padding=True, truncation=True, max_length=longest, return_tensors="pt")
    with torch.no_grad():
        hidden = net(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).last_hidden_state
    mask = batch["attention_mask"].unsqueeze(-1).float()
    mean = (hidden * mask).sum(1) / mask.sum(1)
    return torch.nn.functional.normalize(mean, dim=-1)


def write(folder, **values):
    rounded = {k: [[float(f"{x:.8g}") for x in row] for row in v.tolist()] for k, v in values.items()}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "golden.json").write_text(json.dumps(rounded))


def tensor(output):
    return output if isinstance(output, torch.Tensor) else output.pooler_output


def main():
    out = Path(sys.argv[1])
    texts, sized = TEXTS, [Image.fromarray(picture(*size)) for size in PICTURES]

    tokenizer, words = word_pieces()
    net = draw(BertModel(BertConfig(vocab_size=words, max_position_embeddings=48, **SIZES)), 1)
    save(net, out / "bert", tokenizer)
    write(out / "bert", texts=sentences(net, tokenizer, "[PAD]", texts, 48))

    tokenizer, words = unigrams()
    config = XLMRobertaConfig(vocab_size=words, max_position_embeddings=50, pad_token_id=1, type_vocab_size=1,
                              layer_norm_eps=1e-5, **SIZES)  # fmt: skip
    net = draw(XLMRobertaModel(config), 2)
    save(net, out / "xlm-roberta", tokenizer)
    write(out / "xlm-roberta", texts=sentences(net, tokenizer, "<pad>", texts, 48))

    tokenizer, words = byte_pairs()
    config = CLIPConfig(
        projection_dim=20,
        text_config=dict(vocab_size=words, max_position_embeddings=40, eos_token_id=words - 1, **SIZES),
        vision_config=dict(image_size=24, patch_size=4, **SIZES))  # fmt: skip
    net = draw(CLIPModel(config), 3)
    save(net, out / "clip", tokenizer, torch.float16)
    processor = CLIPImageProcessorPil(size={"shortest_edge": 24}, crop_size={"height": 24, "width": 24})
    processor.save_pretrained(out / "clip")
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<|endoftext|>")
    batch = fast(texts, padding=True, truncation=True, max_length=40, return_tensors="pt")
    with torch.no_grad():
        heard = tensor(net.get_text_features(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]))
        seen = tensor(net.get_image_features(**processor(sized, return_tensors="pt")))
    unit = torch.nn.functional.normalize
    write(out / "clip", texts=unit(heard, dim=-1), pictures=unit(seen, dim=-1))

    net = draw(ViTModel(ViTConfig(image_size=24, patch_size=5, **SIZES), add_pooling_layer=False), 4)
    save(net, out / "vit")
    processor = ViTImageProcessorPil(size={"height": 24, "width": 24})
    processor.save_pretrained(out / "vit")
    with torch.no_grad():
        seen = net(**processor(sized, return_tensors="pt")).last_hidden_state[:, 0]
    write(out / "vit", pictures=seen)

    if len(sys.argv) > 2:
        minilm = Path(sys.argv[2])
        tokenizer = Tokenizer.from_file(str(minilm / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        net = BertModel.from_pretrained(minilm, add_pooling_layer=False).eval()
        longer = [*texts, "the dragon is down and the whole base goes with it " * 40]
        vectors = sentences(net, tokenizer, "[PAD]", longer, 256)
        (out / "minilm.json").write_text(json.dumps([[float(f"{x:.8g}") for x in v] for v in vectors[:, :96].tolist()]))


if __name__ == "__main__":
    main()
