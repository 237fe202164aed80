"""Which metrics are comparable: each row of docs/comparability.md runs on a real DVC repository."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from repos import Project

import headway

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headway.values.comparability import Comparability
    from headway.values.comparison import Comparison

PAGE = Path(__file__).parents[2] / "docs/comparability.md"
IDS = range(1, 13)
METRICS = [{"metrics.json": {"cache": False}}]
Stages = dict[str, dict[str, Any]]
Files = Mapping[str, str | None]
"""Content by path; ``None`` for a file that is gone."""
Change = Callable[[Project], object]

STAGES: Stages = {
    "prepare": {
        "cmd": "prepare",
        "deps": ["raw.csv", "prepare.py"],
        "params": ["salt"],
        "outs": ["train.csv", "test.csv"],
    },
    "train": {
        "cmd": "train",
        "deps": ["train.csv", "train.py"],
        "params": ["lr", "seed"],
        "outs": ["model.pt", "card.json"],
    },
    "evaluate": {"cmd": "evaluate", "deps": ["model.pt", "card.json", "test.csv", "evaluate.py"], "metrics": METRICS},
}


def table(ids: Iterable[int], label: int = 0, x: int = 0) -> str:
    """Rows whose labels are the last digit of their ids; ``label`` and ``x`` are added to the cells."""
    rows = (f"{id_},{id_ % 10 + label},{id_ * 7 + x}" for id_ in ids)
    return "\n".join(["id,label,x", *rows, ""])


TEST = table(IDS[8:])
SETTINGS = "metrics: {acc: {direction: higher}}\n"
FILES: Files = {
    "raw.csv": table(IDS),
    "prepare.py": "",
    "train.py": "",
    "evaluate.py": "",
    "params.yaml": "salt: a\nlr: 0.1\nseed: 1\n",
    "train.csv": table(IDS[:8]),
    "test.csv": TEST,
    "model.pt": "weights",
    "card.json": "{}",
    "headway.yaml": SETTINGS,
}


def stages(**changes: Mapping[str, Any]) -> Stages:
    """The pipeline with keys of some stages set."""
    every = copy.deepcopy(STAGES)
    for name, keys in changes.items():
        every[name] = {**every.get(name, {}), **keys}
    return every


def run(project: Project, acc: float, files: Files) -> Project:
    """What a run of the pipeline leaves: dvc.lock names every file as it now is."""
    for path, content in files.items():
        project.remove(path) if content is None else project.write(path, content)
    tracked = [path for path in ("raw.csv", "images") if path in files or any(f.startswith(f"{path}/") for f in files)]
    if tracked:
        project.add(*tracked)
    return project.json("metrics.json", {"acc": acc}).recorded()


@dataclass(frozen=True)
class Row:
    """One row of the page's table.

    Attributes:
        changed: what changed, as the page says it.
        head: files of head that differ from base's; the accuracy always goes from 0.8 to 0.9.
        verdict: what Headway says.
        why: why it does.
        stages: the pipeline of base.
        base: files of base in addition to the usual ones.
        then: the pipeline of head, where it is another.
        lost: whether DVC's cache is lost, so that base's files cannot be read.
    """

    changed: str
    head: Files
    verdict: str
    why: str
    stages: Stages = field(default_factory=lambda: STAGES)
    base: Files = field(default_factory=dict)
    then: Stages | None = None
    lost: bool = False


MODEL = {"model.pt": "other weights", "card.json": '{"epoch": 2}'}
SALTED = {"params.yaml": "salt: b\nlr: 0.1\nseed: 1\n"}
TRAINED = {"params.yaml": "salt: a\nlr: 0.2\nseed: 2\n", **MODEL}
APPENDED = {"raw.csv": table(range(1, 15)), "train.csv": table(range(1, 10)), "test.csv": table(range(9, 15)), **MODEL}
PICKLED = stages(
    prepare={"outs": ["split"]},
    featurize={"cmd": "featurize", "deps": ["split", "featurize.py"], "outs": ["features"]},
    train={"deps": ["features", "train.py"], "outs": ["estimator.pkl"]},
    evaluate={"deps": ["estimator.pkl", "features", "evaluate.py"]},
)
PICKLES = {
    "split/train.csv": "a",
    "split/test.csv": "b",
    "featurize.py": "",
    "features/train.pkl": "c",
    "features/test.pkl": "d",
    "estimator.pkl": "e",
}
REPICKLED = {"features/train.pkl": "C", "features/test.pkl": "D", "estimator.pkl": "E"}
PREDICT = stages(
    predict={"cmd": "predict", "deps": ["model.pt", "test.csv"], "outs": ["predictions.csv"]},
    evaluate={"deps": ["predictions.csv", "evaluate.py"]},
)
CLASSES = stages(predict=PREDICT["predict"], evaluate={"deps": ["predictions.csv", "classes.txt"]})
ONE_STAGE: Stages = {
    "train": {
        "cmd": "train",
        "deps": ["raw.csv", "train.py"],
        "params": ["lr"],
        "outs": ["model.pt"],
        "metrics": METRICS,
    }
}
IMAGES = stages(evaluate={"deps": ["model.pt", "images", "evaluate.py"]})
FOLDER = {"images/one/1.png": "1", "images/two/2.png": "2"}
IN_A_FOLDER = stages(evaluate={"outs": [{"eval": {"cache": False}}], "metrics": []})
SHARDS = stages(evaluate={"deps": ["model.pt", "shards", "evaluate.py"]})
DOWNLOAD = stages(
    download={"cmd": "download", "outs": ["pool.csv"]},
    prepare={"deps": ["pool.csv", "prepare.py"]},
)
PICKLED_TEST = stages(
    prepare={"outs": ["train.csv", "test.pkl"]}, evaluate={"deps": ["model.pt", "test.pkl", "evaluate.py"]}
)
CONFIGURED = stages(evaluate={"deps": [*STAGES["evaluate"]["deps"], "config/eval.json"]})
HIGHER = "metrics: {acc: {direction: higher}}\n"
PREDICTIONS = f"{HIGHER}predictions: [{{path: predictions.csv, id: id, actual: label}}]\n"
REPREDICTED = {**MODEL, "predictions.csv": table(IDS[8:], x=1)}

ROWS = [
    Row(
        "How the model is trained: parameters, seed, code",
        {**TRAINED, "train.py": "1"},
        "comparable",
        "the test rows are the same",
    ),
    Row(
        "The training rows",
        {**MODEL, "prepare.py": "1", "train.csv": table(IDS[:7])},
        "comparable",
        "`evaluate` does not read `train.csv`",
    ),
    Row(
        "How the model is evaluated",
        {"evaluate.py": "1"},
        "comparable",
        "code is not data; the report names it among the stage's causes",
    ),
    Row(
        "The model card",
        {"train.py": "1", "card.json": '{"epoch": 2}'},
        "comparable",
        "all outputs of a stage that writes a model belong to the model",
    ),
    Row(
        "A settings file that `evaluate` reads",
        {"config/eval.json": '{"k": 5}'},
        "comparable",
        "settings are not data",
        CONFIGURED,
        {"config/eval.json": '{"k": 1}'},
    ),
    Row(
        "A list of test ids in git that `evaluate` reads",
        {"config/eval.json": str(list(range(1, 40)))},
        "not comparable: `config/eval.json` (it is not a list of objects, and no stage writes it)",
        "a long list is data that decides what is tested",
        CONFIGURED,
        {"config/eval.json": str(list(range(50)))},
    ),
    Row(
        "Rows of the test set",
        {"test.csv": table(range(9, 16))},
        "not comparable: `test.csv` (3 rows added)",
        "the accuracy is computed on other examples",
    ),
    Row(
        "A label of the test set",
        {"test.csv": TEST.replace("9,9,", "9,8,")},
        "not comparable: `test.csv` (1 row relabelled)",
        "the same prediction can be right on one side and wrong on the other",
    ),
    Row(
        "Features of the test set",
        {"prepare.py": "1", "test.csv": table(IDS[8:], x=1), **MODEL},
        "comparable; `test.csv` (its ids and labels are the same, other cells are not)",
        "the examples and their correct answers are the same; the report mentions the other cells",
    ),
    Row(
        "The order of the test set",
        {"prepare.py": "1", "test.csv": table(reversed(IDS[8:]))},
        "comparable; `test.csv` (it contains the same rows in another form)",
        "rows are paired by id, never by position",
    ),
    Row(
        "The name of the test set",
        {"data/test.csv": TEST},
        "comparable",
        "the content is the same",
        then=stages(prepare={"outs": ["train.csv", "data/test.csv"]}, evaluate={"deps": ["model.pt", "data/test.csv"]}),
    ),
    Row(
        "Which file is the test set",
        {},
        "not comparable: `train.csv` (it replaces `test.csv`; 8 rows added, 4 removed)",
        "an input that only the head reads is compared with an input that only the base reads",
        then=stages(evaluate={"deps": ["model.pt", "train.csv", "evaluate.py"]}),
    ),
    Row(
        "Whether there is a second test set",
        {},
        "comparable; `train.csv` (only head reads it)",
        "it may only be declared for the first time; a line in the report names it",
        then=stages(evaluate={"deps": ["model.pt", "test.csv", "train.csv", "evaluate.py"]}),
    ),
    Row(
        "The number of files that contain the test set",
        {
            "shards/part-0.csv": table(IDS[8:9]),
            "shards/part-1.csv": table(IDS[9:11]),
            "shards/part-2.csv": table(IDS[11:]),
        },
        "comparable; `shards` (it contains the same rows in another form)",
        "files whose names differ only by a number are read as one table",
        SHARDS,
        {"shards/part-0.csv": table(IDS[8:10]), "shards/part-1.csv": table(IDS[10:])},
    ),
    Row(
        "The split, by another salt",
        {**SALTED, **MODEL, "train.csv": table(IDS[2:]), "test.csv": table(IDS[:2])},
        "not comparable: `test.csv` (2 rows added, 4 removed)",
        "other examples",
    ),
    Row(
        "The split, by another salt, if the base's test set is not on this machine",
        {**SALTED, "test.csv": table(IDS[:2])},
        "not comparable: `test.csv` (its rows are not on this machine, "
        "and parameter `params.yaml:salt` changed upstream)",
        "the name of an upstream parameter outside the model side suggests a split",
        lost=True,
    ),
    Row(
        "The code of `prepare`, if the base's test set is not on this machine",
        {"prepare.py": "1", "test.csv": table(IDS[8:], x=1)},
        "comparable; `test.csv` (its rows are not on this machine)",
        "changed code does not suggest other rows; a line in the report names the file and the setting that helps",
        lost=True,
    ),
    Row("Rows appended to the source", APPENDED, "not comparable: `test.csv` (2 rows added)", "other examples"),
    Row(
        "Pickled features, by other code",
        {**REPICKLED, "featurize.py": "1"},
        "comparable; `features` (its files cannot be read row by row)",
        "nothing suggests other rows; a line in the report names the file and the setting that helps",
        PICKLED,
        PICKLES,
    ),
    Row(
        "Pickled features, by another source",
        {**REPICKLED, "raw.csv": table(range(1, 15))},
        "not comparable: `features` (its files cannot be read row by row, and `raw.csv` changed upstream)",
        "a source upstream changed",
        PICKLED,
        PICKLES,
    ),
    Row(
        "Pickled features, by another salt",
        {**REPICKLED, **SALTED},
        "not comparable: `features` (its files cannot be read row by row, "
        "and parameter `params.yaml:salt` changed upstream)",
        "the name of an upstream parameter suggests a split",
        PICKLED,
        PICKLES,
    ),
    Row(
        "Pickled features, by another seed on the command line",
        {**REPICKLED},
        "not comparable: `features` (its files cannot be read row by row, "
        "and the command of `prepare` changed upstream)",
        "a word of an upstream command suggests a split",
        PICKLED,
        PICKLES,
        stages(**{**PICKLED, "prepare": {**PICKLED["prepare"], "cmd": "prepare --seed 2"}}),
    ),
    Row(
        "A pickled test set, by another download",
        {"pool.csv": table(range(1, 15)), "train.csv": table(range(1, 10)), "test.pkl": "b", **MODEL},
        "not comparable: `test.pkl` (it cannot be read row by row, and `pool.csv` changed upstream)",
        "the output of a stage that reads nothing is a source",
        stages(
            **{
                **DOWNLOAD,
                "prepare": {**DOWNLOAD["prepare"], "outs": ["train.csv", "test.pkl"]},
                "evaluate": PICKLED_TEST["evaluate"],
            }
        ),
        {"pool.csv": table(IDS), "test.pkl": "a"},
    ),
    Row(
        "Pickled features for training only",
        {"featurize.py": "1", "features/train.pkl": "C", "estimator.pkl": "E"},
        "comparable; `features` (only its files for training differ)",
        "`test.pkl` is the same",
        PICKLED,
        PICKLES,
    ),
    Row(
        "The model, in a pipeline with `predict` before `evaluate`",
        {**TRAINED, **REPREDICTED},
        "comparable",
        "predictions are computed from the model, so the other inputs of `predict` count",
        PREDICT,
        {"predictions.csv": TEST},
    ),
    Row(
        "The test set, in a pipeline with `predict` before `evaluate`",
        {"test.csv": table(IDS[9:]), "predictions.csv": table(IDS[9:])},
        "not comparable: `test.csv` (1 row removed)",
        "as above",
        PREDICT,
        {"predictions.csv": TEST},
    ),
    Row(
        "The data of a stage that trains and evaluates",
        {"raw.csv": table(range(1, 15)), **MODEL},
        "not comparable: `raw.csv` (2 rows added)",
        "the stage has one input for both, so any changed row counts; the report says so",
        ONE_STAGE,
    ),
    Row("A parameter of a stage that trains and evaluates", TRAINED, "comparable", "the data is the same", ONE_STAGE),
    Row(
        "The test set, if the metrics file is inside an output folder",
        {"test.csv": table(IDS[9:]), "eval/metrics.json": '{"acc": 0.9}'},
        "not comparable: `test.csv` (1 row removed)",
        "the stage that writes the folder counts",
        IN_A_FOLDER,
        {"eval/metrics.json": '{"acc": 0.8}'},
    ),
    Row(
        "An image added to a test set of images",
        {"images/two/3.png": "3"},
        "not comparable: `images` (1 file added)",
        "paths are ids, folders are labels",
        IMAGES,
        FOLDER,
    ),
    Row(
        "The pixels of an image in the test set",
        {"images/two/2.png": "3"},
        "comparable; `images` (only its images differ)",
        "the examples and their correct answers are the same",
        IMAGES,
        FOLDER,
    ),
    Row(
        "The parameter `test_size` of a stage that trains and evaluates",
        {**MODEL, "params.yaml": "lr: 0.1\ntest_size: 0.3\n"},
        "not comparable: `params.yaml:test_size` (it decides which rows are tested on)",
        "the stage splits its rows itself",
        {"train": {**ONE_STAGE["train"], "params": ["lr", "test_size"]}},
        {"params.yaml": "lr: 0.1\ntest_size: 0.2\n"},
    ),
    Row(
        "Rows appended to the source, with `evaluation: [golden.csv]`",
        APPENDED,
        "comparable",
        "the settings declare what the metrics are computed on",
        base={"headway.yaml": f"{HIGHER}evaluation: [golden.csv]\n", "golden.csv": TEST},
    ),
    Row(
        "`golden.csv`, with `evaluation: [golden.csv]`",
        {"golden.csv": table(IDS[9:])},
        "not comparable: `golden.csv` (1 row removed)",
        "as above",
        base={"headway.yaml": f"{HIGHER}evaluation: [golden.csv]\n", "golden.csv": TEST},
    ),
    Row(
        "Rows of the test set, with `evaluation: []`",
        {**SALTED, "test.csv": table(IDS[9:])},
        "comparable",
        "the settings declare that every change is comparable",
        base={"headway.yaml": f"{HIGHER}evaluation: []\n"},
    ),
    Row(
        "Other columns of the test set, which is not on this machine, with `predictions`",
        {**SALTED, "test.csv": table(IDS[8:], x=1), **REPREDICTED},
        "comparable",
        "the ids and correct answers in the predictions are the most reliable record",
        stages(evaluate={"outs": [{"predictions.csv": {"cache": False}}]}),
        {"headway.yaml": PREDICTIONS, "predictions.csv": TEST},
        lost=True,
    ),
    Row(
        "Rows of the predictions, with `predictions`",
        {"predictions.csv": table(IDS[9:])},
        "not comparable: `predictions.csv` (1 row removed)",
        "as above",
        stages(evaluate={"outs": [{"predictions.csv": {"cache": False}}]}),
        {"headway.yaml": PREDICTIONS, "predictions.csv": TEST},
    ),
    Row("Nothing: a second run", {}, "run-to-run variation", "nothing that the metrics depend on changed"),
    Row(
        "Nothing: a second run of a training that is not reproducible",
        MODEL,
        "run-to-run variation",
        "a changed output is not a cause",
    ),
    Row(
        "A metric with `machine: true`, such as a latency",
        MODEL,
        "shown, not compared",
        "another machine gives another value",
        base={"headway.yaml": "metrics: {acc: {direction: higher, machine: true}}\n"},
    ),
    Row(
        "The test set, if no stage writes the metrics",
        {"test.csv": table(IDS[9:])},
        "comparable",
        "nothing declares what they are computed on",
        {**stages(evaluate={"metrics": [], "outs": ["out.txt"]})},
        {"out.txt": ""},
    ),
]
"""The rows of the page."""
ALIKE = {
    "The split, by another salt",
    "Rows appended to the source",
    "Pickled features, by another salt",
    "The test set, in a pipeline with `predict` before `evaluate`",
    "A parameter of a stage that trains and evaluates",
    "`golden.csv`, with `evaluation: [golden.csv]`",
    "Rows of the predictions, with `predictions`",
    "Pickled features, by another source",
    "Pickled features, by another seed on the command line",
    "A settings file that `evaluate` reads",
    "The pixels of an image in the test set",
    "The test set, if the metrics file is inside an output folder",
    "The data of a stage that trains and evaluates",
    "Whether there is a second test set",
    "The model, in a pipeline with `predict` before `evaluate`",
}
"""Rows that the page needs, and that are judged by the same code as another of them."""


REGRESSIONS = [
    Row(
        "A batch size of the test",
        {"params.yaml": "test_batch_size: 64\n"},
        "comparable",
        "it moves no rows",
        stages(evaluate={"params": ["test_batch_size"]}, prepare={"params": []}, train={"params": []}),
        {"params.yaml": "test_batch_size: 32\n"},
    ),
    Row(
        "The name of a pickled test set, whose old file still exists",
        {"val.pkl": "b", "prepare.py": "1"},
        "not comparable: `val.pkl` (it replaces `test.pkl`; it cannot be read row by row, and `test.pkl` still exists)",
        "both files exist in the head",
        PICKLED_TEST,
        {"test.pkl": "a"},
        stages(
            prepare={"outs": ["train.csv", "test.pkl", "val.pkl"]},
            evaluate={"deps": ["model.pt", "val.pkl", "evaluate.py"]},
        ),
    ),
    Row(
        "The training rows, by another download",
        {"pool.csv": table(range(1, 15)), "train.csv": table(IDS[:7]), **MODEL},
        "comparable",
        "the download changed, so this is not a second run",
        DOWNLOAD,
        {"pool.csv": table(IDS)},
    ),
    Row(
        "Nothing, and the stage declares neither dependencies nor parameters",
        {},
        "comparable",
        "dvc.lock cannot show that nothing changed",
        {"train": {"cmd": "train", "metrics": METRICS}},
    ),
    Row(
        "The name and the content of a folder of code",
        {"src/a.py": None, "lib/a.py": "2"},
        "comparable",
        "code that only one side has is not data either",
        stages(evaluate={"deps": ["model.pt", "test.csv", "src"]}),
        {"src/a.py": "1"},
        stages(evaluate={"deps": ["model.pt", "test.csv", "lib"]}),
    ),
    Row(
        "A seed, with the model in a folder for models and a test set in git",
        {"params.yaml": "salt: a\nlr: 0.1\nseed: 2\n", "06_models/rf.pkl": "2"},
        "comparable",
        "the name of the folder counts like that of a file",
        stages(train={"outs": ["06_models/rf.pkl"]}, evaluate={"deps": ["06_models/rf.pkl", "gold.csv"]}),
        {"06_models/rf.pkl": "1", "gold.csv": TEST},
    ),
    Row(
        "A seed, with a folder that holds a model and its tokenizer, and a test set in git",
        {"params.yaml": "salt: a\nlr: 0.1\nseed: 2\n", "bert/model.safetensors": "2", "bert/state.json": "2"},
        "comparable",
        "all files in a folder with a model belong to the model",
        stages(train={"outs": ["bert"]}, evaluate={"deps": ["bert", "gold.csv"]}),
        {"bert/model.safetensors": "1", "bert/state.json": "1", "gold.csv": TEST},
    ),
    Row(
        "A seed, with a model and a folder of code that is called models",
        {"params.yaml": "salt: a\nlr: 0.1\nseed: 2\n", "rf.pkl": "2"},
        "comparable",
        "code is not a model",
        stages(train={"outs": ["rf.pkl"]}, evaluate={"deps": ["rf.pkl", "test.csv", "src/models"]}),
        {"src/models/a.py": "1", "rf.pkl": "1"},
    ),
    Row(
        "A pickled test set that is called the model's input",
        {"model_input.pkl": "2"},
        "not comparable: `model_input.pkl` (it cannot be read row by row, and no stage writes it)",
        "the input of a model is not a model",
        stages(evaluate={"deps": ["model.pt", "model_input.pkl"]}),
        {"model_input.pkl": "1"},
    ),
    Row(
        "The test set, in a pipeline with `predict` before `evaluate`, which reads the names of the classes, too",
        {"test.csv": table(IDS[9:]), "predictions.csv": table(IDS[9:])},
        "not comparable: `test.csv` (1 row removed)",
        "",
        CLASSES,
        {"predictions.csv": TEST, "classes.txt": "a"},
    ),
    Row(
        "The training rows, if their predictions are evaluated, too",
        {**MODEL, "prepare.py": "1", "train.csv": table(IDS[:7]), "predictions.csv": table(IDS[:7])},
        "comparable",
        "other predictions are not another test set",
        stages(
            predict={"cmd": "predict", "deps": ["model.pt", "train.csv"], "outs": ["predictions.csv"]},
            evaluate={"deps": ["model.pt", "test.csv", "predictions.csv"]},
        ),
        {"predictions.csv": table(IDS[:8])},
    ),
    Row(
        "A pickled test set that is downloaded",
        {"gold.pkl": "2"},
        "not comparable: `gold.pkl` (it cannot be read row by row, and it comes from outside the pipeline)",
        "",
        stages(download={"cmd": "download", "outs": ["gold.pkl"]}, evaluate={"deps": ["model.pt", "gold.pkl"]}),
        {"gold.pkl": "1"},
    ),
    Row(
        "A few test ids in git",
        {"ids.json": '{"test": [4, 5, 6]}'},
        "not comparable: `ids.json` (it is not a list of objects, and no stage writes it)",
        "the name suggests a split",
        stages(evaluate={"deps": ["model.pt", "test.csv", "ids.json"]}),
        {"ids.json": '{"test": [1, 2, 3]}'},
    ),
    Row(
        "The fold of each row, in git",
        {"folds.json": json.dumps({f"row {id_}": id_ % 4 for id_ in range(30)})},
        "not comparable: `folds.json` (it is not a list of objects, and no stage writes it)",
        "many values of one type are not settings",
        stages(evaluate={"deps": ["model.pt", "test.csv", "folds.json"]}),
        {"folds.json": json.dumps({f"row {id_}": id_ % 5 for id_ in range(30)})},
    ),
    Row(
        "A file without an extension in a folder of data",
        {"images/t10k-labels-idx1-ubyte": "2"},
        "not comparable: `images` (its files cannot be read row by row, and no stage writes it)",
        "a name without an extension does not suggest prose",
        IMAGES,
        {**FOLDER, "images/t10k-labels-idx1-ubyte": "1"},
    ),
    Row(
        "The prose in a folder of data",
        {"images/README.md": "2", "evaluate.py": "1"},
        "comparable",
        "",
        IMAGES,
        {**FOLDER, "images/README.md": "1"},
    ),
    Row(
        "The folds of a table",
        {"shards/fold1.csv": table(IDS[:5]), "shards/fold2.csv": table(IDS[5:])},
        "not comparable: `shards` (in fold1.csv, 1 row removed)",
        "folds are not parts of one table",
        SHARDS,
        {"shards/fold1.csv": table(IDS[:6]), "shards/fold2.csv": table(IDS[6:])},
    ),
    Row(
        "Labels of rows without an id",
        {"test.csv": "x,label\n1,0\n2,1\n", "prepare.py": "1"},
        "not comparable: `test.csv` (other labels in 1 of 2 rows)",
        "",
        base={"test.csv": "x,label\n1,0\n2,0\n"},
    ),
    Row(
        "A source whose base version is not on this machine, with `evaluation`",
        {"golden.csv": table(IDS[9:]), "raw.csv": table(IDS)},
        "not comparable: `raw.csv` (its rows are not on this machine, and no stage writes it)",
        "",
        base={"headway.yaml": f"{HIGHER}evaluation: [./raw.csv]\n", "raw.csv": table(IDS[1:])},
        lost=True,
    ),
    Row(
        "A source that stayed the same and is not on this machine, with `evaluation`",
        TRAINED,
        "comparable",
        "",
        base={"headway.yaml": f"{HIGHER}evaluation: [raw.csv]\n"},
        lost=True,
    ),
]
"""Regressions that need no row on the page."""


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Row], Project]:
    """Gives a project in which base has run and is committed, one for each pipeline and its files."""
    made: dict[str, Project] = {}

    def template(row: Row) -> Project:
        key = json.dumps([row.stages, dict(row.base)])
        if key not in made:
            made[key] = project = Project(tmp_path_factory.mktemp("base") / "project").dvc_yaml(
                {"stages": row.stages, "metrics": list(_top_level(row))}
            )
            run(project, 0.8, {**FILES, **row.base}).commit()
        return made[key]

    return template


def _top_level(row: Row) -> Iterable[str]:
    """Metrics that no stage writes as such."""
    if not row.stages.get("evaluate", row.stages["train"])["metrics"]:
        yield "eval/metrics.json" if "eval/metrics.json" in row.base else "metrics.json"


def compared(row: Row, template: Project, path: Path) -> Comparison:
    """The workspace, in which head has run, with the last commit."""
    project = template.copied(path)
    if row.then:
        project.dvc_yaml({"stages": row.then})
    run(project, 0.9, row.head)
    if row.lost:
        shutil.rmtree(path / ".dvc/cache")
    return headway.compare_revisions(path, base="HEAD", environ={})


def verdict(comparison: Comparison) -> str:
    """What Headway says, in a line."""
    (metric,) = comparison.metrics
    assert metric.status == "changed"
    if metric.withheld == "machine":
        return "shown, not compared" if metric.change is None else "compared"
    assert metric.direction == "higher"
    inputs = "; ".join(_inputs(one) for one in comparison.comparability)
    if metric.withheld == "rerun":
        return "run-to-run variation"
    if metric.withheld:
        return f"not comparable: {inputs}"
    return f"comparable; {inputs}" if inputs else "comparable"


def _inputs(one: Comparability) -> str:
    return ", ".join(f"`{each.path}` ({each.what})" for each in one.inputs)


@pytest.mark.parametrize(
    "row", [pytest.param(row, id=row.changed, marks=[pytest.mark.slow] * (row.changed in ALIKE)) for row in ROWS]
)
def test_a_row(row: Row, templates: Callable[[Row], Project], tmp_path: Path) -> None:
    comparison = compared(row, templates(row), tmp_path / "project")
    assert verdict(comparison) == row.verdict
    (metric,) = comparison.metrics
    is_in_doubt = metric.withheld or any(
        each.state != "same" for one in comparison.comparability for each in one.inputs
    )
    assert not (is_in_doubt and comparison.same_evaluation)


NAMED = {"headway.yaml": SETTINGS + "evaluation: [test.csv]\n"}
PREDICTED = {
    "headway.yaml": SETTINGS + "predictions: [{path: predictions.csv, id: id, actual: label}]\n",
    "predictions.csv": TEST,
}
SAME = {
    "an input whose hash is the same": (Row("", TRAINED, "", ""), ("test.csv",)),
    "an input with other features": (Row("", {**TRAINED, "test.csv": table(IDS[8:], x=1)}, "", ""), ("test.csv",)),
    "an input that the settings name": (Row("", TRAINED, "", "", base=NAMED), ("test.csv",)),
    "predictions of the same rows": (
        Row("", {**TRAINED, "predictions.csv": table(IDS[8:], x=1)}, "", "", stages=PREDICT, base=PREDICTED),
        ("predictions.csv",),
    ),
    "an input that the settings name and that looks like settings itself": (
        Row(
            "",
            {**TRAINED, "card.json": '{"epoch": 2}'},
            "",
            "",
            base={"headway.yaml": SETTINGS + "evaluation: [card.json]\n"},
        ),
        (),
    ),
    "settings that ask for no check": (
        Row("", TRAINED, "", "", base={"headway.yaml": SETTINGS + "evaluation: []\n"}),
        (),
    ),
    "predictions of other rows": (
        Row("", {**TRAINED, "predictions.csv": table(IDS[9:])}, "", "", stages=PREDICT, base=PREDICTED),
        (),
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_a_report_says_on_which_data_both_sides_are_evaluated(
    name: str, templates: Callable[[Row], Project], tmp_path: Path
) -> None:
    row, paths = SAME[name]
    assert compared(row, templates(row), tmp_path / "project").same_evaluation == paths


@pytest.mark.slow
@pytest.mark.parametrize("row", REGRESSIONS, ids=lambda row: row.changed)
def test_a_regression(row: Row, templates: Callable[[Row], Project], tmp_path: Path) -> None:
    assert verdict(compared(row, templates(row), tmp_path / "project")) == row.verdict


def test_the_page_shows_these_rows() -> None:
    assert {row.changed for row in ROWS} > ALIKE
    lines = ["| what changed | Headway says | why |", "|---|---|---|"]
    lines += [f"| {row.changed} | {row.verdict} | {row.why} |" for row in ROWS]
    assert "\n".join(lines) in PAGE.read_text(encoding="utf-8")
