"""What a story has said so far, and where everybody and everything is at the moment."""

from dataclasses import dataclass, field, replace

from tasks import ANIMALS, COLORS, NAMES, PLACES, THINGS, TRAITS

ROLES = ("hero", "friend")
MORNING, NOON, EVENING, NIGHT = range(4)
WEATHERS = "sunny windy cold warm".split()
FOODS = "bread soup fruit honey".split()

WORDS = {
    "hero": NAMES,
    "friend": NAMES,
    "hero_animal": ANIMALS,
    "friend_animal": ANIMALS,
    "trait": TRAITS,
    "color": COLORS,
    "thing": THINGS,
    "found": PLACES,
    "home": PLACES,
    "weather": WEATHERS,
}
"""Every fact that stays as it was said, and the words that it may be."""


@dataclass
class World:
    facts: dict[str, str]
    """What the request and the story have said, by the keys of WORDS."""
    plan: dict[str, str] = field(default_factory=dict)
    """What a teller will say of the rest; empty where a story is read."""
    mentioned: set[str] = field(default_factory=set)
    """The facts that the story itself has said."""
    sentences: int = 0
    at: dict[str, str | None] = field(default_factory=lambda: {"hero": None, "friend": None})
    """Place by role; None where the story has not said it."""
    met: bool = False
    seen: bool = False
    """Has the hero seen the thing?"""
    holder: str | None = None
    """The role that has the thing."""
    lies: str | None = None
    """Where the thing is while nobody has it."""
    hidden_by: str | None = None
    """Who put the thing where it lies, on purpose."""
    lost_by: str | None = None
    owner: str | None = None
    """A role, or "nobody" where the friend has said that it is not theirs."""
    asked: bool = False
    stolen: bool = False
    owes_thanks: str | None = None
    mood: dict[str, str] = field(default_factory=dict)
    hungry: set[str] = field(default_factory=set)
    raining: bool = False
    time: int = MORNING
    slept: bool = False

    def together(self) -> bool:
        return self.met and self.at["hero"] == self.at["friend"]

    def present(self, role: str) -> bool:
        return role == "hero" or self.met

    def within_reach(self, role: str) -> bool:
        return self.seen and (self.holder == role or (self.holder is None and self.lies == self.at[role]))

    def reading(self, said: dict[str, str]) -> "World":
        """This world with what a sentence says; its state is the same one."""
        return self if said.keys() <= self.facts.keys() else replace(self, facts=said | self.facts)

    def take(self, role: str) -> None:
        self.seen, self.holder = True, role
        self.lies = self.hidden_by = self.lost_by = None

    def put_down(self, role: str) -> None:
        self.holder, self.lies = None, self.at[role]

    def move(self, to: str | None, *roles: str) -> None:
        for role in roles:
            self.at[role] = to
