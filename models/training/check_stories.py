"""Holds the reading of stories to stories of which it is known whether they follow. Prints nothing where all is well."""

from random import Random

import tasks
from story_reading import read, read_sentence, split_sentences
from story_telling import SENTENCES, example, held_out
from story_world import World

STORIES = 150


def kinds(asked: dict[str, str], *sentences: str) -> list[str]:
    world = World(dict(asked))
    return [read_sentence(sentence, world) for sentence in sentences]


def check_told_stories() -> None:
    """What is told follows, from held-out combinations too; of the old stories all that is there follows."""
    random = Random(3)
    for index in range(STORIES):
        _, asked, story = example(random, for_evaluation=index % 2 == 0)
        assert read(asked, story).follows(), (asked, story, read(asked, story))
        assert held_out(asked) == (index % 2 == 0)
        _, story = tasks.story(random)
        reading = read({}, story)
        assert reading.followed() == len(reading.sentences) == len(split_sentences(story)) - 1, reading
        assert not reading.follows(), "seven sentences are not ten"


def check_spoilt_stories() -> None:
    """A story read after another request strays; with two sentences of one kind it repeats; cut short it does not follow."""
    random = Random(4)
    for _ in range(STORIES):
        _, asked, story = example(random)
        _, other, _ = example(random)
        if any(asked.get(key) != other.get(key) for key in ("hero", "thing")):
            assert not read(other, story).follows(), (other, story)
        sentences = split_sentences(story)
        assert not read(asked, " ".join(sentences[: SENTENCES - 1])).follows()
        twice = " ".join([*sentences[:5], sentences[2], *sentences[5:]])
        assert read(asked, twice).sentences[5][1] == "repeats"


def check_known_sentences() -> None:
    asked = {"hero": "Lily", "hero_animal": "owl", "color": "red", "thing": "kite", "found": "garden"}
    begin = "Once upon a time there was a shy owl named Lily.", "One day Lily found a red kite in the garden."
    assert kinds(asked, *begin) == ["follows", "follows"]
    for third, kind in {
        "Soon Lily met Ben the fox.": "follows",
        "Soon Tom met Ben the fox.": "strays",
        "Soon Lily met Lily the fox.": "strays",
        "Lily carried the blue kite to the mill.": "strays",
        '"What a nice cup!" said Lily.': "strays",
        "Lily lost the kite in the garden.": "no sentence",
        "But Lily lost the kite in the garden.": "follows",
        "But Lily lost the kite in the cave.": "contradicts",
        "Lily gave the kite to Ben.": "contradicts",
        "One day Lily found a red kite in the garden.": "contradicts",
        "Lily lily the red.": "no sentence",
    }.items():
        assert kinds(asked, *begin, third)[-1] == kind, (third, kinds(asked, *begin, third))
    met = *begin, "Soon Lily met Ben the fox."
    assert kinds(asked, *met, "Lily gave the kite to Ben.", '"Thank you, Lily!" said Ben.')[-2:] == ["follows"] * 2
    assert kinds(asked, *met, "Lily gave the kite to Ben.", "Lily carried the red kite to the mill.")[-1] == "contradicts"
    on_a_beach = asked | {"found": "beach"}
    assert kinds(on_a_beach, begin[0], "One day Lily found a red kite on the beach.") == ["follows"] * 2
    assert kinds(on_a_beach, begin[0], "One day Lily found a red kite in the beach.") == ["follows"] * 2, "as tasks.py says it"
    assert kinds(asked, *met, '"It is mine," said Ben.')[-1] == "contradicts", "nobody asked"
    assert kinds(asked, *met, "From that day on the owl and the dog were good friends.")[-1] == "strays"


if __name__ == "__main__":
    check_known_sentences()
    check_told_stories()
    check_spoilt_stories()
