"""The frame of every fake forge: its servers, its log, its faults, and one request's way through it."""

from __future__ import annotations

import tempfile
import traceback
from dataclasses import dataclass, replace
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Generic, Protocol, Self, TypeVar

from fakes.kernel.contract import Contract, ContractError, Exchanged
from fakes.kernel.faults import Fault, FaultPlan
from fakes.kernel.messages import Call, MalformedBodyError, RefusalError, Reply, Request
from fakes.kernel.server import Delivery, Listener

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from fakes.kernel.routes import Route, Routes
    from fakes.kernel.tokens import Token

World = TypeVar("World")
World_contra = TypeVar("World_contra", contravariant=True)


class Dialect(Protocol[World_contra]):
    """How one forge speaks: who calls, what is allowed, and the sentences of its errors."""

    def canonical(self, world: World_contra, request: Request) -> Request:
        """The request under the address that the routes know."""
        ...

    def caller(self, world: World_contra, request: Request) -> Token | None:
        """Whose token came with a request; raises RefusalError for a token that is not valid."""
        ...

    def admit(self, world: World_contra, call: Call) -> None:
        """Raise RefusalError when the caller may not do this."""
        ...

    def finish(self, world: World_contra, call: Call, reply: Reply) -> Reply:
        """The reply with the headers that the forge adds to all."""
        ...

    def not_found(self) -> Reply:
        """There is no such address."""
        ...

    def malformed(self, problem: str) -> Reply:
        """The body cannot be read."""
        ...

    def refusal(self, world: World_contra, fault: Fault) -> Reply:
        """The answer of a fault that has one."""
        ...


@dataclass(kw_only=True)
class Exchange:
    """A line of the request log.

    Attributes:
        request: what arrived.
        status: what was answered; 0 where nothing was.
        fault: the fault that it met; empty without one.
    """

    request: Request
    status: int = 0
    fault: str = ""


class Forge(Generic[World]):
    """A fake forge: use it as a context manager.

    Attributes:
        folder: a temporary folder of its own, gone when it closes.
        exchanges: every request with its outcome, in the order of arrival.
        violations: what broke the forge's description so far; raised as ContractError when the forge closes.
    """

    def __init__(self, routes: Routes[World], dialect: Dialect[World], contract: Contract | None) -> None:
        self._routes = routes
        self._dialect = dialect
        self._contract = contract
        self._plan = FaultPlan()
        self._lock = RLock()
        self._crashes: list[str] = []
        self._listeners: list[Listener] = []
        self._temporary = tempfile.TemporaryDirectory(prefix="headway-forge-", ignore_cleanup_errors=True)
        self.folder = Path(self._temporary.name)
        self.exchanges: list[Exchange] = []
        self.violations: list[str] = []
        self._world: World

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if kind is None:
            self._complain()

    @property
    def requests(self) -> list[Request]:
        """Every request so far, in the order of arrival."""
        return [exchange.request for exchange in self.exchanges]

    def close(self) -> None:
        """Stop the servers and remove the folder."""
        for listener in self._listeners:
            listener.close()
        self._temporary.cleanup()

    def fail(self, method: str, path: str, fault: Fault, *, times: int = 1, skip: int = 0) -> None:
        """Let coming requests meet a fault.

        Args:
            method: in capitals, or ``*``.
            path: a glob over the path as sent, such as ``*/issues/*/comments``.
            fault: from :mod:`fakes.faults`.
            times: how many requests meet it; -1 for all.
            skip: how many fitting requests pass unharmed first.
        """
        self._plan.add(fault, method, path, times=times, skip=skip)

    def meanwhile(self, method: str, path: str, action: Callable[[], None], *, times: int = 1, skip: int = 0) -> None:
        """Call a function just before fitting requests are carried out, as if somebody else had been faster."""
        self._plan.add(action, method, path, times=times, skip=skip)

    def heal(self) -> None:
        """Forget every planned fault and interruption."""
        self._plan.clear()

    def _listen(self, site: str, clock: Callable[[], float], *, host: str = "127.0.0.1") -> str:
        """Start one server; gives its address."""
        listener = Listener(site, self._answer, clock, host=host)
        self._listeners.append(listener)
        return listener.url

    def _answer(self, request: Request) -> Delivery:
        """One request's whole way, the network apart."""
        fault, interruptions = self._plan.take(request)
        exchange = Exchange(request=request, fault=fault.name if fault else "")
        self.exchanges.append(exchange)
        for action in interruptions:
            action()
        reply = self._carry_out(request) if fault is None or fault.takes_effect else Reply(status=503)
        if fault is not None and fault.refusal is not None:
            reply = self._dialect.refusal(self._world, fault)
        delivery = _deliver(reply, fault)
        exchange.status = 0 if delivery.manner in {"reset", "silent"} else reply.status
        return delivery

    def _carry_out(self, request: Request) -> Reply:
        """The forge's own work, one request at a time; a mistake in it is a 500 and is told when the forge closes."""
        with self._lock:
            try:
                return self._dispatch(self._dialect.canonical(self._world, request))
            except RefusalError as refusal:
                return refusal.reply
            except Exception:  # noqa: BLE001 - a crash in a server thread must reach the test that caused it
                self._crashes.append(f"{request.method} {request.target}\n{traceback.format_exc()}")
                return Reply(status=500)

    def _dispatch(self, request: Request) -> Reply:
        found = self._routes.find(request)
        if found is None:
            raise RefusalError(self._dialect.not_found())
        route, params = found
        call = Call(request=request, template=route.documented, needs=route.needs, params=params)
        reply = self._dialect.finish(self._world, call, self._handled(route, call))
        self._check(route, call, reply)
        return reply

    def _handled(self, route: Route[World], call: Call) -> Reply:
        try:
            known = replace(call, caller=self._dialect.caller(self._world, call.request))
            self._dialect.admit(self._world, known)
            return route.handler(self._world, known)
        except RefusalError as refusal:
            return refusal.reply
        except MalformedBodyError as error:
            return self._dialect.malformed(str(error))

    def _check(self, route: Route[World], call: Call, reply: Reply) -> None:
        if self._contract is None or route.site != "api":
            return
        exchanged = Exchanged(
            method=route.method, template=route.documented, params=dict(call.params), request=call.request, reply=reply
        )
        self.violations += [f"{exchanged.name}: {problem}" for problem in self._contract.violations(exchanged)]

    def _complain(self) -> None:
        if self._crashes:
            raise AssertionError("the fake forge itself failed:\n" + "\n".join(self._crashes))
        if self.violations:
            raise ContractError("not what the forge's description allows:\n" + "\n".join(self.violations))


def _deliver(reply: Reply, fault: Fault | None) -> Delivery:
    if fault is None:
        return Delivery(reply=reply)
    return Delivery(reply=reply, manner=fault.manner, seconds=fault.seconds)
