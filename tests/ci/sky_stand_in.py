"""A stand-in for SkyPilot's command line: a managed job runs in a folder of its own, as it would on another machine.

It knows what the workflow and its task need of SkyPilot 0.14.1, and refuses everything else. The machine gets the files
of ``--workdir`` without what git ignores, and no variables but those that the task declares. It gets ``.git`` if
``SKY_COPIES_GIT`` is set, because that depends on how SkyPilot's server is set up. A job that fails gives exit code
100, as SkyPilot's does. The states of all jobs are in the file that ``SKY_JOBS`` names.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

FIELDS = {"envs", "file_mounts", "name", "num_nodes", "resources", "run", "secrets", "setup"}
RESOURCES = {"accelerators", "any_of", "cpus", "disk_size", "image_id", "infra", "job_recovery", "memory", "use_spot"}
KEPT = {"CALLS", "HOME", "LANG", "PATH", "PYTHON", "PYTHONPATH"}
FAILED = 100


def main(arguments: list[str]) -> int:
    given = parse(arguments)
    if Path(".sky.yaml").exists():
        sys.exit("SkyPilot takes settings from the folder in which it is called")
    if not os.environ.get("SKYPILOT_API_SERVER_ENDPOINT", "").startswith("http"):
        sys.exit("Could not connect to the SkyPilot API server")
    if not os.environ.get("SKYPILOT_SERVICE_ACCOUNT_TOKEN", "").startswith("sky_"):
        sys.exit("Invalid service account token format")
    jobs = Path(os.environ["SKY_JOBS"])
    states = json.loads(jobs.read_text()) if jobs.exists() else {}
    code = 0
    if given.command == "launch":
        states[given.name] = "SUCCEEDED" if run(given) else "FAILED"
        code = 0 if states[given.name] == "SUCCEEDED" else FAILED
    elif states.get(given.name) == "RUNNING":
        states[given.name] = "CANCELLED"
    jobs.write_text(json.dumps(states))
    return code


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sky jobs", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("launch", "cancel"):
        command = commands.add_parser(name, allow_abbrev=False)
        command.add_argument("--yes", action="store_true", required=True, help="a job has nobody who could confirm")
        command.add_argument("--name", required=True)
        if name == "launch":
            command.add_argument("--workdir", type=Path, required=True)
            command.add_argument("--env", action="append", default=[])
            command.add_argument("--secret", action="append", default=[])
            command.add_argument("task", type=Path)
    if arguments[:1] != ["jobs"]:
        parser.error(f"not a command: {arguments}")
    return parser.parse_args(arguments[1:])


def run(given: argparse.Namespace) -> bool:
    """Whether both scripts of the task ended well, each run by bash without ``-e``, as SkyPilot does."""
    task = YAML(typ="safe").load(given.task.read_text())
    unknown = {*task} - FIELDS | {*task["resources"]} - RESOURCES
    if unknown:
        sys.exit(f"Invalid task YAML: {sorted(unknown)}")
    machine = copied(given.workdir)
    environ = {**kept(), **declared(task, "envs", given.env), **declared(task, "secrets", given.secret)}
    return all(script_ran(task[section], machine, environ) for section in ("setup", "run"))


def script_ran(script: str, machine: Path, environ: dict[str, str]) -> bool:
    """Whether a script ended well; each line that it prints follows the job's name, as in SkyPilot's log."""
    pipe: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    done = subprocess.run(["bash", "-c", script], cwd=machine, env=environ, check=False, timeout=120, **pipe)
    sys.stdout.writelines(f"(train, pid=1) {line}\n" for line in done.stdout.splitlines())
    return done.returncode == 0


def copied(folder: Path) -> Path:
    machine = Path(tempfile.mkdtemp(dir=os.environ["RUNNER_TEMP"]))
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    found = subprocess.run(listing, cwd=folder, check=True, capture_output=True, text=True).stdout
    for name in found.split("\0")[:-1]:
        (machine / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / name, machine / name)
    if "SKY_COPIES_GIT" in os.environ:
        shutil.copytree(folder / ".git", machine / ".git")
    return machine


def kept() -> dict[str, str]:
    """What the tests need on the machine; nothing of the job that asked for it."""
    isolated = {name for name in os.environ if name.startswith(("DVC_", "GIT_"))} - {"DVC_REMOTE_URL"}
    return {name: value for name, value in os.environ.items() if name in KEPT | isolated}


def declared(task: dict[str, Any], field: str, given: list[str]) -> dict[str, str]:
    """The task's variables with the values of the caller; one without any value is an error."""
    values = {**task[field], **{name: os.environ[name] for name in given}}
    missing = sorted(name for name, value in values.items() if value is None)
    if missing:
        sys.exit(f"Environment variables without a value: {missing}")
    return values


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
