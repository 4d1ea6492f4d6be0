"""Requests for stories and stories that keep to them, ten sentences or more.

    python story_telling.py 3        # prints as many
"""

import re
import sys
from functools import cache
from random import Random

from story_grammar import EVENTS, THE_END, Binding, Event
from story_world import FOODS, ROLES, WEATHERS, World
from tasks import ANIMALS, COLORS, NAMES, PLACES, THINGS, TRAITS

SENTENCES = 10
"""At least so many, "The end." not counted."""
MOST_SENTENCES = 13
HELD_OUT_ONE_IN = 8
PREPOSITIONS = {"river": "by", "hill": "on", "beach": "on", "bridge": "on", "mill": "at"}

REQUESTS = {
    "short": ("Tell me a story about {hero} the {hero_animal} and a {color} {thing}.",),
    "full": (
        "Tell me a story about {hero} the {hero_animal} and a {color} {thing} in the {found}.",
        "Tell me a story about {hero} the {hero_animal}, {friend} the {friend_animal} and a {color} {thing} in the {found}.",
        "Write a story: {hero}, {trait} {hero_animal}, {color} {thing}, {found}.",
    ),
}
"""The short request is one that `tiny` was trained on; the full ones say where, and some say more of who."""


def held_out(facts: dict[str, str]) -> bool:
    """One in eight of the combinations of animal, colour and thing is in no story that is trained on."""
    indices = ANIMALS.index(facts["hero_animal"]), COLORS.index(facts["color"]), THINGS.index(facts["thing"])
    return sum(indices) % HELD_OUT_ONE_IN == 0


def draw_facts(random: Random, for_evaluation: bool) -> dict[str, str]:
    while True:
        hero, friend = random.sample(NAMES, 2)
        found, home = random.sample(PLACES, 2)
        facts = {
            "hero": hero,
            "hero_animal": random.choice(ANIMALS),
            "friend": friend,
            "friend_animal": random.choice(ANIMALS),
            "trait": random.choice(TRAITS),
            "color": random.choice(COLORS),
            "thing": random.choice(THINGS),
            "found": found,
            "home": home,
            "weather": random.choice(WEATHERS),
        }
        if held_out(facts) == for_evaluation:
            return facts


def request(random: Random, facts: dict[str, str], kind: str | None = None) -> tuple[str, dict[str, str]]:
    """A request, and the facts that it says."""
    form = random.choice(REQUESTS[kind] if kind else [form for forms in REQUESTS.values() for form in forms])
    return polished(form.format(**facts)), {key: facts[key] for key in slots_of(form)}


@cache
def slots_of(form: str) -> list[str]:
    return re.findall(r"{(\w+)}", form)


def fact_key(slot: str, binding: Binding) -> str | None:
    """Which fact a slot says; None for a slot that says none."""
    if slot in ("here", "to", "food"):
        return None
    for name, role in (("who", binding.who), ("other", binding.other)):
        if slot == name:
            return role
        if slot == f"{name}_animal":
            return f"{role}_animal"
    return slot


def slot_value(slot: str, binding: Binding, world: World) -> str | None:
    """What a slot must say in this world; None where nothing was said of it yet."""
    key = fact_key(slot, binding)
    if key:
        return world.facts.get(key) or world.plan.get(key)
    return {"here": world.at[binding.who], "to": binding.to, "food": binding.food}[slot]


def may_say(event: Event, form: str, binding: Binding, world: World, said: dict[str, str]) -> bool:
    """May a sentence that says these facts follow? What it says was said before, or the event tells it."""
    if "{here}" in form and world.at[binding.who] is None:
        return False
    return all(key in world.facts or key in event.tells for key in said) and event.when(world.reading(said), binding)


def say(event: Event, binding: Binding, world: World, said: dict[str, str]) -> None:
    """Brings the world to where it is after a sentence that says these facts."""
    for key, value in said.items():
        world.facts.setdefault(key, value)
    world.mentioned |= said.keys()
    event.then(world, binding)
    world.sentences += 1


def polished(sentence: str) -> str:
    """"a owl" in the forms is "an owl", and "in the beach" is "on the beach"."""
    sentence = re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", sentence)
    return re.sub(r"\bin the (\w+)", lambda match: f"{PREPOSITIONS.get(match[1], 'in')} the {match[1]}", sentence)


def plain(sentence: str) -> str:
    """The opposite of `polished`. tasks.py does not polish, and both count as sentences."""
    sentence = re.sub(r"\b([Aa])n (?=[aeiou])", r"\1 ", sentence)
    return re.sub(r"\b(on|by|at) the (\w+)", lambda match: f"in the {match[2]}" if match[2] in PREPOSITIONS else match[0], sentence)


def _step(random: Random, world: World, told: list[str], places: list[str]) -> bool:
    """Adds a sentence; False where none may be said."""
    options, weights = [], []
    for who, other in (ROLES, ROLES[::-1]):
        binding = Binding(who, other, random.choice(places), random.choice(FOODS))
        for event in EVENTS:
            form = random.choice(event.forms)
            slots = slots_of(form)
            keys = [key for slot in slots if (key := fact_key(slot, binding))]
            said = {key: world.facts.get(key) or world.plan[key] for key in keys}
            if may_say(event, form, binding, world, said):
                sentence = polished(form.format(**{slot: slot_value(slot, binding, world) for slot in slots}))
                if sentence not in told:
                    options.append((event, binding, said, sentence))
                    weights.append(event.weight)
    if not options:
        return False
    event, binding, said, sentence = random.choices(options, weights)[0]
    say(event, binding, world, said)
    told.append(sentence)
    return True


def tell(random: Random, facts: dict[str, str], asked: dict[str, str]) -> str:
    """A story that says every fact of the request within ten sentences."""
    places = [facts["found"], facts["home"], random.choice(PLACES)]
    while True:
        world, told = World(dict(asked), dict(facts)), []
        length = random.randint(SENTENCES, MOST_SENTENCES)
        while len(told) < length and _step(random, world, told, places):
            if len(told) == SENTENCES and not asked.keys() <= world.mentioned:
                break
        if len(told) == length and world.seen and asked.keys() <= world.mentioned:
            return " ".join([*told, THE_END])


def example(random: Random, for_evaluation: bool = False, kind: str | None = None) -> tuple[str, dict[str, str], str]:
    """A request, the facts that it says, and a story."""
    facts = draw_facts(random, for_evaluation)
    asking, asked = request(random, facts, kind)
    return asking, asked, tell(random, facts, asked)


if __name__ == "__main__":
    source = Random(1)
    for _ in range(int(sys.argv[1])):
        asking, _, story = example(source)
        print(f"{asking}\n{story}\n")
