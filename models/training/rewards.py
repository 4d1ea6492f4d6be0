"""Rewards by rule: what an answer's text alone says of it, as DeepSeek-R1-Zero was rewarded (arXiv:2501.12948, section 2.2.2)."""

import re

from vocabulary import END_THINK, EOS, THINK

FORMAT_WEIGHT = 0.1
"""Of a reward for form beside 1 for a right result."""


def split_answer(text: str) -> tuple[str, str] | None:
    """Thinking and result of what follows an opened `<think>`: two lines of thinking or more, one `</think>`, a whole number, and the
    end. Otherwise None.
    """
    match = re.fullmatch(rf"(.*?){END_THINK}\s*(\d+)\s*{re.escape(EOS)}", text, re.DOTALL)
    if not match or "\n" not in match[1].strip() or THINK in match[1] or END_THINK in match[1]:
        return None
    return match[1], match[2]


def format_reward(text: str) -> float:
    """1 where the answer has its form, else 0."""
    return float(split_answer(text) is not None)


def accuracy_reward(text: str, expected: str) -> float:
    """1 where the result behind the thinking is the expected one, else 0. What has no form has no result."""
    parts = split_answer(text)
    return float(parts is not None and parts[1] == expected)


def reward(text: str, expected: str) -> float:
    """Between 0 and 1 + FORMAT_WEIGHT."""
    return accuracy_reward(text, expected) + FORMAT_WEIGHT * format_reward(text)
