"""How often intervals hold and verdicts are wrong, for each metric and number of rows, where the truth is known.

In each trial, the predictions of two models are drawn and judged as those of two revisions are. Models that are alike
show how often a model is called worse that is not. Models that are unlike show how often an interval contains the true
change, which is the mean over many trials with many rows. The same number of trials gives the same bytes.

Example:
    python benchmarks/calibration.py --trials 100 --only "2 classes"
"""

from __future__ import annotations

import argparse
import os
import sys
import zlib
from math import sqrt
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
from populations import POPULATIONS, ROWS_IN_GROUP, Rows
from single_metric import judge_alone

from headway.judge.statistics.compare import compare_paired
from headway.judge.statistics.sample import CannotEstimateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from populations import Population

    from headway.judge.statistics.sample import Sample
    from headway.settings import Estimator

    Outcomes = NDArray[np.float64]
    Apply = Callable[[Callable[["Draw"], Outcomes], Iterable["Draw"]], Iterable[Outcomes]]


class Column(NamedTuple):
    """A number of rows, and whether they belong to groups."""

    rows: int
    grouped: bool = False

    def __str__(self) -> str:
        return f"{self.rows // ROWS_IN_GROUP} groups" if self.grouped else f"{self.rows:,}"


SEED = 20_261_130
SIZES = tuple(Column(rows) for rows in (50, 100, 200, 500, 1000, 2000, 5000, 20_000))
GROUPS = tuple(Column(groups * ROWS_IN_GROUP, grouped=True) for groups in (5, 10, 20, 50))
TRIALS = 1000
TRUTH_SHARE = 0.4
"""The true change is the mean over so many trials with the most rows, as a share of those of a cell."""
CHUNK = 25
LARGE = 500
"""From this number of rows on, false verdicts must be as rare as their level says."""
LOW, HIGH = 0.93, 0.97
"""The bounds that the coverage of an interval of 95% is held to."""
FEWEST = 0.05
"""If a smaller share of the trials gets a verdict, a cell says nothing."""
DOCUMENT = Path(__file__).parent.parent / "docs" / "statistics.md"
BEGIN, END = "<!-- begin: benchmarks/calibration.py -->", "<!-- end: benchmarks/calibration.py -->"


class Draw(NamedTuple):
    """Some trials of one kind.

    Attributes:
        population: what is drawn.
        column: the number of rows.
        alike: whether both models are equally good.
        trials: the numbers of the trials, which decide the random numbers.
    """

    population: Population
    column: Column
    alike: bool
    trials: range


class Cell(NamedTuple):
    """How a method does on a metric and a number of rows; shares of the trials with a verdict.

    Attributes:
        column: the number of rows.
        judged: the share of all trials that got a verdict.
        coverage, gate_coverage: how often the 95% and the 90% interval contain the true change of unlike models.
        above, below: how often the 95% interval lies wholly above the true change, or wholly below.
        false_worse: how often models that are alike get a verdict of better or worse, halved: both are equally likely.
        power: how often the change of unlike models is found.
        trials: the trials with a verdict, of unlike and of like models.
    """

    column: Column
    judged: float
    coverage: float = np.nan
    gate_coverage: float = np.nan
    above: float = np.nan
    below: float = np.nan
    false_worse: float = np.nan
    power: float = np.nan
    trials: tuple[int, int] = (0, 0)

    @property
    def misses(self) -> bool:
        """Whether the interval holds less often than in 93% of the trials, or false verdicts are too many."""
        most = 0.025 + 2 * sqrt(0.025 * 0.975 / 2 / self.trials[1]) if self.column.rows >= LARGE else 0.035
        return self.coverage < LOW or self.false_worse > most


def main() -> None:
    """Simulate, and print the tables or write them into the documentation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=TRIALS, help="trials of each kind (default: %(default)s)")
    parser.add_argument("--only", default="", help="only those whose name, as in '3 classes: MCC', contains this")
    parser.add_argument("--write", action="store_true", help="write the tables into docs/statistics.md")
    options = parser.parse_args()
    found: dict[str, list[Cell]] = {}
    os.environ["OMP_NUM_THREADS"] = "1"  # each process uses one core
    with get_context("spawn").Pool() as pool:
        for population in choose(options.only):
            found |= calibrate(population, options.trials, pool.imap)
            print(f"{population.name}: done", file=sys.stderr)
    text = tables(found, options.trials)
    print(text)
    if options.write:
        DOCUMENT.write_text(placed(DOCUMENT.read_text(), text))


def choose(words: str) -> Iterator[Population]:
    """The populations, each with the metrics whose name contains some words."""
    for population in POPULATIONS:
        metrics = {name: each for name, each in population.metrics.items() if words in f"{population.name}: {name}"}
        if metrics:
            yield population._replace(metrics=metrics)


def calibrate(
    population: Population, trials: int, apply: Apply = map, columns: Sequence[Column] = SIZES + GROUPS
) -> dict[str, list[Cell]]:
    """The cells of each metric of a population, in the order of the columns.

    Args:
        population: what to draw.
        trials: how many, of unlike models and of like ones.
        apply: ``map``, or that of a pool of processes.
        columns: the numbers of rows.
    """
    most = max(column for column in columns if not column.grouped)
    others = Draw(population, most, alike=False, trials=range(trials, trials + round(trials * TRUTH_SHARE)))
    truth = np.nanmean(_simulate(others, apply)[..., 0], axis=0)
    found: dict[str, list[Cell]] = {f"{population.name}: {name}": [] for name in population.metrics}
    for column in columns:
        unlike, like = (
            _simulate(Draw(population, column, alike=alike, trials=range(trials)), apply) for alike in (False, True)
        )
        for place, cells in enumerate(found.values()):
            cells.append(_cell(column, float(truth[place]), unlike[:, place], like[:, place]))
    return found


def _simulate(draw: Draw, apply: Apply) -> Outcomes:
    """Shape (trials, metrics, 6), as of :func:`_judge`."""
    parts = [draw._replace(trials=draw.trials[start : start + CHUNK]) for start in range(0, len(draw.trials), CHUNK)]
    return np.concatenate(list(apply(_judge_all, parts)))


def _judge_all(draw: Draw) -> Outcomes:
    found = []
    for trial in draw.trials:
        seed = [SEED, zlib.crc32(draw.population.name.encode()), *draw.column, draw.alike, trial]
        rng = np.random.default_rng([int(each) for each in seed])
        base, head = draw.population.draw(Rows(rng, draw.column.rows, draw.column.grouped, draw.alike))
        found.append([_judge(estimator, base, head) for estimator in draw.population.metrics.values()])
    return np.array(found)


def _judge(estimator: Estimator, base: Sample, head: Sample) -> tuple[float, ...]:
    """The change, both ends of the 95% and of the 90% interval, and the sign of the verdict; NaN without a verdict.

    The sign is that of a change that is found, else 0.
    """
    try:
        tested = compare_paired(estimator, base, head)
    except CannotEstimateError:
        return (np.nan,) * 6
    if tested.too_few:  # also where the predictions are identical
        return (np.nan,) * 6
    found = tested.evidence
    judged = judge_alone(tested)
    sign = {"improved": 1.0, "worse": -1.0}.get(str(judged.verdict), 0.0)
    return (found.estimate, found.low, found.high, found.gate_low, found.gate_high, sign)


def _cell(column: Column, truth: float, unlike: Outcomes, like: Outcomes) -> Cell:
    judged = float(np.mean(~np.isnan(unlike[:, 0])))
    unlike, like = (outcomes[~np.isnan(outcomes[:, 0])] for outcomes in (unlike, like))
    if judged < FEWEST or not len(like):
        return Cell(column, judged, trials=(len(unlike), len(like)))
    _, low, high, gate_low, gate_high, sign = unlike.T
    return Cell(
        column=column,
        judged=judged,
        coverage=float(np.mean((low <= truth) & (truth <= high))),
        gate_coverage=float(np.mean((gate_low <= truth) & (truth <= gate_high))),
        above=float(np.mean(low > truth)),
        below=float(np.mean(high < truth)),
        false_worse=float(np.mean(like[:, 5] != 0)) / 2,
        power=float(np.mean(sign == np.sign(truth))),
        trials=(len(unlike), len(like)),
    )


def tables(found: Mapping[str, Sequence[Cell]], trials: int) -> str:
    """What matters, for rows and for groups, and the rest folded away below, as Markdown."""
    error = 100 * sqrt(0.95 * 0.05 / trials)
    caption = f'Coverage of the 95% interval / false "worse", in percent of {trials:,} trials'
    parts = [
        f"{caption} (their standard errors are about {error:.1f} / {error / 2:.1f} points):",
        _table(found, slice(len(SIZES)), _text),
        f"The same with {ROWS_IN_GROUP} rows in each group, which have half of the variance in common:",
        _table(found, slice(len(SIZES), None), _text),
        "<details><summary>Verdicts given / coverage of the 90% interval / changes found, in percent</summary>",
        _table(found, slice(None, None, 2), _rest),
        "</details>",
    ]
    return "\n\n".join(parts)


def _table(found: Mapping[str, Sequence[Cell]], chosen: slice, text: Callable[[Cell], str]) -> str:
    columns = [str(column) for column in (SIZES + GROUPS)[chosen]]
    lines = [_line("metric", *columns), "|---|" + "---:|" * len(columns)]
    lines += [_line(name, *map(text, cells[chosen])) for name, cells in found.items()]
    return "\n".join(lines)


def _line(*texts: str) -> str:
    return f"| {' | '.join(texts)} |"


def _text(cell: Cell) -> str:
    if np.isnan(cell.coverage):
        return "too few"
    text = _percents(cell.coverage, cell.false_worse)
    if cell.misses:
        return f"**{text}**"
    return f"*{text}*" if cell.coverage > HIGH else text


def _rest(cell: Cell) -> str:
    return "too few" if np.isnan(cell.coverage) else _percents(cell.judged, cell.gate_coverage, cell.power)


def _percents(*shares: float) -> str:
    return " / ".join(f"{share * 100:.1f}" for share in shares)


def placed(document: str, text: str) -> str:
    """A document with the tables between their marks."""
    before, rest = document.split(BEGIN)
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    main()
