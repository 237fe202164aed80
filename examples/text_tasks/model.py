"""A stand-in for a language model: rules that answer, make slips, and talk too much. It needs no network.

As with a language model, a higher temperature makes it less exact, and the prompt decides how much it says.
"""

from __future__ import annotations

import random
import re
from datetime import datetime, timedelta

CHATTER = 0.3
"""How often it wraps an answer in a sentence where the prompt does not limit its words."""
SLIPS = 0.05
"""How often it makes a slip at temperature 0; a temperature of 1 adds 20%."""
LIMITS = {"one word": 1, "two words": 2, "three words": 3}


def generate(prompt: str, temperature: float, seed: str) -> str:
    """Answer a prompt. The same seed gives the same answer; a lower temperature only takes slips away."""
    rng = random.Random(seed)  # noqa: S311 - the same answers every time
    luck, mood = rng.random(), rng.random()
    answer = _answer(prompt, slips=luck < SLIPS + 0.2 * temperature)
    limit = next((words for phrase, words in LIMITS.items() if phrase in prompt), None)
    if limit:
        return " ".join(answer.split()[:limit])
    return f"The answer is {answer}." if mood < CHATTER and "@" not in answer else answer


def _answer(prompt: str, *, slips: bool) -> str:
    """The rule that fits the prompt, with or without a slip."""
    if found := re.search(r"(\d+) \+ (\d+) \* (\d+)", prompt):
        first, second, third = map(int, found.groups())
        return str((first + second) * third if slips else first + second * third)
    if found := re.search(r"weekday is (\d+ \w+ \d+)", prompt):
        day = datetime.strptime(found[1], "%d %B %Y").date()  # noqa: DTZ007 - a date has no time zone
        return f"{day - timedelta(days=1 if slips else 0):%A}"
    if found := re.search(r"Sort these words: ([a-z ]+)", prompt):
        words = sorted(found[1].split())
        return " ".join([*words[1:], words[0]] if slips else words)
    addresses: list[str] = re.findall(r"\w+@[\w.]+\w", prompt)
    return addresses[0]
