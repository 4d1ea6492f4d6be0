"""The sentences that stories are made of: when each may be said, and what is so afterwards.

One table tells stories (story_telling.py) and reads them (story_reading.py), so that a sentence means the same to both. It has the
sentences of tasks.py, which `tiny` learnt, and more, for stories of ten sentences.
"""

from collections.abc import Callable
from typing import NamedTuple

from story_world import EVENING, MORNING, NIGHT, NOON, World


class Binding(NamedTuple):
    who: str
    """The role that acts."""
    other: str
    to: str
    """A place to go to."""
    food: str


class Event(NamedTuple):
    forms: tuple[str, ...]
    """Slots: who, other (names), who_animal, other_animal, here (where who is), to, food, and the facts of WORDS."""
    when: Callable[[World, Binding], bool]
    then: Callable[[World, Binding], None] = lambda world, b: None
    tells: tuple[str, ...] = ()
    """Facts that it may say for the first time."""
    weight: float = 1.0
    """Of being told, beside the others that may be."""


def hero(b: Binding) -> bool:
    return b.who == "hero"


def friend(b: Binding) -> bool:
    return b.who == "friend"


def _begin(w: World, b: Binding) -> None:
    w.at["hero"] = w.facts.get("home")


def _find(w: World, b: Binding) -> None:
    w.take("hero")
    w.at["hero"] = w.facts["found"]


def _see(w: World, b: Binding) -> None:
    w.seen, w.lies, w.at["hero"] = True, w.facts["found"], w.facts["found"]


def _meet(w: World, b: Binding) -> None:
    w.met, w.at["friend"] = True, w.at["hero"]


def _cry(w: World, b: Binding) -> None:
    _meet(w, b)
    w.mood["friend"] = "sad"


def _own(w: World, b: Binding) -> None:
    w.owner, w.asked = "friend", False


def _disown(w: World, b: Binding) -> None:
    w.owner, w.asked = "nobody", False


def _give(w: World, b: Binding) -> None:
    w.take(b.other)
    w.mood[b.other], w.owes_thanks = "happy", b.other


def _give_happily(w: World, b: Binding) -> None:
    _give(w, b)
    w.mood[b.other] = "said"


def _steal(w: World, b: Binding) -> None:
    w.take("hero")
    w.move(w.facts["home"], "hero")
    w.stolen = True


def _bring_back(w: World, b: Binding) -> None:
    w.take("friend")
    w.move(w.at["friend"], "hero")
    w.time, w.stolen = NIGHT, False


def _lose(w: World, b: Binding) -> None:
    w.put_down(b.who)
    w.lost_by, w.mood[b.who] = b.who, "sad"


def _hide(w: World, b: Binding) -> None:
    w.put_down(b.who)
    w.hidden_by = b.who


def _find_again(w: World, b: Binding) -> None:
    w.take(b.who)
    w.mood[b.who] = "happy"


def _walk_home(w: World, b: Binding) -> None:
    w.time = max(w.time, EVENING)
    w.move(w.facts.get("home"), "hero", "friend")


def _sleep(w: World, b: Binding) -> None:
    w.time, w.slept = NIGHT, True


def _set(**values) -> Callable[[World, Binding], None]:
    def then(w: World, b: Binding) -> None:
        for name, value in values.items():
            setattr(w, name, value)

    return then


def _sets_mood(value: str) -> Callable[[World, Binding], None]:
    def then(w: World, b: Binding) -> None:
        w.mood[b.who] = value

    return then


def _go_home(w: World, b: Binding) -> None:
    w.time = EVENING
    w.move(w.facts["home"], b.who)


def _awake(w: World, b: Binding) -> bool:
    return w.present(b.who) and not w.slept


OPENING = ("trait", "hero", "hero_animal")
FRIEND = ("friend", "friend_animal")
THING = ("color", "thing", "found")

EVENTS = [
    # How it begins.
    Event(("Once upon a time there was a {trait} {who_animal} named {who}.", "{who} was a {trait} {who_animal}."),
          lambda w, b: hero(b) and w.sentences == 0, tells=OPENING),
    Event(("{who} was a {trait} {who_animal} who lived near the {home}.",),
          lambda w, b: hero(b) and w.sentences == 0, _begin, (*OPENING, "home")),
    Event(("{who} lived near the {home}.",),
          lambda w, b: hero(b) and w.sentences == 1 and "home" not in w.mentioned, _begin, ("home",), 2),
    Event(("It was a {weather} morning.",),
          lambda w, b: 1 <= w.sentences <= 2 and w.time == MORNING and "weather" not in w.mentioned, tells=("weather",)),
    # The thing.
    Event(("One day {who} found a {color} {thing} in the {found}.",),
          lambda w, b: hero(b) and w.sentences and not w.seen and w.time <= NOON, _find, THING, 2),
    Event(("One morning {who} walked to the {found} and saw a {color} {thing}.",),
          lambda w, b: hero(b) and w.sentences and not w.seen and w.time == MORNING, _see, THING),
    Event(("There {who} found a {color} {thing}.",),
          lambda w, b: hero(b) and not w.seen and w.at["hero"] is not None and w.at["hero"] == w.facts.get("found"),
          _find, ("color", "thing"), 6),
    Event(("{who} picked up the {color} {thing}.",),
          lambda w, b: w.present(b.who) and w.within_reach(b.who) and w.holder is None and w.hidden_by is None and w.lost_by is None,
          lambda w, b: w.take(b.who), (), 4),
    Event(('"What a nice {thing}!" said {who}.',), lambda w, b: w.present(b.who) and w.within_reach(b.who)),
    Event(("{who} wanted to keep the {color} {thing}.",), lambda w, b: hero(b) and w.within_reach(b.who) and w.owner is None),
    Event(("{who} showed {other} the {color} {thing}.",), lambda w, b: w.holder == b.who and w.together(), weight=2),
    Event(("{who} hid the {color} {thing} in the {here}.",), lambda w, b: w.holder == b.who and not w.together(), _hide, (), 0.5),
    Event(("{who} went back to the {to} and took the {thing} again.",),
          lambda w, b: w.hidden_by == b.who and w.lies == b.to != w.at[b.who],
          lambda w, b: (w.take(b.who), w.move(b.to, b.who))[0], (), 4),
    Event(("But {who} lost the {thing} in the {here}.",),
          lambda w, b: w.holder == b.who, _lose, (), 0.6),
    Event(("{who} looked for the {thing} in the {here}.",), lambda w, b: w.lost_by == b.who, weight=3),
    Event(("{who} could not find the {thing}.",), lambda w, b: w.lost_by == b.who and w.lies != w.at[b.who]),
    Event(("At last {who} found the {thing} in the {here}.",),
          lambda w, b: w.lost_by == b.who and w.lies == w.at[b.who], _find_again, (), 4),
    # The friend.
    Event(("Soon {who} met {other} the {other_animal}.",), lambda w, b: hero(b) and w.sentences and not w.met, _meet, FRIEND, 1.5),
    Event(("Then {who} the {who_animal} came by and began to cry.",),
          lambda w, b: friend(b) and w.sentences and not w.met, _cry, FRIEND),
    Event(("Then {who} the {who_animal} came by.",), lambda w, b: friend(b) and w.sentences and not w.met, _meet, FRIEND),
    Event(('"Whose {thing} is this?" asked {who}.',),
          lambda w, b: hero(b) and w.within_reach("hero") and w.owner is None, _set(asked=True)),
    Event(('"I lost my {thing} in the {found}," said {who}.', '"That {color} {thing} is mine," said {who} the {who_animal}.'),
          lambda w, b: friend(b) and w.together() and w.within_reach("hero") and w.owner is None, _own, (), 1.5),
    Event(('"It is mine," said {who}.',), lambda w, b: friend(b) and w.together() and w.asked, _own, (), 5),
    Event(('"It is not mine," said {who}.',), lambda w, b: friend(b) and w.together() and w.asked, _disown, (), 5),
    Event(("{who} gave the {thing} to {other}.",),
          lambda w, b: w.holder == b.who and w.together() and w.owner != b.who, _give, (), 1),
    Event(("{who} gave the {thing} back to {other}.",),
          lambda w, b: w.holder == b.who and w.together() and w.owner == b.other, _give, (), 3),
    Event(("{who} gave the {thing} back to {other}, and {other} was very happy.",),
          lambda w, b: w.within_reach(b.who) and w.together() and w.owner in (None, b.other) and hero(b), _give_happily),
    Event(('"Thank you, {other}!" said {who}.',), lambda w, b: w.owes_thanks == b.who and w.together(), _set(owes_thanks=None), (), 6),
    Event(("So {who} and {other} shared the {color} {thing} and played all day.",),
          lambda w, b: hero(b) and w.together() and (w.within_reach("hero") or w.holder == "friend") and w.time <= NOON,
          _set(time=EVENING)),
    Event(("{who} and {other} played with the {thing} in the {here}.",),
          lambda w, b: w.together() and w.holder in ("hero", "friend") and not w.slept, weight=1.5),
    Event(("From that day on the {who_animal} and the {other_animal} were good friends.",),
          lambda w, b: hero(b) and w.met and not w.stolen and w.sentences > 4, weight=2),
    Event(("In the evening they walked home from the {here} together.",),
          lambda w, b: hero(b) and w.seen and w.together() and w.time <= EVENING and w.sentences > 4 and w.at["hero"] != w.facts.get("home"),
          _walk_home),
    Event(("But {who} ran away with the {thing} to the {home}.",),
          lambda w, b: hero(b) and w.within_reach("hero") and w.together() and w.owner in (None, "friend") and w.at["hero"] != w.facts.get("home"),
          _steal, ("home",), 0.4),
    Event(("That night the {trait} {who_animal} felt sorry and brought it back.",), lambda w, b: hero(b) and w.stolen, _bring_back),
    Event(("{who} looked for the {thing} until {other} said sorry.",), lambda w, b: friend(b) and w.stolen, _set(stolen=False)),
    # Going about.
    Event(("{who} walked to the {to}.", "Then {who} ran to the {to}."),
          lambda w, b: hero(b) and w.sentences and w.time < EVENING and w.at["hero"] != b.to and not w.together() and not w.stolen,
          lambda w, b: w.move(b.to, b.who)),
    Event(("{who} carried the {color} {thing} to the {to}.",),
          lambda w, b: w.holder == b.who and w.time < EVENING and w.at[b.who] != b.to and not w.stolen,
          lambda w, b: w.move(b.to, b.who)),
    Event(("{who} and {other} walked to the {to} together.",),
          lambda w, b: w.together() and w.time < EVENING and w.at[b.who] != b.to, lambda w, b: w.move(b.to, "hero", "friend"), (), 1.5),
    # How they are.
    Event(("{who} was very happy.", '"I am so happy!" said {who}.'),
          lambda w, b: w.mood.get(b.who) == "happy", _sets_mood("said"), (), 3),
    Event(("{who} was very sad.", '"I am so sad," said {who}.'), lambda w, b: w.mood.get(b.who) == "sad", _sets_mood("said"), (), 3),
    Event(("{who} was hungry.",),
          lambda w, b: _awake(w, b) and w.sentences > 1 and b.who not in w.hungry, lambda w, b: w.hungry.add(b.who), (), 0.5),
    Event(("{who} ate some {food} in the {here}.",),
          lambda w, b: _awake(w, b) and b.who in w.hungry, lambda w, b: w.hungry.discard(b.who), (), 5),
    # Weather, and the day.
    Event(("Then it began to rain.",), lambda w, b: w.sentences > 1 and not w.raining and w.time < NIGHT, _set(raining=True), (), 0.4),
    Event(("{who} was wet and cold.",), lambda w, b: w.present(b.who) and w.raining),
    Event(("At last the rain stopped.",), lambda w, b: w.raining, _set(raining=False), (), 3),
    Event(("Soon it was noon.",), lambda w, b: w.sentences > 2 and w.time == MORNING, _set(time=NOON), (), 0.6),
    Event(("In the evening {who} went home to the {home}.",),
          lambda w, b: hero(b) and w.seen and w.sentences > 6 and w.time <= EVENING and w.at["hero"] != w.facts.get("home"), _go_home, (), 2),
    Event(("At night {who} slept in the {home}.",),
          lambda w, b: hero(b) and w.time >= EVENING and w.at["hero"] is not None and w.at["hero"] == w.facts.get("home") and not w.slept,
          _sleep, (), 2),
    Event(("{who} dreamed of the {color} {thing}.",), lambda w, b: hero(b) and w.slept and w.seen, weight=6),
]

THE_END = "The end."
