"""Which model a command uses: a file, the version that has a stage, or that of a commit."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit
from urllib.request import url2pathname

import msgspec
import torch

from digits.inference.classifier import Classifier
from digits.inference.weights import read_weights
from digits.model import WEIGHTS
from digits.stage import PipelineError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

ARTIFACT = "digits"
"""The model's name in dvc.yaml and in the registry."""

_URL = re.compile(r"[a-z][a-z0-9+.-]*://|[\w.-]+@[\w.-]+:", re.IGNORECASE)
_USER_OF_URL = re.compile(r"//\S*@")  # a password may have a slash or an @
_OF_A_HOOK = (
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_NAMESPACE"),
    *("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE"),
)
"""Variables that point git at the repository whose hook runs, and not at the one that is named."""


class Origin(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a model is from.

    Attributes:
        path: of a file that was named; else empty.
        artifact, stage, version, commit: of a model from the registry, as far as they are known.
        sha256: of the file of weights.
    """

    path: str = ""
    artifact: str = ""
    stage: str = ""
    version: str = ""
    commit: str = ""
    sha256: str


class Model(NamedTuple):
    """A model that is ready to predict, and where it is from."""

    classifier: Classifier
    origin: Origin


def add_model_options(parser: ArgumentParser) -> None:
    """Add the options that choose a model."""
    group = parser.add_argument_group("model", "One of --model, --stage and --sha.")
    one = group.add_mutually_exclusive_group()
    one.add_argument("--model", type=Path, metavar="FILE", help=f"a file of weights  [default: {WEIGHTS}]")
    one.add_argument("--stage", help="the version that has this stage in the registry, such as production")
    one.add_argument("--sha", help="the model of this commit, by its full SHA")
    group.add_argument(
        "--repository", metavar="DIR_OR_URL", help="the git repository of --stage and --sha  [default: .]"
    )
    group.add_argument(
        "--cache", type=Path, metavar="DIR", help="keep the clone of a URL in this folder  [default: a temporary one]"
    )


def load_model(parser: ArgumentParser, arguments: Namespace) -> Model:
    """Load the model that the options choose.

    Raises:
        PipelineError: it cannot be fetched, or is no model.
        SystemExit: the options contradict each other.
    """
    torch.set_num_threads(1)  # the network is small; more threads only get in each other's way
    if not arguments.stage and not arguments.sha:
        if arguments.repository or arguments.cache:
            parser.error("--repository and --cache are only for --stage and --sha")
        return _load(arguments.model or WEIGHTS, Origin(path=str(arguments.model or WEIGHTS), sha256=""))
    with _working_tree(arguments.repository or ".", arguments.cache) as folder:
        return _fetch(folder, arguments.stage, arguments.sha)


def _load(path: Path, origin: Origin) -> Model:
    weights = read_weights(path)
    return Model(Classifier(weights), msgspec.structs.replace(origin, sha256=weights.sha256))


def _fetch(folder: Path, stage: str | None, sha: str | None) -> Model:
    import headway  # noqa: PLC0415 - brings DVC, which a model from a file does without

    with tempfile.TemporaryDirectory() as out:
        try:
            copy = headway.fetch_artifact(ARTIFACT, folder, stage=stage, sha=sha, out=out)
        except headway.HeadwayError as error:
            raise PipelineError(str(error)) from error
        origin = Origin(artifact=ARTIFACT, stage=copy.stage, version=copy.version, commit=copy.sha, sha256="")
        return _load(copy.place, origin)


@contextmanager
def _working_tree(repository: str, cache: Path | None) -> Iterator[Path]:
    """A folder of the repository, which for a URL is a clone with all tags."""
    if not _URL.match(repository):
        yield Path(repository)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = (cache or Path(temporary)).resolve() / sha256(repository.encode()).hexdigest()[:16]
        if folder.exists():
            _git("-C", str(folder), "fetch", "--quiet", "--tags", "--force", "origin")
            _git("-C", str(folder), "reset", "--quiet", "--hard", "origin/HEAD")
        else:
            _clone(repository, folder)
        yield folder


def _clone(url: str, folder: Path) -> None:
    """Clone beside the place first, so that a clone that was interrupted is never taken for a whole one."""
    _refuse_shallow(url)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as staging:
            _git("clone", "--quiet", "--filter=blob:none", "--", url, f"{staging}/clone")
            _rename(Path(staging, "clone"), folder)
    except OSError as error:
        raise PipelineError(f"{folder.parent} cannot be written: {error.strerror}. Name another --cache.") from error


def _rename(clone: Path, folder: Path) -> None:
    try:
        clone.rename(folder)
    except OSError:
        if not folder.exists():  # else another process has cloned it meanwhile
            raise


def _refuse_shallow(url: str) -> None:
    """Refuse a folder without the whole history: git 2.39 would fetch without end, to clone it without blobs."""
    root = Path(url2pathname(urlsplit(url).path))
    if url.startswith("file:") and ((root / "shallow").exists() or (root / ".git/shallow").exists()):
        raise PipelineError(f"{root} is a shallow repository, which cannot be cloned: git fetch --unshallow")


def _git(*arguments: str) -> None:
    environ = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}
    done = subprocess.run(  # noqa: S603 - an option of this program, after `--`
        ["git", *arguments],  # noqa: S607 - the git of the user's PATH
        check=False,
        capture_output=True,
        text=True,
        errors="replace",  # a server may say anything
        stdin=subprocess.DEVNULL,
        env={**environ, "GIT_TERMINAL_PROMPT": "0"},  # a service has nobody to ask
    )
    if done.returncode:
        said = _USER_OF_URL.sub("//", done.stderr.strip().rstrip("."))
        raise PipelineError(f"the repository cannot be cloned: {said}. Check --repository and your access to it.")
