"""The service over HTTP: typed requests, errors that name every bad row, limits."""

from __future__ import annotations

import asyncio
import errno
import io
import json
import re
import threading
from typing import TYPE_CHECKING, Any, cast
from unittest.mock import Mock, create_autospec

import h11
import pytest
import uvicorn
from digit_service import BLANK, CSV, JSON, Client, digit, line, read_model, table, write_weights
from uvicorn.server import ServerState

from digits.inference.sources import Model
from digits.serve.limits import Limits
from digits.serve.protocol import impatient_protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from uvicorn.protocols.http.h11_impl import H11Protocol

    from digits.inference.classifier import Prediction
    from digits.inference.samples import Sample

REQUEST = b"POST /predict HTTP/1.1\r\nHost: digits\r\nContent-Length: 5\r\n\r\n"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return read_model(write_weights(tmp_path_factory.mktemp("model") / "digits.safetensors"))


@pytest.fixture
def client(model: Model) -> Client:
    return Client(model)


def bad_pixel(value: Any) -> list[list[Any]]:
    return [*BLANK[:2], [0, 0, 0, 0, 0, value, 0, 0], *BLANK[3:]]


def test_health_says_which_model_answers(client: Client, model: Model) -> None:
    reply = client.ask("GET", "/health")
    assert (reply.status, reply.headers["content-type"]) == (200, JSON)
    origin = {"path": "digits.safetensors", "sha256": model.origin.sha256}
    assert reply.json == {"status": "ok", "model": origin}
    client.service.is_stopping = True
    reply = client.ask("GET", "/health")
    assert (reply.status, reply.json["status"]) == (503, "stopping")


def test_json_and_csv_get_the_same_answers(client: Client) -> None:
    pixels = [[(row * column) % 17 for column in range(8)] for row in range(8)]
    cells = [str(cell) for row in pixels for cell in row]
    reply = client.predict(digit("a"), {"pixels": pixels})
    as_csv = client.ask("POST", "/predict", table(line("a"), ",".join(["2", *cells])), kind="Text/CSV; charset=utf-8")
    assert (reply.status, as_csv.status, as_csv.headers["content-type"]) == (200, 200, "text/csv; charset=utf-8")
    assert reply.json["model"]["path"] == "digits.safetensors"
    first, second = reply.json["predictions"]
    assert (first["id"], second["id"]) == ("a", "2")
    assert len(first["probabilities"]) == 10
    assert first["probability"] == max(first["probabilities"]) == first["probabilities"][first["digit"]]
    rows = [row.split(",") for row in as_csv.body.decode().splitlines()[1:]]
    expected = [[each["id"], each["digit"], each["probability"], *each["probabilities"]] for each in (first, second)]
    assert [[name, int(digit), *map(float, rest)] for name, digit, *rest in rows] == expected


@pytest.mark.parametrize(
    ("bad", "field", "why"),
    [
        (digit("x", bad_pixel(17)), "pixels[2][5]", "17 is not a whole number from 0 to 16"),
        (digit("x", bad_pixel(-1)), "pixels[2][5]", "-1 is not a whole number from 0 to 16"),
        (digit("x", bad_pixel(1.5)), "pixels[2][5]", "1.5 is not a whole number from 0 to 16"),
        (digit("x", bad_pixel(value=True)), "pixels[2][5]", "true is not a whole number from 0 to 16"),
        (digit("x", bad_pixel(None)), "pixels[2][5]", "null is not a whole number from 0 to 16"),
        (digit("x", bad_pixel("9" * 99)), "pixels[2][5]", f'"{"9" * 39}... is not a whole number from 0 to 16'),
        (digit("x", BLANK[:7]), "pixels", "not a list of 8 rows"),
        (digit("x", [*BLANK[:7], [0]]), "pixels[7]", "not a list of 8 numbers"),
        ({"id": "x"}, "pixels", "not a list of 8 rows"),
        ({"id": "x", "pixels": BLANK, "label": 3}, "'label'", "unknown field"),
        ({"id": "x y", "pixels": BLANK}, "id", "'x y' is not an id without spaces"),
        ({"id": "a", "pixels": BLANK}, "id", "'a' is also the id of row 1"),
        ({"id": 3, "pixels": BLANK}, "id", "3 is not a string"),
        (3, "", "Expected `object`, got `int`"),
    ],
)
def test_a_bad_row_is_named(client: Client, bad: Any, field: str, why: str) -> None:
    reply = client.predict(digit("a"), bad, digit("c"))
    name = bad["id"] if isinstance(bad, dict) and isinstance(bad["id"], str) else None
    assert reply.status == 422
    assert reply.json == {
        "error": "1 bad row", "rows": [{"row": 2, "id": name, "field": field, "why": why}], "more_rows": 0,
    }  # fmt: skip


def test_all_bad_rows_are_counted_and_the_first_named(client: Client) -> None:
    reply = client.predict(*(digit(f"d{row}", [[17] * 8] * 8) for row in range(25)))
    assert (reply.json["error"], reply.json["more_rows"]) == ("25 bad rows", 15)
    assert [cell["row"] for cell in reply.json["rows"]] == [row for row in range(1, 11) for _ in range(4)]
    assert reply.json["rows"][3]["why"] == "61 more bad cells"


def test_a_bad_row_of_a_table_is_named(client: Client) -> None:
    reply = client.ask("POST", "/predict", table(line("a"), line("b", pixel_2_5="17")), kind=CSV)
    assert reply.status == 422
    assert reply.json["rows"] == [
        {"row": 2, "id": "b", "field": "pixel_2_5", "why": "'17' is not a whole number from 0 to 16"}
    ]


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, b"", JSON),
        (400, b"{", JSON),
        (400, b'{"digits": ["\xff', JSON),
        (400, b'{"digits": [' + b"[" * 9999, JSON),
        (400, b'{"digits": []}', JSON),
        (422, b"[]", JSON),
        (422, b"{}", JSON),
        (422, b'{"digits": 3}', JSON),
        (422, b'{"digits": [{}], "more": 1}', JSON),
        (400, b"", CSV),
        (400, b"\xff\xfe", CSV),
        (400, b"id,pixel_0_0\n", CSV),
        (400, table("a" * 200_000), CSV),
        (415, b"{}", "text/plain"),
        (415, b"{}", ""),
    ],
)
def test_a_body_that_is_no_request_is_an_error(client: Client, status: int, body: bytes, kind: str) -> None:
    reply = client.ask("POST", "/predict", body, kind=kind)
    assert reply.status == status
    assert reply.json["error"]
    assert reply.json["rows"] == []


def test_a_compressed_body_is_refused(client: Client) -> None:
    assert client.predict(digit("a"), content_encoding="gzip").status == 415
    assert client.predict(digit("a"), content_encoding="identity").status == 200


@pytest.mark.parametrize(
    ("status", "method", "path"),
    [(404, "GET", "/"), (404, "POST", "/predict/"), (405, "GET", "/predict"), (405, "POST", "/health")],
)
def test_other_paths_and_methods_are_errors(client: Client, status: int, method: str, path: str) -> None:
    reply = client.ask(method, path)
    assert (reply.status, reply.headers["content-type"]) == (status, JSON)
    assert reply.json["error"]


class TestLimits:
    def test_of_rows(self, model: Model) -> None:
        client = Client(model, rows=2)
        assert client.predict(digit("a"), digit("b")).status == 200
        reply = client.predict(digit("a"), digit("b"), digit("c"))
        assert (reply.status, reply.json["error"]) == (413, "more than 2 rows: send fewer at once")
        assert client.ask("POST", "/predict", table(line("a"), line("b"), line("c")), kind=CSV).status == 413

    def test_of_bytes_while_they_come(self, model: Model) -> None:
        client = Client(model, body_bytes=10)
        reply = client.ask("POST", "/predict", *[b"1" * 11])
        assert (reply.status, "more than 10 bytes" in reply.json["error"]) == (413, True)
        taken_before = []

        async def next_part() -> dict[str, Any]:
            taken_before.append(bool(client.sent))
            return {"type": "http.request", "body": b"12345", "more_body": len(taken_before) < 100}

        assert asyncio.run(client.send("POST", "/predict", next_part)).status == 413
        assert taken_before == [False] * 3 + [True] * 97, "the answer does not wait for the rest, which is read"

    def test_of_time(self, model: Model) -> None:
        async def never() -> dict[str, Any]:
            return await asyncio.Future()

        reply = asyncio.run(Client(model, body_seconds=0).send("POST", "/predict", never))
        assert (reply.status, reply.headers["connection"]) == (408, "close")
        assert "has not arrived" in reply.json["error"]

    def test_of_requests_at_once(self, model: Model) -> None:
        client, body = Client(model, concurrency=1), json.dumps({"digits": [digit("a")]}).encode()

        async def both() -> None:
            reading, rest = asyncio.Event(), asyncio.Event()

            async def slow() -> dict[str, Any]:
                reading.set()
                await rest.wait()
                return await whole()

            async def whole() -> dict[str, Any]:
                return {"type": "http.request", "body": body, "more_body": False}

            first = asyncio.create_task(client.send("POST", "/predict", slow))
            await reading.wait()
            second = await client.send("POST", "/predict", whole)
            assert (second.status, second.headers["retry-after"]) == (503, "1")
            assert (await client.send("GET", "/health", whole)).status == 200
            rest.set()
            assert (await first).status == 200
            assert (await client.send("POST", "/predict", slow)).status == 200

        asyncio.run(both())

    def test_a_client_that_leaves_frees_its_place(self, model: Model) -> None:
        async def gone() -> dict[str, Any]:
            return {"type": "http.disconnect"}

        client = Client(model, concurrency=1)
        asyncio.run(client.send("POST", "/predict", gone))
        assert client.predict(digit("a")).status == 200

    def test_are_such_that_a_full_request_of_json_fits(self) -> None:
        wide = [[16] * 8] * 8
        body = json.dumps({"digits": [{"id": "0" * 36, "pixels": wide}] * Limits().rows})
        assert len(body) < Limits().body_bytes


class Held:
    """A classifier that waits until it is let go."""

    def __init__(self) -> None:
        self.entered, self.leave = threading.Event(), threading.Event()

    def predict(self, _: Sample) -> Prediction:
        self.entered.set()
        self.leave.wait()
        raise RuntimeError("secret")


def test_others_are_answered_during_a_prediction_and_a_crash_shows_nothing(
    model: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    held = Held()
    client = Client(Model(held, model.origin))  # type: ignore[arg-type]  # all that the service uses

    async def ask() -> Any:
        async def next_part() -> dict[str, Any]:
            body = json.dumps({"digits": [digit("a")]}).encode()
            return {"type": "http.request", "body": body, "more_body": False}

        first = asyncio.create_task(client.send("POST", "/predict", next_part))
        await asyncio.to_thread(held.entered.wait)
        assert (await client.send("GET", "/health", next_part)).status == 200
        held.leave.set()
        with pytest.raises(RuntimeError):  # the server logs it
            await first

    asyncio.run(ask())
    assert "POST /predict 500 0 rows" in capsys.readouterr().err


def test_a_request_is_one_line_of_the_log_without_its_body(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    client.predict(digit("secret"), digit("b"))
    client.ask("GET", "/a%0Ab" + "c" * 500)
    first, second = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"POST /predict 200 2 rows \d+\.\d ms", first)
    assert re.fullmatch(r"GET /a%0Abc{190} 404 0 rows \d+\.\d ms", second)


def test_a_body_that_never_ends_does_not_hold_a_connection_after_its_answer(model: Model) -> None:
    async def never() -> dict[str, Any]:
        return await asyncio.Future()

    assert asyncio.run(Client(model, body_seconds=0).send("POST", "/none", never)).status == 404


@pytest.mark.parametrize("stream", [None, "full"])
def test_a_log_that_cannot_be_written_is_no_error(
    client: Client, monkeypatch: pytest.MonkeyPatch, stream: str | None
) -> None:
    full = create_autospec(io.TextIOWrapper, instance=True)
    full.flush.side_effect = OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr("sys.stderr", full if stream else None)
    assert client.ask("GET", "/health").status == 200


class Loop:
    """An event loop whose time passes when the test says so."""

    def __init__(self) -> None:
        self.timers: list[tuple[asyncio.TimerHandle, Callable[[], None]]] = []

    def call_later(self, _: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        handle = create_autospec(asyncio.TimerHandle, instance=True)
        self.timers.append((handle, callback))
        return cast("asyncio.TimerHandle", handle)

    def create_task(self, coroutine: Coroutine[Any, Any, None]) -> Mock:
        coroutine.close()
        return Mock()

    def let_time_pass(self) -> None:
        due, self.timers = self.timers, []
        for handle, callback in due:
            if not cast("Mock", handle).cancel.called:
                callback()


class TestConnection:
    """Closed if its request does not arrive, whether or not the service has seen it."""

    @pytest.fixture
    def loop(self) -> Loop:
        return Loop()

    @pytest.fixture
    def connection(self, loop: Loop) -> H11Protocol:
        config = uvicorn.Config(Mock(), lifespan="off", log_config=None)
        config.load()
        protocol = impatient_protocol(10)(config, ServerState(), {}, _loop=cast("Any", loop))
        transport = create_autospec(asyncio.Transport, instance=True)
        transport.get_extra_info.return_value = None
        protocol.connection_made(transport)
        return protocol

    @pytest.mark.parametrize("sent", [[], [b"POST /predict HTTP/1.1\r\nHost: digits\r\n"]], ids=["nothing", "half"])
    def test_is_closed_before_there_is_a_request(self, connection: H11Protocol, loop: Loop, sent: list[bytes]) -> None:
        for part in sent:
            connection.data_received(part)
        loop.let_time_pass()
        assert cast("Mock", connection.transport.close).called

    def test_stays_while_the_service_answers(self, connection: H11Protocol, loop: Loop) -> None:
        connection.data_received(REQUEST + b"12345")
        loop.let_time_pass()
        assert not cast("Mock", connection.transport.close).called

    def test_stays_while_the_service_reads_but_not_after_an_early_answer(
        self, connection: H11Protocol, loop: Loop
    ) -> None:
        connection.data_received(REQUEST + b"123")
        loop.let_time_pass()
        assert not cast("Mock", connection.transport.close).called
        connection.cycle.response_complete = True
        loop.let_time_pass()
        assert cast("Mock", connection.transport.close).called

    def test_is_aborted_if_its_answer_is_not_read(self, connection: H11Protocol, loop: Loop) -> None:
        connection.data_received(REQUEST + b"12345")
        connection.pause_writing()
        connection.resume_writing()
        loop.let_time_pass()
        assert not cast("Mock", connection.transport.abort).called
        connection.pause_writing()
        loop.let_time_pass()
        assert cast("Mock", connection.transport.abort).called

    def test_is_closed_if_its_request_breaks_after_the_answer_has_begun(self, connection: H11Protocol) -> None:
        connection.data_received(b"POST /none HTTP/1.1\r\nHost: digits\r\nTransfer-Encoding: chunked\r\n\r\n")
        connection.conn.send(h11.Response(status_code=404, headers=[]))
        connection.data_received(b"no length\r\n")
        assert cast("Mock", connection.transport.close).called

    def test_that_ends_is_forgotten(self, connection: H11Protocol, loop: Loop) -> None:
        connection.pause_writing()
        connection.connection_lost(None)
        cast("Mock", connection.transport.close).reset_mock()
        loop.let_time_pass()
        assert not cast("Mock", connection.transport.close).called
        assert not cast("Mock", connection.transport.abort).called
