"""Runs of a command with two models, in turn."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import tempfile
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from threading import Thread
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from headway.errors import SettingsError
from headway.gather.read.flatten import flatten_metrics
from headway.gather.read.parsing import UnreadableError
from headway.remotes.running import deferred_signals
from headway.text import first_names
from headway.values.speed import LARGEST, LONGEST_NAME, MOST_NUMBERS, TIME, SpeedSamples

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from typing import IO

MODEL = "{model}"
"""What stands for a model's file or folder in the arguments of a command."""
_ORDERS = ((0, 1, 2), (2, 0, 1), (1, 2, 0))
"""The orders of the three runs of a round, so that each run is as often the first, the second and the last one.

0 is base's first run, 1 is head's, and 2 is base's second. Head's last run of one round comes before its first run of
the next: if the other model's run leaves caches cold, that must not slow head's runs alone.
"""
_MODEL_OF = (0, 1, 0)
"""Whose model each of the three runs has: base's is 0, and head's is 1."""
_STEP = 0.5
"""Seconds after which a wait begins anew, because a signal just before a wait without a limit comes only after it."""
_OUTPUT = 1024 * 1024
"""Bytes of the end of what a command prints that are read."""
_TAIL = 10
"""Lines of a failed command's output that the error shows."""


class Plan(NamedTuple):
    """How to measure.

    Attributes:
        command: the command with its arguments, among them ``{model}``.
        models: base's and head's.
        folder: the folder that the command runs in.
        environment: its environment.
        rounds: how many rounds count.
        timeout: the seconds that one run may take.
        clock: tells seconds.
    """

    command: tuple[str, ...]
    models: tuple[Path, Path]
    folder: Path
    environment: Mapping[str, str]
    rounds: int
    timeout: float
    clock: Callable[[], float] = perf_counter


class _Answer(NamedTuple):
    seconds: float
    numbers: dict[str, float]


def measure(plan: Plan, on_round: Callable[[int], object] = lambda _: None) -> tuple[SpeedSamples, ...]:
    """Run the command with both models in turn; what its runs say in every round but the first, which is dropped.

    Args:
        plan: how to measure.
        on_round: is called with the number of each finished round; 0 is the dropped one.

    Raises:
        SettingsError: the command cannot be run, fails, takes too long, or prints other numbers than before.
    """
    rounds: list[list[dict[str, float]]] = []
    first: _Answer | None = None
    for number in range(plan.rounds + 1):
        found: dict[int, dict[str, float]] = {}
        for run in _ORDERS[number % len(_ORDERS)]:
            answer = _run(plan, _MODEL_OF[run])
            first = first or answer
            _require_same_names(answer.numbers, first.numbers, plan.command)
            found[run] = answer.numbers or {TIME: answer.seconds}
        rounds.append([found[run] for run in range(len(_MODEL_OF))])
        on_round(number)
    return tuple(_samples(name, rounds[1:]) for name in rounds[0][0])


def _samples(name: str, rounds: Sequence[Sequence[Mapping[str, float]]]) -> SpeedSamples:
    base, head, again = (tuple(each[run][name] for each in rounds) for run in range(len(_MODEL_OF)))
    return SpeedSamples(name=name, base=base, base_again=again, head=head)


def _require_same_names(found: Mapping[str, float], expected: Mapping[str, float], command: Sequence[str]) -> None:
    if found.keys() != expected.keys():
        before, after = (first_names(sorted(each), _TAIL) or "no number" for each in (expected, found))
        raise SettingsError(
            f"{command[0]} gives other numbers in each run.",
            why=f"It gave {before}, and then {after}.",
            remedy="Let it print the same names with every model, or no JSON at all to measure its time.",
        )


def _run(plan: Plan, side: int) -> _Answer:
    command = [argument.replace(MODEL, str(plan.models[side])) for argument in plan.command]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        code, seconds = _time(command, plan, out, err)
        if code:
            raise _failure(plan, ("base", "head")[side], _ending(code), _last_lines(err) or _last_lines(out))
        return _Answer(seconds, _numbers(_tail(out), plan.command))


def _time(command: Sequence[str], plan: Plan, out: IO[bytes], err: IO[bytes]) -> tuple[int, float]:
    """The exit code of a command, and its seconds. With it, or where it takes too long, all of its processes end."""
    children: list[subprocess.Popen[bytes]] = []
    ended: Future[float] = Future()
    try:
        with deferred_signals():  # one that comes before Popen returns would leave the command behind
            begin = plan.clock()
            children.append(_start(command, plan, out, err))
        wait = partial(_wait, children[0], plan.clock, ended)
        Thread(target=wait, daemon=True).start()  # a wait with a limit polls, and would find the end late
        end = _result(ended, plan)
        return children[0].returncode, end - begin
    finally:
        for child in children:
            _end(child)


def _start(command: Sequence[str], plan: Plan, out: IO[bytes], err: IO[bytes]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - what the user asked to run
            command,
            cwd=plan.folder,
            env=dict(plan.environment),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,  # so that it can be ended with all of its own processes
        )
    except OSError as error:
        raise SettingsError(f"{command[0]} cannot be run: {error.strerror}.") from None


def _wait(child: subprocess.Popen[bytes], clock: Callable[[], float], ended: Future[float]) -> None:
    child.wait()
    ended.set_result(clock())


def _result(ended: Future[float], plan: Plan) -> float:
    """When a command ended."""
    left = plan.timeout
    while left > 0:
        try:
            return ended.result(min(left, _STEP))
        except TimeoutError:
            left -= _STEP
    raise _failure(plan, "", f"takes longer than {plan.timeout:g} seconds", "")


def _end(child: subprocess.Popen[bytes]) -> None:
    """End a command with all that it started: what it leaves behind would slow the next run."""
    with suppress(ProcessLookupError, PermissionError):  # nothing is left
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _failure(plan: Plan, side: str, how: str, output: str) -> SettingsError:
    whose = f" with {side}'s model" if side else ""
    return SettingsError(
        f"The command {how}{whose}: {shlex.join(plan.command)}",
        why=output,
        remedy=f"Run it by hand with a model in place of {MODEL}."
        if side
        else "Measure less in each run, or allow more time with --timeout.",
    )


def _ending(code: int) -> str:
    return f"fails with exit code {code}" if code > 0 else f"is ended by signal {-code}"


def _last_lines(file: IO[bytes]) -> str:
    return "\n".join(_tail(file).splitlines()[-_TAIL:])


def _tail(file: IO[bytes]) -> str:
    """The end of what a command printed."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _OUTPUT))
    return file.read().decode(errors="replace").strip()


def _numbers(text: str, command: Sequence[str]) -> dict[str, float]:
    """The numbers of the JSON object that a command prints, alone or as its last line; none if it prints none."""
    lines = text.splitlines()
    document = next(filter(None, map(_object, (text, lines[-1] if lines else ""))), {})
    try:
        values, _ = flatten_metrics(document)
    except UnreadableError as error:
        raise SettingsError(f"What {command[0]} prints {error}.") from None
    numbers = {
        name: value for name, value in values.items() if isinstance(value, int | float) and not isinstance(value, bool)
    }
    if len(numbers) > MOST_NUMBERS:
        raise SettingsError(f"{command[0]} prints {len(numbers):,} numbers; at most {MOST_NUMBERS} are compared.")
    for name, value in numbers.items():
        if len(name) > LONGEST_NAME:
            raise SettingsError(f"{command[0]} prints a name of more than {LONGEST_NAME} characters: {name[:40]}...")
        if not -LARGEST <= value <= LARGEST:
            raise SettingsError(f"{name} is no number from {-LARGEST:g} to {LARGEST:g} in what {command[0]} prints.")
    return {name: float(value) for name, value in numbers.items()}


def _object(text: str) -> dict[str, object]:
    """A JSON object; empty for any other text. NaN is read, so that it can be refused."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
