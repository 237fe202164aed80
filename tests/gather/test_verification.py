"""Headway's answer beside DVC's for each change to a pipeline: is dvc.lock up to date?"""

from __future__ import annotations

import copy
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from repos import Project
from verified import STAGES, line, pipeline, repro, status, unpulled, verify

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = Path(__file__).parent.parent.parent / "docs/verify.md"
CHAIN = "`--dry` runs nothing, so later stages still find the recorded inputs"
PULLED = "`dvc status` reports everything that is not pulled as changed"


@dataclass(frozen=True)
class Scenario:
    """One change to the pipeline of :mod:`verified`, and the three answers.

    Attributes:
        name: the change, as the page's table names it.
        change: makes it.
        ours, repro, status: what Headway, ``dvc repro --dry --allow-missing`` and ``dvc status`` say.
        why: why they differ.
    """

    name: str
    change: Callable[[Project], object]
    ours: str
    repro: str
    status: str
    why: str = ""


def stages(project: Project, stage: str, **keys: Any) -> Project:
    """Writes dvc.yaml with a stage changed or added; ``None`` takes a key out."""
    every: dict[str, Any] = copy.deepcopy(STAGES)
    every[stage] = {key: value for key, value in {**every.get(stage, {}), **keys}.items() if value is not None}
    return project.dvc_yaml({"stages": every})


def lose_entry(project: Project) -> None:
    lock = (project.root / "dvc.lock").read_text()
    before, _, after = lock.partition("  prepare:\n")
    project.write("dvc.lock", before + "  train:\n" + after.partition("  train:\n")[2])


def seed(project: Project, value: str) -> Project:
    return project.write("params.yaml", f"lr: {value}\n").recorded()


def update_data(project: Project) -> Project:
    return project.write("data/a.csv", "x\n10\n").add("data")


def lose_cache(project: Project) -> Project:
    shutil.rmtree(project.root / ".dvc/cache")
    return project


SCENARIOS = (
    Scenario("Nothing", lambda _: None, "verified", "nothing", "nothing"),
    Scenario("Nothing, data not pulled", unpulled, "verified", "nothing", "data.dvc, prepare, train", PULLED),
    Scenario(
        "Code",
        lambda p: p.write("train.py", "import os"),
        "stale: train (code train.py)",
        "train",
        "train",
    ),
    Scenario(
        "Code, data not pulled",
        lambda p: unpulled(p).write("train.py", "import os"),
        "stale: train (code train.py)",
        "fails at train",
        "data.dvc, prepare, train",
        f"a dry run of a stale stage fails if its data is missing; {PULLED}",
    ),
    Scenario(
        "Code of an earlier stage",
        lambda p: p.write("prepare.py", "import os"),
        "stale: prepare (code prepare.py), train (upstream prepare)",
        "prepare",
        "prepare",
        CHAIN,
    ),
    Scenario(
        "A code file deleted",
        lambda p: p.remove("train.py"),
        "stale: train (run with train.py, which does not exist)",
        "nothing",
        "train",
        "`--allow-missing` treats deleted code like data that is not pulled",
    ),
    Scenario(
        "A parameter",
        lambda p: p.write("params.yaml", "lr: 0.2\n"),
        "stale: train (parameter params.yaml:lr)",
        "train",
        "train",
    ),
    Scenario(
        'A parameter from `0.1` to the string `"0.1"`',
        lambda p: p.write("params.yaml", 'lr: "0.1"\n'),
        "stale: train (parameter params.yaml:lr)",
        "train",
        "train",
    ),
    Scenario(
        "The last digit of a parameter with 20 digits",
        lambda p: seed(p, "18446744073709551557").write("params.yaml", "lr: 18446744073709551559\n"),
        "stale: train (parameter params.yaml:lr)",
        "train",
        "train",
    ),
    Scenario(
        "A parameter from `1` to `1.0`",
        lambda p: seed(p, "1").write("params.yaml", "lr: 1.0\n"),
        "verified",
        "nothing",
        "nothing",
    ),
    Scenario(
        "A parameter from `1` to `true`",
        lambda p: seed(p, "1").write("params.yaml", "lr: true\n"),
        "verified; not checked: params.yaml:lr",
        "nothing",
        "nothing",
        "1 and true are equal for DVC, as in Python; Headway reports that the types differ",
    ),
    Scenario(
        "Nothing, with a parameter that is NaN",
        lambda p: seed(p, ".nan"),
        "verified",
        "train",
        "train",
        "NaN is not equal to itself, so DVC runs the stage every time",
    ),
    Scenario(
        "The parameter file deleted",
        lambda p: p.remove("params.yaml"),
        "stale: train (parameter params.yaml:lr removed)",
        "nothing",
        "train",
        "as for code",
    ),
    Scenario(
        "The command in dvc.yaml",
        lambda p: stages(p, "train", cmd="python train.py --fast"),
        "stale: train (command)",
        "train",
        "train",
    ),
    Scenario(
        "A comment in dvc.yaml",
        lambda p: p.write("dvc.yaml", "# trains\n" + (p.root / "dvc.yaml").read_text()),
        "verified",
        "nothing",
        "nothing",
    ),
    Scenario(
        "A stage added",
        lambda p: stages(p, "plot", cmd="python plot.py", deps=["model"], outs=["plot.png"]),
        "stale: plot (never run)",
        "plot",
        "plot",
    ),
    Scenario(
        "An output added",
        lambda p: stages(p, "train", outs=["model", "log.txt"]),
        "stale: train (output log.txt added)",
        "nothing",
        "train",
        "`--allow-missing` treats an output that was never written like one that is not pulled",
    ),
    Scenario(
        "An output removed",
        lambda p: stages(p, "train", metrics=None),
        "verified",
        "nothing",
        "nothing",
        "DVC compares what dvc.yaml declares; the next run removes the output from dvc.lock",
    ),
    Scenario(
        "A dependency added",
        lambda p: stages(p.write("net.py", ""), "train", deps=["clean.csv", "train.py", "net.py"]),
        "stale: train (code net.py added)",
        "train",
        "train",
    ),
    Scenario(
        "A dependency removed",
        lambda p: stages(p, "train", deps=["clean.csv"]),
        "verified",
        "nothing",
        "nothing",
        "as for an output",
    ),
    Scenario(
        "A parameter added",
        lambda p: stages(p.write("params.yaml", "lr: 0.1\nseed: 1\n"), "train", params=["lr", "seed"]),
        "stale: train (parameter params.yaml:seed added)",
        "train",
        "train",
    ),
    Scenario(
        "An entry missing from dvc.lock",
        lose_entry,
        "stale: prepare (never recorded in dvc.lock), train (upstream prepare)",
        "prepare",
        "prepare",
        CHAIN,
    ),
    Scenario(
        "Data and its .dvc file",
        update_data,
        "stale: prepare (data data/a.csv), train (upstream prepare)",
        "prepare",
        "prepare",
        CHAIN,
    ),
    Scenario(
        "Data and its .dvc file, data not pulled",
        lambda p: unpulled(update_data(p).push()),
        "stale: prepare (data data/a.csv), train (upstream prepare)",
        "nothing",
        "data.dvc, prepare, train",
        "DVC compares the folder only if a stage depends on all of it, not on a file in it (treeverse/dvc#11099); "
        "Headway reads the folder's listing in the cache or the remote",
    ),
    Scenario(
        "A file in a tracked folder, modified",
        lambda p: p.write("data/b.csv", "x\n20\n"),
        "modified: data",
        "data.dvc",
        "data.dvc",
    ),
    Scenario(
        "Metrics in git, modified manually",
        lambda p: p.json("metrics.json", {"acc": 1.0}),
        "modified: metrics.json",
        "train",
        "train",
    ),
    Scenario(
        "A model, modified manually, not in the cache",
        lambda p: lose_cache(p).write("model/w", "7"),
        "modified: model",
        "nothing",
        "data.dvc, prepare, train",
        "`--allow-missing` ignores an output that is not in the cache",
    ),
    Scenario(
        "Some files of a folder not pulled",
        lambda p: p.remove("data/b.csv"),
        "verified; not checked: data",
        "data.dvc",
        "data.dvc",
        "deleted files look like files that were never pulled; Headway says so and uses the recorded hashes",
    ),
    Scenario(
        "Code of a frozen stage",
        lambda p: stages(p, "train", frozen=True).write("train.py", "import os"),
        "verified; not checked: train",
        "nothing",
        "nothing",
    ),
    Scenario(
        "Code of a stage that always runs",
        lambda p: stages(p, "train", always_changed=True).write("train.py", "import os"),
        "verified",
        "train",
        "train",
        "DVC runs it every time, whatever dvc.lock records",
    ),
)


@pytest.fixture(scope="session")
def _ran_once(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("ran")
    project = Project(folder / "project")
    project.write(".dvc/config", "[core]\n    remote = store\n['remote \"store\"']\n    url = ../../store\n")
    return pipeline(project)


@pytest.fixture
def ran(_ran_once: Project, tmp_path: Path) -> Project:
    """A copy of the pipeline that ran, with its remote beside it."""
    shutil.copytree(_ran_once.root.parent, tmp_path / "ran")
    return Project(tmp_path / "ran/project", git=False)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
@pytest.mark.slow
def test_our_verdict_beside_dvcs(scenario: Scenario, ran: Project) -> None:
    scenario.change(ran)
    assert line(verify(ran)) == scenario.ours
    assert repro(ran) == scenario.repro
    assert status(ran) == scenario.status


def test_the_page_has_every_scenario() -> None:
    head = (
        "| what changed | `headway verify` | `dvc repro --dry --allow-missing` runs | `dvc status` names"
        " | why they differ |"
    )
    rows = [f"| {s.name} | {s.ours} | {s.repro} | {s.status} | {s.why} |" for s in SCENARIOS]
    assert "\n".join([head, "|---|---|---|---|---|", *rows]) in PAGE.read_text()
