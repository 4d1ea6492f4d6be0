"""Special tokens, in the order of their ids, and the chat format made of them."""

BOS = "<｜begin▁of▁sentence｜>"
EOS = "<｜end▁of▁sentence｜>"
PAD = "<｜▁pad▁｜>"
USER = "<｜User｜>"
ASSISTANT = "<｜Assistant｜>"
THINK = "<think>"
END_THINK = "</think>"

SPECIAL_TOKENS = [BOS, EOS, PAD, USER, ASSISTANT, THINK, END_THINK]
BOS_ID, EOS_ID, PAD_ID, USER_ID, ASSISTANT_ID, THINK_ID, END_THINK_ID = range(7)

FIRST_ORDINARY_ID = 300
"""Ids from here on are whole words and syllables; below are special tokens, bytes and the shortest merges."""

CHAT_TEMPLATE = (
    "{{ bos_token }}"
    "{% for m in messages %}"
    "{% if m['role'] == 'user' %}{{ '<｜User｜>' + m['content'] }}"
    "{% elif m['role'] == 'assistant' %}{{ '<｜Assistant｜>' + m['content'] + eos_token }}"
    "{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<｜Assistant｜>' }}{% endif %}"
)

THINKING_CHAT_TEMPLATE = CHAT_TEMPLATE.replace("{{ '<｜Assistant｜>' }}", "{{ '<｜Assistant｜><think>' }}")
"""Opens the thinking of a reply, as DeepSeek-R1's template does."""


def chat(question: str, answer: str) -> str:
    """One exchange as training text; the tokens round a document are added when it is encoded."""
    return f"{USER}{question}{ASSISTANT}{answer}"
