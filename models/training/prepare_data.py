"""Trains the tokenizer and writes one flat file of token ids per domain and split.

    python prepare_data.py        # data/tokenizer.json, data/<domain>.{train,val}.npz
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random

import numpy as np
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

import corpora
import tasks
from config import CONFIG
from vocabulary import BOS_ID, END_THINK, EOS_ID, SPECIAL_TOKENS, THINK, chat

DATA = Path(__file__).resolve().parent / "data"
MATH_DOCUMENTS = 220_000
SPECIAL = re.compile("|".join(map(re.escape, SPECIAL_TOKENS)))

TOKENIZER_SAMPLE_BYTES = {
    "novel": 1_200_000,
    "bible": 1_000_000,
    "code": 1_400_000,
    "dictionary": 800_000,
    "poems": 1_100_000,
    "stories": 300_000,
}
"""How much of each domain the tokenizer's merges are learnt from."""

WORDS = (
    r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+"
    r"|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"
    r"| ?[\p{P}\p{S}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""DeepSeek-V3's word pattern; digits and Chinese runs are split off before it."""


def train_tokenizer(texts: Iterable[str], vocab_size: int) -> Tokenizer:
    """Byte-level BPE with single digits and with the special tokens at the lowest ids."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence([])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"\p{N}"), "isolated"),
            pre_tokenizers.Split(Regex(r"[一-龥]+"), "isolated"),
            pre_tokenizers.Split(Regex(WORDS), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[AddedToken(text, special=True, normalized=False) for text in SPECIAL_TOKENS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def tokenizer_sample(domains: dict[str, list[str]], random: Random) -> Iterator[str]:
    for name, wanted_bytes in TOKENIZER_SAMPLE_BYTES.items():
        documents, used_bytes = list(domains[name]), 0
        random.shuffle(documents)
        for document in documents:
            yield without_special_tokens(document)
            used_bytes += len(document.encode())
            if used_bytes > wanted_bytes:
                break


def without_special_tokens(document: str) -> str:
    """As merges are learnt from it: they know no special token."""
    return SPECIAL.sub("\n", document)


def math_documents(seed: int, tokenizer: Tokenizer) -> list[str]:
    """Exercises with all their thinking (65%), with none (15%), or cut at a random token (20%).

    Whoever cuts the model's thinking short later finds that it answers all the same, as well as it can.
    """
    random, documents = Random(seed), []
    for _ in range(MATH_DOCUMENTS):
        exercise = tasks.math(random)
        draw, thinking = random.random(), "\n".join(exercise.steps)
        if draw < 0.15:
            thinking = ""
        elif draw < 0.35:
            ids = tokenizer.encode(thinking).ids
            thinking = tokenizer.decode(ids[: random.randrange(len(ids))])
        documents.append(chat(exercise.question, f"{THINK}{thinking}{END_THINK}{exercise.answer}"))
    return documents


def save(name: str, documents: list[str], tokenizer: Tokenizer, held_out: float) -> None:
    """The first `held_out` of the documents become the validation split."""
    ids = [[BOS_ID, *encoding.ids, EOS_ID] for encoding in tokenizer.encode_batch(documents)]
    cut = max(1, int(len(ids) * held_out))
    for split, part in (("val", ids[:cut]), ("train", ids[cut:])):
        starts = np.cumsum([0] + [len(document) for document in part[:-1]])
        tokens = np.concatenate([np.array(document, np.uint16) for document in part])
        np.savez(DATA / f"{name}.{split}.npz", tokens=tokens, starts=starts)
    total = sum(map(len, ids))
    bytes_per_token = sum(len(document.encode()) for document in documents) / total
    print(f"{name:11s} {len(ids):7d} documents {total:9d} tokens {bytes_per_token:.2f} bytes/token", flush=True)


def main() -> None:
    DATA.mkdir(exist_ok=True)
    random = Random(7)
    domains = {
        "novel": corpora.novel(),
        "bible": corpora.bible(),
        "code": corpora.code(),
        "dictionary": corpora.dictionary(random),
        "poems": corpora.poems(random),
        "stories": corpora.stories(random),
    }
    for name in ("novel", "bible", "code"):
        random.shuffle(domains[name])
    tokenizer = train_tokenizer(tokenizer_sample(domains, random), CONFIG["vocab_size"])
    tokenizer.save(str(DATA / "tokenizer.json"))
    words = corpora.common_words(domains["novel"][:60])
    domains["recall"] = corpora.recall(random, words)
    for name, documents in domains.items():
        save(name, documents, tokenizer, held_out=0.03)
    save("math", math_documents(11, tokenizer), tokenizer, held_out=0.005)


if __name__ == "__main__":
    main()
