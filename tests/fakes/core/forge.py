"""The frame of every fake forge: its servers, its log, its faults, and one request's way through it."""

from __future__ import annotations

import tempfile
import traceback
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, RLock
from typing import TYPE_CHECKING, Generic, Protocol, Self, TypeVar

from fakes.core.description import Contract, ContractError
from fakes.core.faults import FaultPlan
from fakes.core.messages import HttpError, MalformedBodyError, Reply, Request
from fakes.core.reviews import Review
from fakes.core.server import Listener
from fakes.core.state import State

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from fakes.core.comments import Comment
    from fakes.core.errors import ErrorFormat
    from fakes.core.faults import Fault
    from fakes.core.reviews import Decision
    from fakes.core.routes import Call, Routes
    from fakes.core.state import Lag, PullRequest
    from fakes.core.tokens import Token

AnyState = TypeVar("AnyState", bound=State)
State_contra = TypeVar("State_contra", bound=State, contravariant=True)


class Access(Protocol[State_contra]):
    """Whose token came with a request, and whether it may do this; the forges' modules ``access`` are of this form."""

    def caller(self, state: State_contra, request: Request) -> Token | None: ...

    def admit(self, state: State_contra, call: Call) -> None: ...


@dataclass(kw_only=True)
class Exchange:
    """A line of the request log; the status is 0 where nothing was answered, the fault empty without one."""

    request: Request
    status: int = 0
    fault: str = ""


class Forge(Generic[AnyState]):
    """A fake forge: use it as a context manager.

    Tests that pass their own ``clock`` get the same bytes every time. ``sleep`` waits, for the faults that take time;
    by default until the forge closes at most. ``folder`` is gone when it closes; ``violations`` of the forge's
    description are then raised as a ContractError.
    """

    def __init__(  # noqa: PLR0913 - the parts of a forge, and what its tests control
        self,
        routes: Routes[AnyState],
        access: Access[AnyState],
        errors: ErrorFormat[AnyState],
        contract: Contract | None,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], object] | None,
    ) -> None:
        self._routes = routes
        self._access = access
        self._errors = errors
        self._contract = contract
        self._clock = clock
        self._closing = Event()
        self._sleep = sleep or self._closing.wait
        self._plan = FaultPlan()
        self._lock = RLock()
        self._crashes: list[str] = []
        self._listeners: list[Listener] = []
        self._temporary = tempfile.TemporaryDirectory(prefix="headway-forge-", ignore_cleanup_errors=True)
        self.folder = Path(self._temporary.name)
        self.exchanges: list[Exchange] = []
        self.violations: list[str] = []
        self._state: AnyState

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if kind is None:
            self._complain()

    def close(self) -> None:
        """Stop the servers, let waiting clients go, and remove the folder."""
        self._closing.set()
        for listener in self._listeners:
            listener.close()
        self._temporary.cleanup()

    @property
    def requests(self) -> list[Request]:
        return [exchange.request for exchange in self.exchanges]

    @property
    def lag(self) -> Lag:
        """How late writes show up; set its numbers."""
        return self._state.lag

    def fail(self, method: str, path: str, fault: Fault, *, times: int = 1, skip: int = 0) -> None:
        """Let coming requests meet a fault; arguments as in :meth:`fakes.core.faults.FaultPlan.add`."""
        self._plan.add(fault, method, path, times=times, skip=skip)

    def before_request(
        self, method: str, path: str, action: Callable[[], None], *, times: int = 1, skip: int = 0
    ) -> None:
        """Call a function just before fitting requests are carried out, as if somebody else had been faster."""
        self._plan.add(action, method, path, times=times, skip=skip)

    def clear_faults(self) -> None:
        self._plan.clear()

    def revoke(self, token: str) -> None:
        self._state.tokens.revoke(token)

    def pull_request(self, number: int = 1) -> PullRequest:
        """A pull request (GitLab: a merge request) as it is now, with the SHAs that were made up for it."""
        return self._state.pull_requests[number]

    def open_pull_request(self, request: PullRequest) -> PullRequest:
        with self._lock:
            self._state.open_pull_request(request)
            return self._state.pull_requests[request.number]

    def close_pull_request(self, number: int) -> None:
        with self._lock:
            self._state.pull_requests[number] = replace(self._state.pull_requests[number], state="closed")

    def review_pull_request(
        self, number: int, author: str, decision: Decision = "approved", *, association: str = "MEMBER"
    ) -> None:
        """Somebody approves a pull request, asks for changes, comments, or loses the approval again."""
        with self._lock:
            number_of_it, at = next(self._state.ids), self._clock()
            review = Review(id=number_of_it, author=author, decision=decision, at=at, association=association)
            self._state.reviews.setdefault(number, []).append(review)

    def merge_pull_request(self, number: int, sha: str = "", *, by: str = "octocat") -> str:
        """Merge a pull request; gives the commit that this makes, one that the forge makes up unless it is named."""
        with self._lock:
            request = self._state.pull_requests[number]
            merged = sha or self._state.new_commit(f"merge {number}", request.base_sha)
            self._state.commits[merged] = request.base
            self._state.pull_requests[number] = replace(
                request, state="closed", merged_sha=merged, merged_by=by, merged_at=self._clock()
            )
            return merged

    def push(self, number: int, sha: str = "") -> str:
        """A new head commit for a pull request; gives its SHA, made up when left out."""
        with self._lock:
            request = self._state.pull_requests[number]
            head = sha or self._state.new_commit(f"after {request.head_sha}", request.head_sha)
            self._state.open_pull_request(replace(request, head_sha=head))
            return head

    def add_commit(self, sha: str, branch: str = "main") -> None:
        self._state.commits[sha] = branch

    def add_issue(self, number: int) -> None:
        self._state.issues.add(number)

    def add_comment(self, number: int, body: str, *, author: str = "octocat", system: bool = False) -> Comment:
        """Somebody, or the forge itself, writes a comment on a pull request."""
        with self._lock:
            return self._state.write_comment(self._state.comments, str(number), body, author, system=system)

    def comments(self, number: int = 1) -> list[Comment]:
        """A pull request's comments, oldest first, delayed and deleted ones too."""
        return self._state.comments.on(str(number))

    def commit_comments(self, sha: str) -> list[Comment]:
        return self._state.commit_comments.on(sha)

    def _canonical(self, request: Request) -> Request:
        """The request under the address that the routes know."""
        return request

    def _common_headers(self, call: Call) -> dict[str, str]:  # noqa: ARG002 - for those that tell something of it
        """The headers that the forge adds to every answer of its API."""
        return {}

    def _listen(self, site: str, *, host: str = "127.0.0.1") -> str:
        """Start one server; gives its address."""
        listener = Listener(site, self._answer, self._clock, self._sleep, host=host)
        self._listeners.append(listener)
        return listener.url

    def _answer(self, request: Request) -> tuple[Reply, Fault]:
        """One request's whole way, the network apart: the reply, and how it is spoiled."""
        fault, interruptions = self._plan.take(request)
        exchange = Exchange(request=request, fault=fault.name)
        self.exchanges.append(exchange)
        for action in interruptions:
            action()
        reply = self._carry_out(request) if fault.takes_effect else Reply(status=503)
        if fault.answer is not None:
            reply = self._fault_reply(request, fault)
        exchange.status = 0 if fault.mode in {"reset", "silent"} else reply.status
        return reply, fault

    def _fault_reply(self, request: Request, fault: Fault) -> Reply:  # noqa: ARG002 - for those with several APIs
        """The answer to a request that meets a fault with an answer of its own."""
        return self._errors.fault(self._state, fault)

    def _carry_out(self, request: Request) -> Reply:
        """The forge's own work, one request at a time; a mistake in it is a 500 and is told when the forge closes."""
        with self._lock:
            try:
                return self._dispatch(self._canonical(request))
            except Exception:  # noqa: BLE001 - a crash in a server thread must reach the test that caused it
                self._crashes.append(f"{request.method} {request.target}\n{traceback.format_exc()}")
                return Reply(status=500)

    def _dispatch(self, request: Request) -> Reply:
        call = self._routes.find(request)
        if call is None:
            return self._errors.no_route().reply
        reply = self._handled(call)
        if call.route.site != "api":
            return reply
        reply = reply.with_headers(self._common_headers(call))
        problems = self._contract(call, reply) if self._contract is not None else ()
        self.violations += [f"{call.route.name}: {problem}" for problem in problems]
        return reply

    def _handled(self, call: Call) -> Reply:
        try:
            if call.route.site == "api":
                call = replace(call, caller=self._access.caller(self._state, call.request))
                self._access.admit(self._state, call)
            return call.route.handler(self._state, call)
        except HttpError as error:
            return error.reply
        except MalformedBodyError as error:
            return self._errors.malformed(str(error)).reply

    def _complain(self) -> None:
        if self._crashes:
            raise AssertionError("the fake forge itself failed:\n" + "\n".join(self._crashes))
        if self.violations:
            raise ContractError("not what the forge's description allows:\n" + "\n".join(self.violations))
