"""``python -m digits.predict``: the pipeline's answers for any table, and every bad cell by name."""

from __future__ import annotations

import csv
import io
import json
import os
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pytest
import safetensors.torch
import torch
from digit_service import SMALL, line, read_model, table, write_weights
from pandera.errors import SchemaErrors

from digits import predict
from digits.card import Architecture, ModelCard, Perceptron
from digits.dataset import CLASSES, LEVELS, PIXELS, Digits
from digits.evaluate import predict as evaluate
from digits.inference.samples import SHOWN_CELLS, SHOWN_ROWS, MalformedError, Sample
from digits.inference.tables import read_table
from digits.inference.weights import read_weights
from digits.model import ConvolutionNet, PerceptronNet
from digits.schema import SCHEMA, SHOWN_LINES
from digits.schema import SHOWN_CELLS as SHOWN_CELLS_OF_SCHEMA
from digits.stage import PipelineError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

SPELLINGS = ("0", "7", "16", "17", "-1", "2.5", "3.0", "ink", "", "NA", "03", " 3", "3 ", "+3", "1e1", "\u0663", "-0")
PERCEPTRON = Perceptron(hidden=16)
of_each_kind = pytest.mark.parametrize("model", [SMALL, PERCEPTRON], indirect=True, ids=["convolution", "perceptron"])


@pytest.fixture
def model(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return write_weights(tmp_path / "digits.safetensors", architecture=getattr(request, "param", SMALL))


@pytest.fixture
def run(model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def main(*arguments: str) -> str:
        monkeypatch.setattr("sys.argv", ["digits.predict", *arguments, "--model", str(model)])
        predict.main()
        return capsys.readouterr().out

    return main


def card(architecture: Architecture = SMALL) -> ModelCard:
    return ModelCard(
        architecture=architecture, classes=CLASSES, darkest=LEVELS, epoch=1, validation_loss=1, training={},
        learning_curve=(),
    )  # fmt: skip


@of_each_kind
def test_answers_are_those_of_the_pipeline_in_the_order_of_the_file(
    run: Callable[..., str], model: Path, digits_table: pd.DataFrame, tmp_path: Path
) -> None:
    digits_table = digits_table.sample(200, random_state=1)
    digits_table.to_csv(tmp_path / "in.csv", index=False)
    rows = list(csv.DictReader(io.StringIO(run(str(tmp_path / "in.csv")))))
    images = digits_table[list(PIXELS)].to_numpy(np.uint8).reshape(-1, 8, 8)
    digits = Digits(tuple(digits_table["id"]), images, digits_table["label"].to_numpy(np.int64))
    expected = evaluate(read_weights(model).net, card(), digits)
    assert [row["id"] for row in rows] == list(expected.ids)
    assert [int(row["digit"]) for row in rows] == expected.predicted.tolist()
    answered = [[row[f"p_{name}"] for name in CLASSES] for row in rows]
    assert answered == [[f"{value:.8f}" for value in each] for each in expected.probabilities.tolist()]
    assert [row["probability"] for row in rows] == [max(each) for each in answered]


@of_each_kind
@pytest.mark.parametrize("rows", [1, 3, 16, 17])
def test_an_answer_does_not_depend_on_the_other_rows(model: Path, rows: int) -> None:
    classifier = read_model(model).classifier
    images = np.random.default_rng(1).integers(0, LEVELS + 1, (51, 8, 8)).astype(np.uint8)
    ids = tuple(map(str, range(51)))
    whole = classifier.predict(Sample(ids, images)).probabilities
    parts = [classifier.predict(Sample(ids[at : at + rows], images[at : at + rows])) for at in range(0, 51, rows)]
    assert np.array_equal(np.concatenate([part.probabilities for part in parts]), whole)


def test_rows_without_ids_are_numbered_and_labels_ignored() -> None:
    header = ",".join(["label", *PIXELS])
    sample = read_table(table(line("nine"), line(""), header=header).decode().splitlines(keepends=True))
    assert sample.ids == ("1", "2")
    assert sample.images.shape == (2, 8, 8)


def test_the_standard_input_may_have_a_byte_order_mark_and_windows_line_ends(
    run: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(b"\xef\xbb\xbf" + table(line("a")).replace(b"\n", b"\r\n"))
    with path.open() as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        assert run("-").splitlines()[1].startswith("a,")


def test_the_output_is_whole_or_not_there(run: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(table(line("a")))
    out = tmp_path / "out.csv"
    assert run(str(tmp_path / "in.csv"), "--out", str(out)) == ""
    assert len(out.read_text().splitlines()) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["digits.safetensors", "in.csv", "out.csv"]
    with pytest.raises(PipelineError, match=r"no/out\.csv cannot be written"):
        run(str(tmp_path / "in.csv"), "--out", str(tmp_path / "no/out.csv"))


def test_a_cell_is_good_if_the_schema_of_the_pipeline_takes_it(digits_table: pd.DataFrame) -> None:
    text = digits_table.head(len(SPELLINGS)).astype(str)
    text["pixel_3_4"] = SPELLINGS
    with pytest.raises(SchemaErrors) as caught:
        SCHEMA.validate(text, lazy=True)
    bad = {SPELLINGS[int(row)] for row in caught.value.failure_cases["index"]}
    assert {spelling for spelling in SPELLINGS if not is_good(line("a", pixel_3_4=spelling))} == bad
    assert (SHOWN_ROWS, SHOWN_CELLS) == (SHOWN_LINES, SHOWN_CELLS_OF_SCHEMA)


def is_good(row: str) -> bool:
    try:
        predict_rows(row)
    except PipelineError:
        return False
    return True


def predict_rows(*rows: str) -> Sample:
    read, write = os.pipe()
    with os.fdopen(write, "wb") as out:
        out.write(table(*rows))
    with os.fdopen(read) as stdin, pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", stdin)
        return predict.read_sample("-")


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        (line("b", pixel_3_4="17"), "line 3 (id 'b'): pixel_3_4: '17' is not a whole number from 0 to 16"),
        (line("b", pixel_3_4=""), "line 3 (id 'b'): pixel_3_4: empty"),
        (line("b", pixel_3_4="9" * 99), f"line 3 (id 'b'): pixel_3_4: '{'9' * 40}'... is not a whole number"),
        (line("x y"), "line 3 (id 'x y'): id: 'x y' is not an id without spaces"),
        (line(""), "line 3: id: empty"),
        (line("a"), "line 3 (id 'a'): id: 'a' is also the id of row 1"),
        ("b,1", "line 3 (id 'b'): 2 cells, but the header has 65"),
        ("", "line 3: 0 cells, but the header has 65"),
        (line("b") + ",1", "line 3 (id 'b'): 66 cells, but the header has 65"),
    ],
)
def test_a_bad_cell_is_named_by_line_id_and_column(bad: str, named: str) -> None:
    with pytest.raises(PipelineError) as caught:
        predict_rows(line("a"), bad, line("c"))
    assert "has 1 bad row," in str(caught.value)
    assert named in str(caught.value)


def test_all_bad_rows_are_counted_and_the_first_named() -> None:
    with pytest.raises(PipelineError) as caught:
        predict_rows(*(line(f"d{row}", **dict.fromkeys(PIXELS[:5], "x")) for row in range(25)))
    message = str(caught.value)
    assert "25 bad rows" in message
    assert message.count("line ") == SHOWN_ROWS
    assert message.count("2 more bad cells") == SHOWN_ROWS
    assert message.endswith("and 15 more")


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("", "missing column pixel_0_0"),
        ("id,pixel_0_0,a\n1,2,3\n", "and 54 more"),
        (",".join([*PIXELS, "b"]), "unknown column 'b'"),
        (",".join([*PIXELS, "id", "id"]), "column id twice"),
        (",".join([*PIXELS, *("" for _ in range(1000))]), "^unknown column ''$"),
        (",".join(PIXELS), "no rows"),
        (",".join(PIXELS) + '\n"', "not a CSV table"),
    ],
)
def test_what_is_no_table_of_digits_is_an_error(content: str, named: str) -> None:
    with pytest.raises(MalformedError, match=named):
        read_table(content.splitlines(keepends=True))


def test_a_table_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "latin.csv").write_bytes(b"\xff\xfe")
    for name, words in (("latin.csv", "not a CSV table in UTF-8"), ("none.csv", "cannot be read")):
        with pytest.raises(PipelineError, match=words):
            predict.read_sample(str(tmp_path / name))


class TestWeights:
    def test_without_a_card_have_the_sizes_of_their_layers(self, model: Path) -> None:
        weights = read_weights(model)
        assert (weights.classes, weights.darkest, weights.net.training) == (CLASSES, LEVELS, False)
        assert len(weights.sha256) == 64

    def test_must_be_those_of_the_card_beside_them(self, model: Path) -> None:
        model.with_suffix(".json").write_text('{"architecture": {"channels": [4, 9], "hidden": 16}}')
        with pytest.raises(PipelineError, match="not the card of a model"):
            read_weights(model)
        text = '{"architecture":{"channels":[4,9],"hidden":16},"classes":[0,1,2,3,4,5,6,7,8,9],"darkest":16,"epoch":1,'
        model.with_suffix(".json").write_text(text + '"validation_loss":1,"training":{},"learning_curve":[]}')
        with pytest.raises(PipelineError, match="card of another model"):
            read_weights(model)
        model.with_suffix(".json").write_text(
            text.replace("[4,9]", "[4,8]").replace('"darkest":16', '"darkest":8')
            + '"validation_loss":1,"training":{},"learning_curve":[]}'
        )
        assert read_weights(model).darkest == 8

    @pytest.mark.parametrize("model", [PERCEPTRON], indirect=True, ids=["perceptron"])
    def test_are_of_the_kind_that_their_layers_tell(self, model: Path) -> None:
        assert isinstance(read_weights(model).net, PerceptronNet)
        model.with_suffix(".json").write_bytes(msgspec.json.encode(card(PERCEPTRON)))
        assert isinstance(read_weights(model).net, PerceptronNet)
        model.with_suffix(".json").write_bytes(msgspec.json.encode(card()))
        with pytest.raises(PipelineError, match="card of another model"):
            read_weights(model)

    @pytest.mark.parametrize("wrong", [{"darkest": 0}, {"classes": (0,) * 10}], ids=["division by 0", "one class"])
    def test_with_a_card_that_makes_no_sense_are_an_error(self, model: Path, wrong: dict[str, Any]) -> None:
        model.with_suffix(".json").write_bytes(msgspec.json.encode(msgspec.structs.replace(card(), **wrong)))
        with pytest.raises(PipelineError, match="card of another model"):
            read_weights(model)

    @pytest.mark.parametrize("size", [0, 7, 100, -1], ids=["empty", "no header", "header cut", "last byte cut"])
    def test_that_are_truncated_are_an_error(self, model: Path, size: int) -> None:
        model.write_bytes(model.read_bytes()[:size])
        with pytest.raises(PipelineError, match=r"not a complete file of safetensors(.|\n)*Fetch the model again"):
            read_weights(model)

    @pytest.mark.parametrize(
        ("name", "tensor", "named"),
        [
            ("first.bias", None, "has no first.bias"),
            ("hidden.bias", None, "has no hidden.bias"),
            ("hidden.bias", torch.zeros(0), "has no hidden.bias"),
            ("hidden.bias", torch.zeros(2, 8), "has no hidden.bias"),
            ("output.bias", None, "missing output.bias"),
            ("output.bias", torch.zeros(11), r"output.bias has the shape \(11,\), not \(10,\)"),
            ("output.bias", torch.full((10,), torch.nan), "not finite"),
            ("output.bias", torch.zeros(10, dtype=torch.int64), "not finite"),
            ("third.bias", torch.zeros(1), "unknown third.bias"),
        ],
    )
    def test_of_another_network_are_an_error(self, model: Path, name: str, tensor: torch.Tensor, named: str) -> None:
        tensors = safetensors.torch.load_file(model)
        tensors.pop(name, None)
        safetensors.torch.save_file({**tensors, **({} if tensor is None else {name: tensor})}, model)
        with pytest.raises(PipelineError, match=named):
            read_weights(model)

    def test_of_a_huge_network_that_the_file_does_not_hold_are_an_error(self, model: Path) -> None:
        tensors = safetensors.torch.load_file(model)
        huge = {name: torch.zeros(200_000) for name in ("first.bias", "second.bias", "hidden.bias")}
        safetensors.torch.save_file({**tensors, **huge}, model)
        with pytest.raises(PipelineError, match="has the shape"):
            read_weights(model)

    def test_with_a_shape_that_overflows_are_an_error(self, model: Path) -> None:
        shape = [0, 2**60, 2**60]
        header = json.dumps({"first.bias": {"dtype": "F32", "shape": shape, "data_offsets": [0, 0]}}).encode()
        model.write_bytes(len(header).to_bytes(8, "little") + header)
        with pytest.raises(PipelineError, match="not a complete file of safetensors"):
            read_weights(model)

    def test_that_are_no_file_are_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(PipelineError, match="is missing: fetch it with `dvc pull`"):
            read_weights(tmp_path / "none.safetensors")
        with pytest.raises(PipelineError, match="cannot be read: Is a directory"):
            read_weights(tmp_path)

    def test_of_half_precision_are_widened(self, model: Path) -> None:
        tensors = safetensors.torch.load_file(model)
        safetensors.torch.save_file({name: tensor.half() for name, tensor in tensors.items()}, model)
        assert isinstance(read_weights(model).net, ConvolutionNet)
