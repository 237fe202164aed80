"""Stage: ask the model the questions of one task, and score its answers."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from model import generate

ARTICLES = {"a", "an", "the"}


def words(text: str) -> list[str]:
    """The words of an answer, without case, punctuation and articles, as SQuAD compares them."""
    return [word for word in re.findall(r"[\w@]+(?:\.\w+)*", text.lower()) if word not in ARTICLES]


def f1(prediction: str, answer: str) -> float:
    """The harmonic mean of precision and recall over the words of a prediction."""
    predicted, correct = words(prediction), words(answer)
    common = (Counter(predicted) & Counter(correct)).total()
    return 2 * common / (len(predicted) + len(correct))


def sample(question: dict[str, str], params: dict[str, Any]) -> dict[str, Any]:
    """The model's answer to one question, with its scores."""
    prompt = params["prompt"].format(question=question["question"])
    prediction = generate(prompt, params["temperature"], f"{question['id']} {params['seed']}")
    answer = question["answer"]
    exact_match = int(words(prediction) == words(answer))
    return {**question, "prediction": prediction, "exact_match": exact_match, "f1": round(f1(prediction, answer), 4)}


def scores(samples: list[dict[str, Any]]) -> dict[str, float]:
    """The mean scores of some samples."""
    means = {name: sum(each[name] for each in samples) / len(samples) for name in ("exact_match", "f1")}
    return {**{name: round(mean, 4) for name, mean in means.items()}, "samples": len(samples)}


def main(task: str) -> None:
    """Write ``results/<task>/samples.jsonl`` and ``results/<task>/metrics.json``."""
    params = yaml.safe_load(Path("params.yaml").read_text())["model"]
    questions = map(json.loads, Path(f"data/{task}.jsonl").read_text().splitlines())
    samples = [sample(question, params) for question in questions]
    folder = Path("results", task)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "samples.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in samples))
    (folder / "metrics.json").write_text(json.dumps(scores(samples), indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
