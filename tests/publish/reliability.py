"""The fault matrix of ``headway post``: every call that it makes, every way in which that call can fail, and the end.

The calls are those of a clean run, as a fake forge logged them; nothing here lists them. A cell of the matrix is a pull
request of its own, with pictures of its own: `post` runs while one call fails, then once more while nothing does.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections import Counter
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, Protocol

import urllib3
from fakes import PullRequest, faults
from image_forges import png
from publish.forge_places import FakeClock, post_one
from publish.reliability_forges import Subject, plain
from samples import make_report

from headway.ci.job import Context, Run
from headway.publish.comment import marker
from headway.publish.http.options import ClientOptions
from headway.report import codec
from headway.settings import ImageSettings
from headway.values.chart import LineChart, Points, Series

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fakes import Request
    from fakes.core.faults import Fault
    from fakes.core.forge import Exchange

    from headway.publish.post import Delivery

CELLS_AT_MOST: Final = 20
"""Cells of one row, each of which has a pull request."""
SILENCE, PATIENCE = 0.5, 30.0
"""Real seconds that a run waits for the answer that never comes, and for any other, however busy the machine is."""
LONG_WAIT: Final = 30.0
"""Seconds between two tries from which a run has waited because it was told to."""

Situation = Literal["first", "next"]
SITUATIONS: Final[tuple[Situation, ...]] = ("first", "next")


class Column(NamedTuple):
    """A way to fail: before the forge did what it was asked to, after it, or both; ``None`` where that cannot be."""

    name: str
    before: Fault | None
    after: Fault | None
    lasting: bool = False

    def faults(self, *, read: bool) -> list[Fault]:
        """Those to be tried on a call; for one that only reads, before and after are the same."""
        both = [fault for fault in (self.before, self.after) if fault is not None]
        return both[:1] if read else both


COLUMNS: Final = (
    Column("no answer", faults.no_answer(), faults.no_answer(took_effect=True)),
    Column("connection reset", faults.connection_reset(), faults.connection_reset(took_effect=True)),
    Column("502", faults.server_error(502), faults.server_error(502, took_effect=True)),
    Column("rate limit", faults.rate_limit("secondary"), None),
    Column("body cut off", None, faults.truncated_body()),
    Column("no JSON", faults.invalid_json(took_effect=False), faults.invalid_json()),
    Column("slow body", None, faults.slow_body(0.02)),
    Column("502, lasting", faults.server_error(502), None, lasting=True),
    Column("answers lost, lasting", None, faults.connection_reset(took_effect=True), lasting=True),
    Column("rate limit, lasting", faults.rate_limit("primary"), None, lasting=True),
)


class Route(NamedTuple):
    """A request without what differs from run to run: ``POST issues/{number}/comments``."""

    method: str
    path: str

    @property
    def reads(self) -> bool:
        """Whether it changes nothing. GraphQL is asked whose comments are, and that is a POST."""
        return self.method == "GET" or self.path == "graphql#nodes"

    def glob(self, number: int) -> str:
        """A pattern for the path as it is sent."""
        return "*/" + re.sub(r"\{\w+\}", "*", self.path.replace("{number}", str(number)))


_HOUSE = re.compile(r"^/(?:repos/octo/digits/|api/v4/projects/\d+/|2\.0/repositories/octo/digits/|api/v4/|2\.0/)?")
_NUMBERED = re.compile(r"\b(pulls|issues|merge_requests|pullrequests)/\d+")


def route(request: Request) -> Route:
    """The route of a request."""
    path = _NUMBERED.sub(r"\1/{number}", _HOUSE.sub("", request.address))
    path = re.sub(r"\b[0-9a-f]{40}\b", "{sha}", re.sub(r"\bpictures-\d+", "{branch}", path))
    return Route(request.method, re.sub(r"(?<=/)\d+\b", "{id}", path))


class Row(NamedTuple):
    """A call of a clean run: its place in that, its route, and how often that was called before."""

    situation: Situation
    at: int
    route: Route
    earlier: int
    repeated: bool

    @property
    def name(self) -> str:
        """As the table has it."""
        place = f" ({self.earlier + 1})" if self.repeated else ""
        path = self.route.path.replace("#", " ").replace("octo/digits", "{owner}/{repo}")
        return f"`{self.route.method} {path}`{place}"


class Verdict(NamedTuple):
    """A status on a commit: what it says at a glance, and all of it."""

    headline: str
    whole: str


class State(NamedTuple):
    """What people see of one pull request.

    Attributes:
        comments: of each comment, which run wrote it, and its text.
        pictures: the file of each picture that the comments name, by the bytes that are found under its address.
        verdicts: the statuses on the commit.
        kept: the files in the store of pictures.
    """

    comments: tuple[tuple[int, str], ...]
    pictures: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    kept: Counter[str]

    def lacks(self, clean: State) -> list[str]:
        """In what this differs from the end of a clean run, in a word each; where the text is missing, that is all."""
        runs, expected = [run for run, _ in self.comments], [run for run, _ in clean.comments]
        lacking = [] if runs == expected else ["duplicate" if set(expected) <= set(runs) else "comment"]
        if not lacking and self.pictures != clean.pictures:
            lacking = ["images"]
        same_verdict = [each.headline for each in self.verdicts] == [each.headline for each in clean.verdicts]
        return lacking if same_verdict else [*lacking, "status"]


class Played(NamedTuple):
    """A cell: `post` under a fault, and once more without.

    Attributes:
        log: what the first run asked, in order.
        delivery: what the first run said.
        after: what it left.
        again: what the second run said.
        final: what that left.
    """

    log: list[Exchange]
    delivery: Delivery
    after: State
    again: Delivery
    final: State


class Failure(NamedTuple):
    """A fault, and which requests meet it: one, or all from there on."""

    row: Row
    fault: Fault
    lasting: bool


class Bench:
    """A fake forge with pull requests enough for a row of the matrix."""

    def __init__(self, subject: Subject, folder: Path) -> None:
        self._subject = subject
        self._folder = folder
        self._clock = FakeClock()
        self._browser = urllib3.PoolManager(timeout=5.0, retries=urllib3.Retry(redirect=2, connect=0, read=0))
        self._numbers = itertools.count(1)
        pulls = [PullRequest(number=n, head=f"feature-{n}", head_sha=_sha(n)) for n in range(1, CELLS_AT_MOST + 1)]
        self.fake: Any = subject.open(pulls, self._clock.now)
        given = subject.context(self.fake)
        self._context = replace(given, run=replace(given.run, id=2), output_file=None, summary_file=None)

    def play(self, situation: Situation, failure: Failure | None = None) -> Played:
        """One cell, on the next pull request."""
        number = next(self._numbers)
        context = replace(self._context, sha=_sha(number), branch=f"feature-{number}", pull_request=number)
        if situation == "first":
            context = replace(context, pull_request=None)
        else:
            self._earlier(number, context)
        folder = self._draw(number, "new", (1, 2, 3, 4))
        start = len(self.fake.exchanges)
        if failure is not None:
            times = -1 if failure.lasting else 1
            path = failure.row.route.glob(number)
            self.fake.fail(failure.row.route.method, path, failure.fault, times=times, skip=failure.row.earlier)
        silent_at = start + failure.row.at if failure is not None and failure.fault.mode == "silent" else None
        delivery = self._post(folder, context, silent_at)
        self.fake.clear_faults()
        log = list(self.fake.exchanges[start:])
        after = self._state(number, folder)
        again = self._post(folder, context)
        return Played(log, delivery, after, again, self._state(number, folder))

    def _earlier(self, number: int, context: Context) -> None:
        """An earlier run has posted other results on this commit, and a race has left its comment twice."""
        folder = self._draw(number, "old", (1, 2, 3, 5))
        self._post(folder, replace(context, run=Run(id=1)))
        (comment,) = self.fake.comments(number)
        self.fake.add_comment(number, comment.body, author=comment.author)

    def _draw(self, number: int, name: str, seeds: Sequence[int]) -> Path:
        """A report with two charts in two tones, with images of the pull request's own."""
        folder = self._folder / f"{number}-{name}"
        (folder / "charts").mkdir(parents=True)
        for path, seed in zip(PICTURES, seeds, strict=True):
            (folder / path).write_bytes(png(number * 10 + seed))
        (folder / "report.json").write_bytes(_REPORTS[name])
        return folder

    def _post(self, folder: Path, context: Context, silent_at: int | None = None) -> Delivery:
        transport = patient_options(self._clock, lambda: len(self.fake.exchanges) == silent_at)
        images = ImageSettings(store=self._subject.images[0], branch=f"pictures-{context.branch.rpartition('-')[2]}")
        return post_one(folder, context, transport, images=images)

    def _state(self, number: int, folder: Path) -> State:
        drawn = {(folder / path).read_bytes(): path for path in PICTURES}
        bodies = [comment.body for comment in self.fake.comments(number) if not comment.deleted]
        addresses = [match[1] or match[2] for body in bodies for match in _ADDRESS.finditer(body)]
        return State(
            comments=tuple((_run_of(body), plain(marker.text_of(body))) for body in bodies),
            pictures=tuple(drawn.get(self._fetch(address), address) for address in addresses),
            verdicts=tuple(
                Verdict(plain(str(headline)), plain(str(whole)))
                for headline, whole in self._subject.verdicts(self.fake, _sha(number))
            ),
            kept=Counter(self._subject.kept(self.fake, number, drawn)),
        )

    def _fetch(self, address: str) -> bytes:
        """What a reader's browser gets; GitLab's addresses are relative to the project."""
        url = address if address.startswith("http") else f"{self._context.repository_url}{address}"
        answer = self._browser.request("GET", url)
        return answer.data if answer.status == HTTPStatus.OK else b""


_CURVE = Series(name="", base=Points((1.0, 2.0), (3.0, 2.0)), head=Points((1.0, 2.0), (3.0, 1.0)))
_CHARTS: Final = tuple(
    LineChart(
        id=name,
        title=name,
        alt="down",
        series=(_CURVE,),
        x_label="epoch",
        y_label=name,
        image=f"charts/{name}-light.png",
        image_dark=f"charts/{name}-dark.png",
    )
    for name in ("loss", "error")
)
PICTURES: Final = tuple(str(path) for chart in _CHARTS for path in (chart.image, chart.image_dark))
_REPORTS: Final = {
    "old": codec.encode(make_report("acc 0.90 -> 0.89 higher", charts=_CHARTS)),
    "new": codec.encode(make_report("acc 0.90 -> 0.92 higher", charts=_CHARTS)),
}
_ADDRESS = re.compile(r'(?:src|srcset)="([^"]+)"|!\[[^\]]*\]\(([^)\s]+)\)')


def _sha(number: int) -> str:
    return hashlib.sha1(b"%d" % number, usedforsecurity=False).hexdigest()


def _run_of(body: str) -> int:
    found = marker.read(body)
    return found.run if found else -1


def patient_options(clock: FakeClock, silence_is_next: Callable[[], bool]) -> ClientOptions:
    """One that listens long to every answer but the one that never comes, so that no busy machine adds a fault."""

    class Attentive(ClientOptions):
        def __getattribute__(self, name: str) -> Any:
            if name == "read_timeout":
                return SILENCE if silence_is_next() else PATIENCE
            return super().__getattribute__(name)

    return Attentive(now=clock.now, sleep=clock.sleep, connect_timeout=PATIENCE)


def rows(subject: Subject, folder: Path) -> tuple[list[Row], dict[Situation, Played]]:
    """Every call of clean runs in both situations, and those runs.

    A later run makes many calls that a first one makes as well; they stand with the first one only.
    """
    bench = Bench(subject, folder)
    with bench.fake:
        clean = {situation: bench.play(situation) for situation in SITUATIONS}
    found: list[Row] = []
    known: set[Route] = set()
    for situation in SITUATIONS:
        routes = [route(exchange.request) for exchange in clean[situation].log]
        fresh = [(at, each) for at, each in enumerate(routes) if each not in known]
        found += [Row(situation, at, each, routes[:at].count(each), routes.count(each) > 1) for at, each in fresh]
        known |= set(routes)
    return found, clean


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One fault, how it was played, and the clean run that it is measured by."""

    failure: Failure
    played: Played
    clean: Played

    @property
    def left_over(self) -> int:
        """Files that stay in the store of pictures although no comment names them."""
        return sum((self.played.final.kept - self.clean.final.kept).values())

    @property
    def word(self) -> str:
        """As the table has it."""
        more = f", +{self.left_over}" if self.left_over else ""
        return f"{word(self.played, self.clean)}{more}"


def play(subject: Subject, row: Row, clean: Played, folder: Path) -> list[list[Cell]]:
    """A row of the matrix, column by column, on a fake forge of its own."""
    bench = Bench(subject, folder)
    with bench.fake:
        failures = [
            [Failure(row, fault, column.lasting) for fault in column.faults(read=row.route.reads)] for column in COLUMNS
        ]
        return [
            [Cell(failure=each, played=bench.play(row.situation, each), clean=clean) for each in column]
            for column in failures
        ]


class Ended(Protocol):
    """What a run left."""

    def lacks(self, clean: Any) -> list[str]: ...


class Trial(Protocol):
    """A run of a command under a fault: what it asked, what it reported, and what it left."""

    @property
    def log(self) -> list[Exchange]: ...
    @property
    def delivery(self) -> Reported: ...
    @property
    def after(self) -> Ended: ...


class Reported(Protocol):
    """What a run said."""

    @property
    def failures(self) -> Sequence[object]: ...


def word(played: Trial, clean: Trial) -> str:
    """What the first run did, in a word or two: from its log and from the state that it left."""
    lacking = played.after.lacks(clean.after)
    if played.delivery.failures:
        return f"reported: {', '.join(lacking) or 'complete'}"
    if lacking:
        return f"unnoticed: {', '.join(lacking)}"
    at = next(index for index, exchange in enumerate(played.log) if exchange.fault)
    met, later = played.log[at], played.log[at + 1 :]
    if len(played.log) == len(clean.log):
        return "no effect"
    same = next((index for index, other in enumerate(later) if _same(met.request, other.request)), None)
    if same == 0:
        return "waited" if later[0].request.at - met.request.at >= LONG_WAIT else "retried"
    return "checked" if same is None else "checked, repeated"


def _same(one: Request, other: Request) -> bool:
    return (one.method, one.target, one.body) == (other.method, other.target, other.body)
