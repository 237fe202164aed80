"""Write the files that the gallery of charts plots, as base or head would write them: simulated, seeded, rounded.

scripts/make_charts_page.py copies this file into a temporary repository, runs it for each side, and commits the files.

Example:
    python simulate.py base
"""

from __future__ import annotations

import csv
import json
import math
import shutil
import sys
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw
from sklearn.datasets import load_digits
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CUSTOMERS = 700
FRUITS = ("apple", "banana", "cherry", "grape", "lemon", "pear")
ROWS = 1500
"""The rows that a binary classifier scores."""


def main() -> None:
    """Write all files of the side that the command line names."""
    is_head = sys.argv[1] == "head"
    write_training(is_head=is_head)
    write_binary(is_head=is_head)
    write_calibration(is_head=is_head)
    write_regression(is_head=is_head)
    write_classes(is_head=is_head)
    write_clouds(is_head=is_head)
    write_mask(is_head=is_head)
    write_data(is_head=is_head)
    write_events(is_head=is_head)


def write(path: str, columns: str, rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV file with numbers of at most four decimals, so that no machine's last digit is seen."""
    with Path(path).open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns.split())
        writer.writerows([round(cell, 4) if isinstance(cell, float) else cell for cell in row] for row in rows)


def seeded(seed: int) -> Random:
    """Dice that fall alike in every run."""
    return Random(seed)  # noqa: S311 - repeatable sample data, not a secret


def write_training(*, is_head: bool) -> None:
    """Losses by epoch, and the noisy loss of every step of the same training."""
    dice = seeded(1)
    floor, speed = (0.21, 0.16) if is_head else (0.26, 0.13)
    epochs = [
        (epoch, fall + floor - 0.1 + dice.gauss(0, 0.006), fall + floor + 0.004 * epoch + dice.gauss(0, 0.012))
        for epoch in range(1, 31)
        for fall in [1.3 * math.exp(-speed * epoch)]
    ]
    write("training.csv", "epoch training validation", epochs)
    steps = [(step, 0.3 * floor + 2.2 / (1 + speed * step / 40) * dice.uniform(0.85, 1.15)) for step in range(3000)]
    write("steps.csv", "step loss", steps)
    bad = (47, 48, 83) if is_head else ()
    rewards = [(episode, 90 * (1 - math.exp(-episode / 40)) + dice.gauss(5 * is_head, 3)) for episode in range(120)]
    write(
        "rewards.csv", "episode reward", [(episode, 8.0 if episode in bad else reward) for episode, reward in rewards]
    )


def write_binary(*, is_head: bool) -> None:
    """The curves of two classifiers, both of which head improves: one of rare positives, and one with few errors."""
    rare = ranked_labels(seeded(2), 0.08, 2.9 if is_head else 2.3)
    rows = [(rate, count / place, score) for place, (score, count, rate, _) in enumerate(rare, 1)]
    write("precision_recall.csv", "recall precision threshold", rows)
    easy = ranked_labels(seeded(11), 0.4, 4.6 if is_head else 3.6)
    write("roc.csv", "fpr tpr threshold", [(0, 0, 2), *((wrong, rate, score) for score, _, rate, wrong in easy)])


def ranked_labels(dice: Random, share: float, distance: float) -> list[tuple[float, int, float, float]]:
    """For each row, the highest score first: the score, and up to there the positives, their rate, and that of others.

    Positives are ``share`` of all rows; their logit is ``distance`` standard deviations above that of other rows.
    """
    labels = [dice.random() < share for _ in range(ROWS)]
    prior = math.log(share / (1 - share)) - distance**2 / 2
    logits = [distance * dice.gauss(distance * label, 1.0) + prior for label in labels]
    ranked = sorted(zip(logits, labels, strict=True), reverse=True)
    positives = sum(labels)
    found = accumulate(int(label) for _, label in ranked)
    return [
        (1 / (1 + math.exp(-logit)), count, count / positives, (place - count) / (ROWS - positives))
        for place, ((logit, _), count) in enumerate(zip(ranked, found, strict=True), 1)
    ]


def write_calibration(*, is_head: bool) -> None:
    """The bins of another classifier: base is too sure of itself."""
    dice = seeded(10)
    chances = [dice.betavariate(1.1, 1.3) for _ in range(2000)]
    labels = [dice.random() < chance for chance in chances]
    sharpness = 1.15 if is_head else 2.2
    scores = [chance**sharpness / (chance**sharpness + (1 - chance) ** sharpness) for chance in chances]
    bins = [[pair for pair in zip(scores, labels, strict=True) if int(pair[0] * 10) == place] for place in range(10)]
    means = [(*(sum(map(float, column)) / len(held) for column in zip(*held, strict=True)), len(held)) for held in bins]
    write("calibration.csv", "predicted observed count", means)


def write_regression(*, is_head: bool) -> None:
    """Prices and what a model says; base flattens: cheap is too dear, and dear too cheap."""
    dice, noise = seeded(3), seeded(4 + is_head)
    slope, spread = (0.95, 24) if is_head else (0.72, 38)
    actual = [30 + 160 * math.exp(dice.gauss(0, 0.6)) for _ in range(400)]
    rows = [
        (f"h{index:03}", price, 230 + slope * (price - 230) + noise.gauss(0, spread))
        for index, price in enumerate(actual)
    ]
    write("prices.csv", "id actual predicted", rows)


def write_classes(*, is_head: bool) -> None:
    """Classes with two that are often confused, importances of features, and the recall of ten digits."""
    dice, rows = seeded(5), []
    for index in range(900):
        actual, lot = FRUITS[index % 6 if index % 5 else 0], dice.random()
        similar = {"lemon": "banana", "pear": "apple", "cherry": "grape"}.get(actual, actual)
        confused, lost = (0.08, 0.02) if is_head and actual == "lemon" else (0.2, 0.03)
        rows.append((actual, similar if lot < confused else dice.choice(FRUITS) if lot > 1 - lost else actual))
    write("fruits.csv", "actual predicted", rows)
    features = {
        "size": 0.41,
        "year": 0.22,
        "rooms": 0.14,
        "garden": 0.08,
        "distance": 0.06,
        "floor": 0.05,
        "energy": 0.04,
    }
    moved = {"size": -0.09, "distance": 0.08, "energy": 0.012, "rooms": -0.004}
    write("importance.csv", "feature importance", [(k, v + is_head * moved.get(k, 0.0)) for k, v in features.items()])
    recall = [0.98, 0.96, 0.95, 0.93, 0.97, 0.94, 0.98, 0.96, 0.86, 0.91]
    gained = [0, 0.004, 0.01, 0.02, 0, -0.015, 0, 0.008, 0.06, 0.012]
    digits = {str(digit): round(recall[digit] + is_head * gained[digit], 4) for digit in range(10)}
    Path("metrics.json").write_text(json.dumps({"recall": digits}, indent=2) + "\n")


def write_clouds(*, is_head: bool) -> None:
    """The run time of texts by their length, the confidence of a classifier, and ratings by task."""
    dice = seeded(7)
    lengths = [dice.lognormvariate(5.6, 0.5) for _ in range(250)]
    cost = 0.31 if is_head else 0.42
    write(
        "latency.csv",
        "tokens milliseconds",
        [(round(each), 35 + cost * each * dice.uniform(0.75, 1.3)) for each in lengths],
    )
    confidence = [(dice.betavariate(9 if is_head else 6, 1.4 + place / 3),) for place in range(4) for _ in range(60)]
    write("confidence.csv", "confidence", confidence)
    weights = (1, 2, 4, 8, 7) if is_head else (3, 4, 6, 6, 3)
    stars = [
        (task, dice.choices(range(1, 6), weights)[0])
        for task in ("answer", "summary", "translation")
        for _ in range(70)
    ]
    write("ratings.csv", "task stars", stars)


def write_mask(*, is_head: bool) -> None:
    """A map of lakes and fields in a wood, where head finds one more lake."""
    dice, image = seeded(8), Image.new("RGB", (178, 100), "#2f6b3c")
    draw = ImageDraw.Draw(image)
    for number in range(7):
        left, top, wide, high = dice.randrange(150), dice.randrange(80), dice.randrange(14, 40), dice.randrange(10, 30)
        color = "#3f88c5" if number % 2 else "#c9b458"
        draw.ellipse((left, top, left + wide, top + high), fill=color)
    if is_head:
        draw.ellipse((12, 6, 34, 20), fill="#3f88c5")
    image.save("mask.png")


def write_data(*, is_head: bool) -> None:
    """A table to which head adds older customers of another region, and a folder of digits to which it adds some."""
    dice, rows = seeded(9), []
    for index in range(CUSTOMERS + 200 * is_head):
        is_new = index >= CUSTOMERS
        region = dice.choices(("north", "south", "west"), (2, 1, 5) if is_new else (5, 3, 1))[0]
        rows.append(
            (
                f"r{index:04}",
                dice.gauss(56 if is_new else 38, 9),
                dice.lognormvariate(3.6 if is_new else 3.4, 0.4),
                dice.expovariate(0.12 if is_new else 0.3),
                region,
            )
        )
    Path("data").mkdir(exist_ok=True)
    write("data/customers.csv", "id age income visits region", rows)
    images, labels = load_digits(return_X_y=True)
    for digit in (3, 8):
        folder = Path(f"data/digits/{digit}")
        folder.mkdir(parents=True, exist_ok=True)
        for number, pixels in enumerate(images[labels == digit][: 18 if is_head else 12]):
            Image.fromarray((255 - pixels.reshape(8, 8) * 15.9).astype("uint8")).save(folder / f"{number:02}.png")


def write_events(*, is_head: bool) -> None:
    """The accuracy on two parts of the data in event files of TensorBoard, whose names hold the time."""
    dice = seeded(12)
    speed, best = (0.05, 0.93) if is_head else (0.035, 0.91)
    for run, gap, every in (("train", 0.0, 1), ("validation", 0.03, 10)):
        shutil.rmtree(Path("logs", run), ignore_errors=True)
        writer = EventFileWriter(f"logs/{run}")
        for step in range(0, 201, every):
            accuracy = (best - gap) * (1 - 0.8 * math.exp(-speed * step)) + dice.gauss(0, 0.006)
            value = Summary.Value(tag="accuracy", simple_value=round(accuracy, 4))
            writer.add_event(Event(step=step, summary=Summary(value=[value])))
        writer.close()


if __name__ == "__main__":
    main()
