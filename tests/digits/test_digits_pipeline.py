"""The stages as DVC runs them, on a sliver of the data and for one epoch."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pandas as pd
import pytest
from PIL import Image
from sklearn import metrics

from digits import draw, evaluate, prepare, training
from digits.card import CARD
from digits.stage import PipelineError, read_params, run

ROOT = Path(__file__).parents[2]
MEASURED = "reports/latency.json"


def run_stages() -> None:
    prepare.main()
    training.train({})
    evaluate.main()
    draw.main()


def files(folder: Path) -> dict[str, bytes]:
    """What the stages wrote below the folder."""
    written = [path for name in ("splits", "models", "evaluation", "reports") for path in (folder / name).rglob("*.*")]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in written}


def test_the_stages_write_what_dvc_yaml_says_and_the_same_bytes_again(sliver: Path) -> None:
    run_stages()
    first = files(sliver)
    assert set(first) == declared_outs()
    run_stages()
    second = files(sliver)
    assert {name for name in first if first[name] != second[name]} <= {MEASURED}

    check_predictions(sliver / "reports")
    assert set(json.loads(first[MEASURED])) == {"median_ms", "p95_ms", "rows_per_second"}
    for name in ("confusion_matrix.png", "errors.png", "sample.png"):
        with Image.open(sliver / "reports" / name) as picture:
            assert picture.format == "PNG"


def declared_outs() -> set[str]:
    """The outs and metrics of every stage in dvc.yaml, with or without options."""
    stages = msgspec.yaml.decode((ROOT / "dvc.yaml").read_bytes())["stages"].values()
    outs = [out for stage in stages for out in [*stage.get("outs", []), *stage.get("metrics", [])]]
    return {next(iter(out)) if isinstance(out, dict) else out for out in outs}


def check_predictions(reports: Path) -> None:
    """The metrics follow from the published predictions."""
    table = pd.read_csv(reports / "predictions.csv")
    scores = json.loads((reports / "metrics.json").read_text())
    test = pd.read_parquet(prepare.FOLDER / "test.parquet")
    assert table["id"].tolist() == test["id"].tolist()
    assert table["actual"].tolist() == test["label"].tolist()
    probabilities = table.filter(like="p_").to_numpy()
    assert probabilities.sum(axis=1) == pytest.approx(1, abs=1e-4)
    assert (probabilities.argmax(axis=1) == table["predicted"]).all()
    assert scores["rows"] == len(table)
    assert scores["accuracy"] == pytest.approx((table["actual"] == table["predicted"]).mean(), abs=1e-6)
    brier = metrics.brier_score_loss(table["actual"], probabilities / probabilities.sum(axis=1, keepdims=True))
    assert scores["brier"] == pytest.approx(brier, abs=1e-4)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("epochs: 1", "epochs: many", "section `train`: Expected `int`, got `str` - at `$.epochs`"),
        ("epochs: 1", "epochs: 0", "Expected `int` >= 1 - at `$.epochs`"),
        ("epochs: 1,", "epoch: 1,", "unknown field `epoch`"),
        ("epochs: 1,", "", "missing required field `epochs`"),
        ("train:", "trains:", "has no section `train`"),
        ("train:", "train", "params.yaml"),
    ],
)
def test_a_bad_parameter_is_named(sliver: Path, old: str, new: str, named: str) -> None:
    edit(sliver, old, new)
    with pytest.raises(PipelineError) as caught:
        read_params("train", training.TrainParams)
    assert named in str(caught.value)


def edit(folder: Path, old: str, new: str) -> None:
    params = folder / "params.yaml"
    assert old in params.read_text()
    params.write_text(params.read_text().replace(old, new))


def test_a_perceptron_takes_the_place_of_the_convolution(sliver: Path) -> None:
    """All that is read of the model is in the card and the weights; the channels stay in params.yaml."""
    edit(sliver, "kind: convolution", "kind: perceptron")
    run_stages()
    check_predictions(sliver / "reports")
    assert json.loads((sliver / CARD).read_text())["architecture"] == {"kind": "perceptron", "hidden": 16}


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("kind: convolution", "kind: transformer", "section `model`: Invalid enum value 'transformer' - at `$.kind`"),
        ("kind: convolution, ", "", "missing required field `kind`"),
        ("channels: [4, 8], ", "", "missing required field `channels`"),
        ("channels: [4, 8]", "channels: [4]", "Expected `array` of length 2, got 1 - at `$.channels`"),
        ("hidden: 16", "hidden: 0", "Expected `int` >= 1 - at `$.hidden`"),
        ("hidden: 16", "hidden: 16, depth: 2", "unknown field `depth`"),
    ],
)
def test_a_bad_parameter_of_the_model_is_named(sliver: Path, old: str, new: str, named: str) -> None:
    edit(sliver, old, new)
    with pytest.raises(PipelineError) as caught:
        read_params("model", training.ModelParams)
    assert named in str(caught.value)


@pytest.mark.parametrize("spelling", ["0.001", "1.0e-3", "1e-3"])
def test_a_number_may_be_spelled_as_dvc_allows(sliver: Path, spelling: str) -> None:
    params = sliver / "params.yaml"
    params.write_text(params.read_text().replace("learning_rate: 0.01", f"learning_rate: {spelling}"))
    assert read_params("train", training.TrainParams).learning_rate == 0.001


def test_without_parameters_the_stage_says_where_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PipelineError, match="repository's root"):
        read_params("train", training.TrainParams)


@pytest.mark.parametrize(
    ("problem", "code"), [(PipelineError("the ink is dry"), "error: the ink is dry"), (KeyboardInterrupt(), 130)]
)
def test_a_stage_that_cannot_go_on_ends_without_a_traceback(problem: BaseException, code: object) -> None:
    def stage() -> None:
        raise problem

    with pytest.raises(SystemExit) as caught:
        run(stage)
    assert caught.value.code == code
