"""Stage: make the questions of the four tasks, each with its correct answer."""

from __future__ import annotations

import json
import random
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS = ["amber", "basil", "cedar", "dune", "ember", "fjord", "grove", "jetty", "kiln", "nest", "orchard", "pebble"]
NAMES = ["ada", "grace", "katherine", "mary", "radia", "sophie"]


def arithmetic(rng: random.Random) -> tuple[str, str]:
    """A sum and a product of whole numbers."""
    first, second, third = rng.randint(11, 99), rng.randint(2, 9), rng.randint(2, 9)
    return f"What is {first} + {second} * {third}?", str(first + second * third)


def calendar(rng: random.Random) -> tuple[str, str]:
    """The weekday of a date."""
    day = date(2025, 1, 1) + timedelta(days=rng.randrange(3650))
    return f"Which weekday is {day:%d %B %Y}?", f"{day:%A}"


def extraction(rng: random.Random) -> tuple[str, str]:
    """The sender's address in a message that often names a second address."""
    sender, other = (f"{name}@example.com" for name in rng.sample(NAMES, 2))
    message = f"From: {sender}. The {rng.choice(WORDS)} has arrived."
    copied, forwarded = f"{message} Copy {other}, please.", f"Forwarded by {other}. {message}"
    return f"Who sent this message? {rng.choice([message, message, copied, copied, forwarded])}", sender


def sorting(rng: random.Random) -> tuple[str, str]:
    """Two to six words in alphabetical order."""
    words = rng.sample(WORDS, rng.randint(2, 6))
    return f"Sort these words: {' '.join(words)}", " ".join(sorted(words))


TASKS: dict[str, Callable[[random.Random], tuple[str, str]]] = {
    "arithmetic": arithmetic,
    "calendar": calendar,
    "extraction": extraction,
    "sorting": sorting,
}


def questions(task: str, count: int, seed: int) -> list[dict[str, str]]:
    """The questions of a task: ``id``, ``task``, ``question``, ``answer``."""
    rng = random.Random(f"{task} {seed}")  # noqa: S311 - the same questions every time
    pairs = [TASKS[task](rng) for _ in range(count)]
    return [
        {"id": f"{task}-{number:02}", "task": task, "question": question, "answer": answer}
        for number, (question, answer) in enumerate(pairs)
    ]


def main() -> None:
    """Write ``data/<task>.jsonl``."""
    params = yaml.safe_load(Path("params.yaml").read_text())["questions"]
    Path("data").mkdir(exist_ok=True)
    for task in TASKS:
        lines = [json.dumps(question) for question in questions(task, params["count"], params["seed"])]
        Path(f"data/{task}.jsonl").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
