"""A process that promotes and rolls back in its own clone, and waits for its turn before each step.

It reads a wish from each line of its standard input and writes what happens to its standard output, as JSON: ``step``
before a step, for which it then waits for a line, and at last ``outcome`` or ``error``.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from headway.errors import RepositoryError
from headway.registry.changes import Tools
from headway.registry.drafts import Draft, write_object
from headway.registry.journal import Journal
from headway.registry.promotion import PromotionRequest, promote
from headway.registry.rollback import RollbackRequest, roll_back
from headway.registry.store import RemoteStore
from headway.values.registry.records import Judgement

if TYPE_CHECKING:
    from headway.registry.state import Version
    from headway.registry.tags import Tag


def tell(**what: object) -> None:
    print(json.dumps(what), flush=True)  # noqa: T201 - the other end of the pipe


def hear() -> str:
    line = sys.stdin.readline()
    return line or sys.exit()


class Racer:
    """The tools of a change, each step of which waits for its turn if there are turns."""

    def __init__(self, root: Path, wish: dict[str, Any]) -> None:
        self.name = "origin"
        self._root, self._wish = root, wish
        self._store = RemoteStore(root, "origin")

    def _wait(self, step: str) -> None:
        if self._wish["turns"]:
            tell(step=step)
            hear()

    def read(self) -> tuple[Tag, ...]:
        self._wait("read")
        return self._store.read()

    def write(self, draft: Draft) -> str:
        self._wait("write")
        return write_object(self._root, draft)

    def publish(self, name: str, made: str) -> None:
        self._wait("publish")
        self._store.publish(name, made)

    def judge(self, against: Version | None, candidate: Version) -> Judgement:
        quality = self._wish["quality"]
        if against is None:
            return Judgement(decision="first")
        is_better = quality[candidate.commit] > quality[against.commit]
        return Judgement(decision="improved" if is_better else None, reasons=("it is worse",))


def fulfil(root: Path, wish: dict[str, Any]) -> None:
    racer, journal = Racer(root, wish), Journal(root)
    os.environ["GIT_COMMITTER_NAME"] = wish["author"]
    tools = Tools(racer, racer.write, lambda: wish["now"], journal)
    try:
        if wish["kind"] == "promote":
            outcome = promote(PromotionRequest(**wish["fields"]), racer.judge, tools)
        else:
            outcome = roll_back(RollbackRequest(**wish["fields"]), tools)
    except RepositoryError as error:
        tell(error=error.what)
    else:
        tell(outcome=msgspec.to_builtins(outcome))
    journal.forget()


if __name__ == "__main__":
    while True:
        fulfil(Path(sys.argv[1]), json.loads(hear()))
