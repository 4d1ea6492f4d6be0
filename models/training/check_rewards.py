"""Holds the rewards to facts: which texts earn what.

    python check_rewards.py
"""

from rewards import FORMAT_WEIGHT, reward
from vocabulary import END_THINK, EOS, THINK

RIGHT, FORM_ALONE, NOTHING = 1 + FORMAT_WEIGHT, FORMAT_WEIGHT, 0.0

FACTS = {
    f"7+5=12\n12-3=9{END_THINK}9{EOS}": RIGHT,
    f"two\nlines{END_THINK}9{EOS}": RIGHT,  # nobody reads what is thought
    f"7+5=12\n12-3=9{END_THINK}12{EOS}": FORM_ALONE,
    f"{END_THINK}9{EOS}": NOTHING,
    f"7+5-3=9{END_THINK}9{EOS}": NOTHING,  # one line is no thinking
    f"7+5-3=9\n{END_THINK}9{EOS}": NOTHING,
    f"7+5=12\n12-3=9{END_THINK}9": NOTHING,  # cut off
    f"7+5=12\n12-3=9{EOS}": NOTHING,  # right, but thinking never ends
    f"9{EOS}": NOTHING,
    f"7+5=12\n12-3=9{END_THINK}{END_THINK}9{EOS}": NOTHING,
    f"7+5=12\n12-3=9{THINK}{END_THINK}9{EOS}": NOTHING,
    f"7+5=12\n12-3=9{END_THINK}It is 9.{EOS}": NOTHING,
    f"7+5=12\n12-3=9{END_THINK}9{EOS}9": NOTHING,
}

for text, expected in FACTS.items():
    assert reward(text, "9") == expected, f"{text!r}: expected {expected}, got {reward(text, '9')}"
print(f"{len(FACTS)} facts hold")
