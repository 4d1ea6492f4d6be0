"""Does a story follow its request for ten sentences? By the rules of story_grammar.py, without a model that judges.

A sentence is one of
    "follows"       of the grammar, with the facts that were said, and possible in the world as it is
    "contradicts"   of the grammar, but something said before forbids it: who has the thing, who is where, what time it is
    "strays"        of the grammar, but with another name, animal, thing, colour or place than was said
    "repeats"       said word for word before
    "no sentence"   not of the grammar
"""

import re
from functools import cache
from typing import NamedTuple

from story_grammar import EVENTS, THE_END, Binding, Event
from story_telling import SENTENCES, fact_key, may_say, plain, say, slot_value
from story_world import FOODS, ROLES, WORDS, World
from tasks import ANIMALS, NAMES, PLACES

KINDS = ("follows", "contradicts", "strays", "repeats", "no sentence")
SLOT_WORDS = WORDS | {
    "who": NAMES,
    "other": NAMES,
    "who_animal": ANIMALS,
    "other_animal": ANIMALS,
    "here": PLACES,
    "to": PLACES,
    "food": FOODS,
}


class Reading(NamedTuple):
    sentences: list[tuple[str, str]]
    """The first ten, with the kind of each."""
    left_out: list[str]
    """Facts of the request that these do not say."""

    def follows(self, count: int = SENTENCES) -> bool:
        """Are there so many sentences, the request's facts among them, and do all of them follow?"""
        kinds = [kind for _, kind in self.sentences[:count]]
        return len(kinds) == count and set(kinds) == {"follows"} and not self.left_out

    def followed(self) -> int:
        """How many sentences follow before the first that does not."""
        return next((i for i, (_, kind) in enumerate(self.sentences) if kind != "follows"), len(self.sentences))


def split_sentences(text: str) -> list[str]:
    return [sentence for sentence in re.split(r'(?<=[.!?])\s+(?=["A-Z])|(?<=[.!?]")\s+(?=["A-Z])', text.strip()) if sentence]


@cache
def _pattern(form: str) -> re.Pattern:
    """Every slot a group of its own, slot__1 where it stands twice, so that two different names are seen as such."""
    pattern, seen = "", {}
    for part in re.split(r"({\w+})", form):
        if not part.startswith("{"):
            pattern += re.escape(part)
            continue
        slot = part[1:-1]
        seen[slot] = seen.get(slot, 0) + 1
        pattern += f"(?P<{slot}__{seen[slot]}>{'|'.join(SLOT_WORDS[slot])})"
    return re.compile(pattern)


def _kind(event: Event, form: str, found: dict[str, str], binding: Binding, world: World) -> tuple[str, dict[str, str]]:
    """What a sentence of this form is, read with these roles, and the facts that it says."""
    said: dict[str, str] = {}
    for group, word in found.items():
        slot = group.split("__")[0]
        key = fact_key(slot, binding)
        known = said.get(key) or slot_value(slot, binding, world)
        if known is not None and known != word:
            return ("strays" if key else "contradicts"), {}
        if key:
            said[key] = word
    if {"hero", "friend"} <= said.keys() | world.facts.keys():
        names = world.facts | said
        if names["hero"] == names["friend"]:
            return "strays", {}
    return ("follows" if may_say(event, form, binding, world, said) else "contradicts"), said


def read_sentence(sentence: str, world: World) -> str:
    """The kind of a sentence; moves the world on where it follows."""
    kinds = []
    for event in EVENTS:
        for form in event.forms:
            match = _pattern(form).fullmatch(plain(sentence))
            if not match:
                continue
            found = match.groupdict()
            for who, other in (ROLES, ROLES[::-1]):
                binding = Binding(who, other, found.get("to__1", ""), found.get("food__1", ""))
                kind, said = _kind(event, form, found, binding, world)
                if kind == "follows":
                    say(event, binding, world, said)
                    return kind
                kinds.append(kind)
    return min(kinds, key=KINDS.index) if kinds else "no sentence"


def read(asked: dict[str, str], story: str) -> Reading:
    """Reads the first ten sentences after a request that says these facts; "The end." is none of them."""
    world, sentences = World(dict(asked)), []
    for sentence in split_sentences(story)[:SENTENCES]:
        if sentence == THE_END:
            break
        is_new = all(sentence != before for before, _ in sentences)
        sentences.append((sentence, read_sentence(sentence, world) if is_new else "repeats"))
    return Reading(sentences, sorted(asked.keys() - world.mentioned))
