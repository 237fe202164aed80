"""Projects to verify, and what DVC's own commands say of them, for the tests of the verification."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from dvc.exceptions import ReproductionError

import headway

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from repos import Project

    from headway.values.comparison import Cause
    from headway.values.verification import Verification

PREPARE = {"cmd": "python prepare.py", "deps": ["data/a.csv", "prepare.py"], "outs": ["clean.csv"]}
TRAIN = {
    "cmd": "python train.py",
    "deps": ["clean.csv", "train.py"],
    "params": ["lr"],
    "outs": ["model"],
    "metrics": [{"metrics.json": {"cache": False}}],
}
STAGES = {"prepare": PREPARE, "train": TRAIN}


def pipeline(project: Project) -> Project:
    """Two stages that ran: from one file of a tracked folder to a model that is a folder, and metrics kept in git."""
    project.write("data/a.csv", "x\n1\n").write("data/b.csv", "x\n2\n").add("data")
    project.write("prepare.py", "").write("train.py", "").write("params.yaml", "lr: 0.1\n")
    project.write("clean.csv", "1\n").write("model/w", "1").write("model/v", "2").json("metrics.json", {"acc": 0.9})
    project.write(".gitignore", "/data\n/clean.csv\n/model\n").dvc_yaml({"stages": STAGES}).recorded()
    project.push().commit()
    return project


def unpulled(project: Project) -> Project:
    """Takes away everything that only DVC keeps, as in a fresh clone."""
    shutil.rmtree(project.root / ".dvc/cache")
    for path in ("data", "model"):
        shutil.rmtree(project.root / path, ignore_errors=True)
    return project.remove("clean.csv")


def store(project: Project) -> Path:
    return project.root.parent / "store"


def verify(project: Project, *, remote: bool = False, environ: Mapping[str, str] = {}) -> Verification:
    return headway.verify_workspace(project.root, remote=remote, environ=environ)


def line(found: Verification) -> str:
    """A verification in a line: ``stale: train (parameter params.yaml:lr); modified: metrics.json``."""
    stages = [f"{s.name} ({', '.join(map(_cause, s.causes))})" for s in found.stages]
    parts = {
        "stale": stages,
        "modified": [out.path for out in found.modified],
        "missing": [out.path for out in found.missing],
        "not checked": [problem.where for problem in found.unchecked],
    }
    said = "; ".join(f"{name}: {', '.join(values)}" for name, values in parts.items() if values)
    return said if found.status != "verified" else f"verified; {said}" if said else "verified"


def _cause(cause: Cause) -> str:
    if cause.kind in ("stage", "command"):
        return cause.what if cause.kind == "stage" else cause.kind
    return " ".join((cause.kind, cause.what, *([] if cause.change == "changed" else [cause.change])))


def repro(project: Project) -> str:
    """The stages that ``dvc repro --dry --allow-missing`` would run, or the stage at which it fails."""
    with project.dvc() as repo:
        try:
            return _names(stage.addressing for stage in repo.reproduce(dry=True, allow_missing=True))
        except ReproductionError as error:
            return str(error).replace("failed to reproduce", "fails at").replace("'", "")


def status(project: Project) -> str:
    """What ``dvc status`` names."""
    with project.dvc() as repo:
        return _names(repo.status())


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"
