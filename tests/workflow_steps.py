"""Reads workflows, the action and the examples for other CI systems, and runs their steps in bash as a runner would.

A step runs in a real clone, against a fake forge, with the real ``dvc`` and the real ``headway``, short of the seconds
that it waits between two writes and for a forge to list what was written. Stand-ins are on PATH only for what would
install something: ``make``, ``python -m pip``, ``python -m venv``, ``uv``, and ``git`` where it clones Headway. Each
call of one but git's, and of ``dvc``, is written down, so that a test can say what a step asked for. Expressions and
conditions are evaluated as GitHub does. A job that calls a workflow of Headway, and a step that uses an action of it,
stand for what these do.
"""

from __future__ import annotations

import copy
import functools
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parent.parent
WORKFLOWS = sorted([*(ROOT / ".github/workflows").glob("*.yml"), *(ROOT / "docs/ci").glob("github*.yml")])
ACTION = ROOT / "action.yml"
ACTIONS = [ACTION, *sorted((ROOT / ".github/actions").glob("*/action.yml"))]
_EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")
_TOKEN = re.compile(r"'[^']*'|&&|\|\||[=!]=|!|[\w.-]+\(\)|[\w.-]+|[()]|\S")

HEADWAY = {
    "HEADWAY": "headway",
    "HEADWAY_URL": "https://git.example/team/headway",
    "HEADWAY_COMMIT": "0123456789abcdef0123456789abcdef01234567",
}
"""The variables that say where a team keeps Headway."""
_STAND_INS = {
    "headway": f"""
      test -e "$(dirname "$0")/lock" && export LOCK="{ROOT}/$(cat "$(dirname "$0")/lock")"
      exec "$PYTHON" - "$@" <<'IMPATIENT'
import os
import re
import sys
from importlib.metadata import packages_distributions

if lock := os.environ.get("LOCK"):
    locked = set(re.findall(r"^(\\S+)==", open(lock).read(), re.MULTILINE)) | {{"dvc-headway"}}

    class OnlyLocked:
        installed = packages_distributions()

        def find_spec(self, name, path=None, target=None):
            owners = [re.sub("[-_.]+", "-", each).lower() for each in self.installed.get(name, ())]
            if owners and locked.isdisjoint(owners):
                raise ModuleNotFoundError(f"a job that has a token does not install {{name}}")

    sys.meta_path.insert(0, OnlyLocked())

from headway.__main__ import main
from headway.publish.http.options import ClientOptions
ClientOptions.__init__.__kwdefaults__["sleep"] = lambda _: None
main()
IMPATIENT""",
    "dvc": """exec "$PYTHON" -m dvc "$@\"""",
    "git": f"""
      case "$*" in
        *"{HEADWAY["HEADWAY_URL"]}"*)
          mkdir -p "${{!#}}/scripts"
          cp "{ROOT}/scripts/install-post" "${{!#}}/scripts" ;;
        *" checkout --quiet --detach {HEADWAY["HEADWAY_COMMIT"]}") ;;
        *) exec "{shutil.which("git")}" "$@" ;;
      esac""",
    "make": f"""
      case "$1" in
        lint | test | test-slow) ;;
        install)
          mkdir -p .venv/bin
          ln -sf "$(command -v headway)" .venv/bin/headway ;;
        prune-remote) exec "$PYTHON" "{ROOT}/scripts/prune_remote.py" ;;
        *) echo "no such target: $1" >&2; exit 2 ;;
      esac""",
    "python": """
      case "$1 $2 $3" in
        "-m pip wheel") mkdir -p dist && touch dist/dvc_headway-0-py3-none-any.whl ;;
        "-m pip "*)
          case "$*" in
            *requirements/post.txt*) echo requirements/post.txt > "$(dirname "$0")/lock" ;;
            *requirements/promote.txt*) echo requirements/promote.txt > "$(dirname "$0")/lock" ;;
          esac ;;
        "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$(dirname "$0")/headway" "$3/bin" ;;
        *) exec "$PYTHON" "$@" ;;
      esac""",
    "python3": """exec "$(dirname "$0")/python" "$@\"""",
    "uv": """
      case "$1" in
        venv) mkdir -p "${!#}/bin" ;;
        pip | cache) ;;
        *) echo "no such command: $1" >&2; exit 2 ;;
      esac""",
}
OURS = re.compile(rf"(?:\$|team/headway)(?P<path>/[^@]+)?(?:@{HEADWAY['HEADWAY_COMMIT']})?")
"""What names an action or a workflow of Headway, from a workflow of it or from one of a team."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step of a job that runs a script.

    Attributes:
        name: its name.
        run: the script.
        id: what other steps call it.
        condition: when it runs.
        shared: the variables of its workflow and job.
        env: its own variables.
        folder: where it runs.
        given: what expressions stand for in it, by their text, in words of whoever uses its action or calls its
            workflow, from the inside out.
    """

    name: str
    run: str
    id: str = ""
    condition: str = "success()"
    shared: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    folder: str = "."
    given: tuple[Mapping[str, str], ...] = ()


def load(path: Path) -> Any:
    """A YAML file; ``on`` stays a word, as in YAML 1.2."""
    return copy.deepcopy(_parsed(path.read_text()))


@functools.cache
def _parsed(text: str) -> Any:
    """Parsed once, because that takes a tenth of a second, and hundreds of tests ask for the same few files."""
    return YAML(typ="safe", pure=True).load(text)


def jobs(path: Path) -> dict[str, Any]:
    """A workflow's jobs by their id."""
    return dict(load(path)["jobs"])


def every_step(path: Path) -> Iterator[dict[str, Any]]:
    """Every step of a workflow or an action, scripts or not."""
    document = load(path)
    if "runs" in document:
        yield from document["runs"]["steps"]
    else:
        yield from (step for job in document["jobs"].values() for step in job.get("steps", ()))


def called(path: Path) -> Path:
    """The workflow of Headway that a workflow with one job calls; else the workflow itself."""
    (job,) = jobs(path).values()
    return _of_headway(job["uses"]) if "uses" in job else path


def _of_headway(uses: str) -> Path:
    found = OURS.fullmatch(uses)
    assert found, f"{uses} is not of Headway"
    path = ROOT / (found["path"] or "/").lstrip("/")
    return path if path.suffix == ".yml" else path / "action.yml"


def scripts(path: Path, job: str = "", given: tuple[Mapping[str, str], ...] = ()) -> list[Step]:
    """The steps of a job, or of an action, that run a script, with those of what they use of Headway's."""
    document = load(path)
    holder = document["jobs"][job] if job else document["runs"]
    if "uses" in holder:
        inner = _of_headway(holder["uses"])
        (only,) = jobs(inner)
        return scripts(inner, only, (_given(holder, load(inner)["on"]["workflow_call"] or {}), *given))
    shared = {**document.get("env", {}), **holder.get("env", {})}
    return [each for step in holder["steps"] for each in _scripts(step, shared, given)]


def _scripts(step: dict[str, Any], shared: Mapping[str, str], given: tuple[Mapping[str, str], ...]) -> list[Step]:
    if OURS.fullmatch(uses := step.get("uses", "")):
        inner = _of_headway(uses)
        place = {"github.action_path": str(inner.parent)}
        within = scripts(inner, given=({**_given(step, load(inner)), **place}, *given))
        return [replace(each, shared=shared) for each in within]
    if "run" not in step:
        return []
    return [
        Step(
            name=step.get("name", ""),
            run=step["run"],
            id=step.get("id", ""),
            condition=step.get("if", "success()"),
            shared=shared,
            env=step.get("env", {}),
            folder=step.get("working-directory", "."),
            given=given,
        )
    ]


def _given(use: Mapping[str, Any], declared: Mapping[str, Any]) -> dict[str, str]:
    """What the inputs and secrets of an action or a called workflow stand for."""
    defaults = {name: each.get("default", "") for name, each in declared.get("inputs", {}).items()}
    assert use.get("with", {}).keys() <= defaults.keys(), "an input that nothing takes"
    inputs = {f"inputs.{name}": _as_text(value) for name, value in {**defaults, **use.get("with", {})}.items()}
    assert use.get("secrets", {}).keys() <= declared.get("secrets", {}).keys(), "a secret that nothing takes"
    secrets = dict.fromkeys(declared.get("secrets", {}), "") | use.get("secrets", {})
    return inputs | {f"secrets.{name}": value for name, value in secrets.items()}


def gitlab_script(path: Path, name: str) -> Step:
    """What a job of GitLab CI runs, with what it takes over from another."""
    job = _gitlab_job(path, name)
    return _lines(name, [*job.get("before_script", []), *job["script"]])


def gitlab_cleanup(path: Path, name: str) -> Step:
    """What such a job runs at the end, whether it failed or not."""
    return _lines(f"{name}, at the end", _gitlab_job(path, name)["after_script"])


def _gitlab_job(path: Path, name: str) -> dict[str, Any]:
    file = load(path)
    own = file[name]
    return {**file.get(own.get("extends", ""), {}), **own}


def bitbucket_scripts(path: Path, *pipeline: str, part: str = "script") -> list[Step]:
    """What the steps of a pipeline run on Bitbucket Pipelines, by default those of a pull request.

    The part ``after-script`` is what they run at the end, whether they failed or not.
    """
    found = load(path)["pipelines"]
    for key in pipeline or ("pull-requests", "**"):
        found = found[key]
    steps = [each["step"] for each in found if "step" in each]
    return [_lines(step["name"], step[part]) for step in steps if part in step]


def with_script(folder: Path) -> Path:
    """A clone with the scripts by which jobs that have a token install Headway."""
    (folder / "scripts").mkdir()
    for name in ("install-post", "install-promote"):
        shutil.copy(ROOT / "scripts" / name, folder / "scripts")
    return folder


def _lines(name: str, script: list[str]) -> Step:
    return Step(name=name, run="\n".join(script))


@dataclass(kw_only=True)
class Runner:
    """A machine that runs steps.

    Attributes:
        folder: the checked-out repository.
        environ: the job's environment.
        values: what expressions stand for, by their text: ``{"github.token": "..."}``.
        calls: what the stand-ins were called with, a line each.
        ran: the names of the steps that ran.
        stand_ins: more of them, by name: the script of each.
    """

    folder: Path
    environ: Mapping[str, str]
    values: Mapping[str, str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)
    stand_ins: Mapping[str, str] = field(default_factory=dict)
    _outcomes: dict[str, str] = field(default_factory=dict)
    _failed: bool = False

    def run(self, step: Step) -> subprocess.CompletedProcess[str]:
        """Run one step in bash; a failure is the caller's to judge."""
        tools = self._tools()
        log = tools.parent / "calls"
        log.write_text("")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-euo", "pipefail", "-c", step.run],
            cwd=self.folder / self._evaluated(step.folder, step),
            env={**self._environment(tools, log), **self.variables(step)},
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )
        self.calls += log.read_text().splitlines()
        return done

    def run_all(self, steps: list[Step], fails: str = "") -> str:
        """Run a job's steps in order, each as its condition says; gives everything that they printed.

        Args:
            steps: the job's.
            fails: the name of the one step that has to fail; all others have to succeed.
        """
        printed = []
        for step in steps:
            if not self._is_due(step):
                self._outcomes[step.id] = "skipped"
                continue
            done = self.run(step)
            printed.append(done.stdout + done.stderr)
            self.ran.append(step.name)
            self._failed |= done.returncode != 0
            self._outcomes[step.id] = "failure" if done.returncode else "success"
            assert (done.returncode != 0) == (step.name == fails and bool(fails)), f"{step.name}: {printed[-1]}"
        return "".join(printed)

    def outputs(self) -> dict[str, str]:
        """What the steps have left in GITHUB_OUTPUT, whichever wrote it."""
        text = Path(self.environ["GITHUB_OUTPUT"]).read_text()
        long = re.findall(r"^(\S+?)<<(\S+)\n(.*?)\n\2$", text, re.MULTILINE | re.DOTALL)
        return dict(re.findall(r"^([\w-]+)=(.*)$", text, re.MULTILINE)) | {name: value for name, _, value in long}

    def _is_due(self, step: Step) -> bool:
        condition = step.condition.removeprefix("${{").removesuffix("}}").strip()
        if not re.search(r"\b(always|success|failure|cancelled)\(\)", condition):
            condition = f"success() && ({condition})"
        return bool(self._value(condition, step))

    def variables(self, step: Step) -> dict[str, str]:
        """The variables that a step is given, evaluated."""
        return {name: self._evaluated(value, step) for name, value in {**step.shared, **step.env}.items()}

    def _environment(self, tools: Path, log: Path) -> dict[str, str]:
        kept = ("HOME", "PYTHONPATH", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "LANG")
        isolated = {name: value for name, value in os.environ.items() if name in kept or name[:4] in {"GIT_", "DVC_"}}
        own = {"PYTHON": sys.executable, "CALLS": str(log), "NO_COLOR": "1", "GITHUB_PATH": str(tools.parent / "path")}
        added = Path(own["GITHUB_PATH"]).read_text().split()
        path = os.pathsep.join([*added, str(tools), os.environ["PATH"]])
        return {**isolated, **self.environ, **own, "PATH": path}

    def _tools(self) -> Path:
        tools = self.folder.parent / f"{self.folder.name}-tools" / "bin"
        tools.mkdir(parents=True, exist_ok=True)
        (tools.parent / "path").touch()
        for name, body in {**_STAND_INS, **self.stand_ins}.items():
            written = "" if name in {"git", "headway", "python3"} else f'echo "{name} $*" >> "$CALLS"\n'
            (tools / name).write_text(f"#!/usr/bin/env bash\nset -e\n{written}{body}\n")
            (tools / name).chmod(0o755)
        return tools

    def _evaluated(self, text: object, step: Step) -> str:
        """A text with its expressions evaluated."""
        return _EXPRESSION.sub(lambda match: _as_text(self._value(match[1], step)), str(text))

    def _value(self, expression: str, step: Step) -> object:
        """An expression's value. ``&&`` and ``||`` give one of their sides, which is what Python's words do."""
        words = {"&&": " and ", "||": " or ", "!": " not ", "==": "==", "!=": "!=", "(": "(", ")": ")"}
        found: dict[str, object] = {}
        translated = ""
        for token in _TOKEN.findall(expression):
            if token in words or token.startswith("'"):
                translated += words.get(token, token)
            else:
                found[token] = self._named(token, step)
                translated += f"found[{token!r}]"
        return eval(translated, {"found": found})  # noqa: S307 - made of nothing but the words and names above

    def _named(self, name: str, step: Step) -> object:
        if step.given and name in step.given[0]:
            return self._evaluated(step.given[0][name], replace(step, given=step.given[1:]))
        return self.values[name] if name in self.values else self._of_context(name, step)

    def _of_context(self, name: str, step: Step) -> object:
        context, _, rest = name.partition(".")
        match context:
            case "always()" | "success()" | "failure()" | "cancelled()":
                failed = {"success()": not self._failed, "failure()": self._failed}
                return {**failed, "always()": True, "cancelled()": False}[context]
            case "runner":
                return self.environ.get(f"RUNNER_{rest.upper()}", "")
            case "vars" | "secrets":
                return ""  # one that is not set
            case "env":
                return self._evaluated(step.shared[rest], step) if rest in step.shared else self.environ.get(rest, "")
            case "steps":
                id_, kind = rest.split(".", 1)
                return self._outcomes[id_] if kind == "outcome" else self.outputs().get(kind.split(".")[1], "")
        return self._of_github(rest.split("."))

    def _of_github(self, path: list[str]) -> object:
        """Of the context ``github``, what the event and the environment tell; anything else is an error."""
        if path[0] != "event":
            return self.environ[f"GITHUB_{path[0].upper()}"]
        value: Any = json.loads(Path(self.environ["GITHUB_EVENT_PATH"]).read_text())
        for name in path[1:]:
            value = value[name]
        return value


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def artifact(folder: Path, step: Mapping[str, Any]) -> dict[str, bytes]:
    """What actions/upload-artifact takes along: files under the folder that all of its paths have in common."""
    lines = step["with"]["path"].replace("${{ inputs.project }}", ".").split()
    paths = [folder / line for line in lines]
    root = Path(os.path.commonpath([path.parent for path in paths])) if len(paths) > 1 else paths[0].parent
    found = [each for path in paths for each in ([path] if path.is_file() else path.rglob("*")) if each.is_file()]
    return {each.relative_to(root).as_posix(): each.read_bytes() for each in found}
