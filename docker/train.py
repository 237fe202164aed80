"""Runs the reference pipeline in the training image: fetches the data, trains, and keeps the results in /results.

The pipeline runs in a copy of /app in the temporary folder, so the image's own files stay as they are, the root file
system may be read-only, and any user may run it. There is no git in the image, so DVC runs without.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dvc.config import Config
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

if TYPE_CHECKING:
    from collections.abc import Sequence

APP, RESULTS = Path("/app"), Path("/results")
PRODUCTS = ("evaluation", "models", "reports", "params.yaml", "dvc.lock")
"""What is kept, the lock last: it says which stages have run."""
EXAMPLES = """\
examples:
  docker run --rm --volume "$PWD/results:/results" --env DVC_REMOTE_URL=s3://team-data/dvc digits-train
  docker run --rm --volume "$PWD/results:/results" digits-train --set-param train.epochs=20 --push

DVC_REMOTE_URL is the remote; by default, the one in .dvc/config. Mount credentials as files and name them in
AWS_SHARED_CREDENTIALS_FILE or GOOGLE_APPLICATION_CREDENTIALS, or pass the usual variables.
"""


def main(words: Sequence[str] | None = None) -> int:
    """Train; the exit code is 0, 1 if a command of DVC fails, or 2 if the request is wrong."""
    request = _parser().parse_args(words)
    # Without a handler, the first process of a container ignores the signal.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        _require_results()
        with tempfile.TemporaryDirectory(prefix="training-") as scratch:
            workspace = _make_workspace(Path(scratch), request.set_param)
            return _train(workspace, is_pushed=request.push)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="digits-train", description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        *("-S", "--set-param"),
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="change a parameter of params.yaml, such as train.epochs=20; may be repeated",
    )
    parser.add_argument("--push", action="store_true", help="push the results to the remote with dvc push")
    return parser


def _require_results() -> None:
    """Find out before a long training that its results would be lost."""
    if not RESULTS.is_dir():
        raise ValueError(f"{RESULTS} is not mounted, so the results would be lost: --volume FOLDER:{RESULTS}")
    if not os.access(RESULTS, os.W_OK | os.X_OK):
        raise ValueError(f"{RESULTS} is not writable for the user {os.getuid()}: run as its owner with --user")


def _make_workspace(scratch: Path, changes: Sequence[str]) -> Path:
    """Copy the project, with the parameters changed and DVC configured."""
    workspace = shutil.copytree(APP, scratch / "workspace")
    params = workspace / "params.yaml"
    params.chmod(0o644)  # a mounted one may be read-only
    _change(params, changes)
    with Config(str(workspace / ".dvc")).edit("local") as config:
        config["core"] = {"no_scm": True}
        if url := os.environ.get("DVC_REMOTE_URL"):
            config["core"]["remote"] = "given"
            config["remote"] = {"given": {"url": url, "verify": True}}
    return workspace


def _change(path: Path, changes: Sequence[str]) -> None:
    """Change parameters that are in the file.

    Raises:
        ValueError: a change is not of the form NAME=VALUE, or there is no such parameter.
    """
    yaml = YAML()
    params = yaml.load(path)
    for change in changes:
        name, _, text = change.partition("=")
        section, _, key = name.partition(".")
        if key not in params.get(section, {}):
            raise ValueError(f"--set-param {change}: params.yaml has no parameter {name!r}.")
        params[section][key] = _value(change, text)
    yaml.dump(params, path)


def _value(change: str, text: str) -> Any:  # noqa: ANN401 - whatever YAML can say
    try:
        return YAML().load(text)
    except YAMLError as error:
        raise ValueError(f"--set-param {change}: {text!r} is not YAML.") from error


def _train(workspace: Path, *, is_pushed: bool) -> int:
    """Run the pipeline, and keep the results of the stages that have run even if a later one fails."""
    if not _dvc(workspace, "pull", "data.dvc"):
        return 1
    is_done = _dvc(workspace, "repro", "draw")
    _keep(workspace)
    if is_done and is_pushed:
        is_done = _dvc(workspace, "push")
    return 0 if is_done else 1


def _dvc(workspace: Path, *words: str) -> bool:
    """Whether a command of DVC succeeds."""
    environ = {**os.environ, "PYTHONPATH": "src"}  # the stages run the code whose hashes DVC compares
    code = subprocess.run([sys.executable, "-m", "dvc", *words], cwd=workspace, env=environ, check=False).returncode
    if code:
        print(f"error: dvc {' '.join(words)} failed with exit code {code}", file=sys.stderr)
    return code == 0


def _keep(workspace: Path) -> None:
    """Copy the results to where they stay, each file whole or not at all."""
    for name in PRODUCTS:
        top = workspace / name
        for source in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if source.is_file():
                target = RESULTS / source.relative_to(workspace)
                target.parent.mkdir(parents=True, exist_ok=True)
                partial = target.with_name(f".{target.name}.partial")
                shutil.copyfile(source, partial)
                partial.replace(target)


if __name__ == "__main__":
    sys.exit(main())
