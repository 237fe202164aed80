"""May the metrics be called better or worse? Every row of docs/comparability.md is played on a real DVC repository."""

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
    "headway.yaml": "metrics: {acc: {direction: higher}}\n",
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
        base: files of base beside the usual ones.
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
PICTURES = stages(evaluate={"deps": ["model.pt", "images", "evaluate.py"]})
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
        "How the model is trained: parameters, a seed, code",
        {**TRAINED, "train.py": "1"},
        "judged",
        "the test rows are the same",
    ),
    Row(
        "The rows that it is trained on",
        {**MODEL, "prepare.py": "1", "train.csv": table(IDS[:7])},
        "judged",
        "`train.csv` is no input of `evaluate`",
    ),
    Row("How it is evaluated", {"evaluate.py": "1"}, "judged", "code is no data; the stage's causes name it"),
    Row(
        "The card beside the model",
        {"train.py": "1", "card.json": '{"epoch": 2}'},
        "judged",
        "whatever a stage writes that writes a model belongs to the model",
    ),
    Row(
        "A settings file that `evaluate` reads",
        {"config/eval.json": '{"k": 5}'},
        "judged",
        "settings are no data",
        CONFIGURED,
        {"config/eval.json": '{"k": 1}'},
    ),
    Row(
        "A list of test ids that `evaluate` reads from git",
        {"config/eval.json": str(list(range(1, 40)))},
        "withheld: `config/eval.json` (it is not a list of objects, and no stage writes it)",
        "a long list is data, and decides what is tested",
        CONFIGURED,
        {"config/eval.json": str(list(range(50)))},
    ),
    Row(
        "Rows of the test set",
        {"test.csv": table(range(9, 16))},
        "withheld: `test.csv` (3 rows added)",
        "other examples, other accuracy",
    ),
    Row(
        "A label of the test set",
        {"test.csv": TEST.replace("9,9,", "9,8,")},
        "withheld: `test.csv` (1 row relabelled)",
        "the same answers are right or wrong for other reasons",
    ),
    Row(
        "Features of the test set",
        {"prepare.py": "1", "test.csv": table(IDS[8:], x=1), **MODEL},
        "judged; `test.csv` (its ids and labels are the same, other cells are not)",
        "the same examples with the same answers; it is said",
    ),
    Row(
        "The order of the test set",
        {"prepare.py": "1", "test.csv": table(reversed(IDS[8:]))},
        "judged; `test.csv` (it holds the same rows in another form)",
        "rows are paired by id, never by place",
    ),
    Row(
        "The name of the test set",
        {"data/test.csv": TEST},
        "judged",
        "the same content under another name is the same",
        then=stages(prepare={"outs": ["train.csv", "data/test.csv"]}, evaluate={"deps": ["model.pt", "data/test.csv"]}),
    ),
    Row(
        "Which file is the test set",
        {},
        "withheld: `train.csv` (it replaces `test.csv`; 8 rows added, 4 removed)",
        "what only head reads is compared with what only base read",
        then=stages(evaluate={"deps": ["model.pt", "train.csv", "evaluate.py"]}),
    ),
    Row(
        "Whether there is a second test set",
        {},
        "judged; `train.csv` (only head reads it)",
        "it may be declared for the first time only; the line names it",
        then=stages(evaluate={"deps": ["model.pt", "test.csv", "train.csv", "evaluate.py"]}),
    ),
    Row(
        "The files that hold the parts of the test set",
        {
            "shards/part-0.csv": table(IDS[8:9]),
            "shards/part-1.csv": table(IDS[9:11]),
            "shards/part-2.csv": table(IDS[11:]),
        },
        "judged; `shards` (it holds the same rows in another form)",
        "files whose names differ by a number are parts of one table",
        SHARDS,
        {"shards/part-0.csv": table(IDS[8:10]), "shards/part-1.csv": table(IDS[10:])},
    ),
    Row(
        "The split, by another salt",
        {**SALTED, **MODEL, "train.csv": table(IDS[2:]), "test.csv": table(IDS[:2])},
        "withheld: `test.csv` (2 rows added, 4 removed)",
        "other examples",
    ),
    Row(
        "The split, by another salt, and base's test set is not on this machine",
        {**SALTED, "test.csv": table(IDS[:2])},
        "withheld: `test.csv` (its rows are not on this machine, and parameter `params.yaml:salt` changed upstream)",
        "a parameter upstream, outside of the model side, is named like a split",
        lost=True,
    ),
    Row(
        "The code of `prepare`, and base's test set is not on this machine",
        {"prepare.py": "1", "test.csv": table(IDS[8:], x=1)},
        "judged; `test.csv` (its rows are not on this machine)",
        "code that changed is no sign of other rows; the line names the file and the setting",
        lost=True,
    ),
    Row("Rows appended to the source", APPENDED, "withheld: `test.csv` (2 rows added)", "other examples"),
    Row(
        "Pickled features, by other code",
        {**REPICKLED, "featurize.py": "1"},
        "judged; `features` (its files cannot be read row by row)",
        "nothing says that rows changed; the line names the file and the setting",
        PICKLED,
        PICKLES,
    ),
    Row(
        "Pickled features, by another source",
        {**REPICKLED, "raw.csv": table(range(1, 15))},
        "withheld: `features` (its files cannot be read row by row, and `raw.csv` changed upstream)",
        "a source upstream changed",
        PICKLED,
        PICKLES,
    ),
    Row(
        "Pickled features, by another salt",
        {**REPICKLED, **SALTED},
        "withheld: `features` (its files cannot be read row by row, and parameter `params.yaml:salt` changed upstream)",
        "a parameter upstream is named like a split",
        PICKLED,
        PICKLES,
    ),
    Row(
        "Pickled features, by another seed on the command line",
        {**REPICKLED},
        "withheld: `features` (its files cannot be read row by row, and the command of `prepare` changed upstream)",
        "so is a word of the command",
        PICKLED,
        PICKLES,
        stages(**{**PICKLED, "prepare": {**PICKLED["prepare"], "cmd": "prepare --seed 2"}}),
    ),
    Row(
        "A pickled test set, by another download",
        {"pool.csv": table(range(1, 15)), "train.csv": table(range(1, 10)), "test.pkl": "b", **MODEL},
        "withheld: `test.pkl` (it cannot be read row by row, and `pool.csv` changed upstream)",
        "what a stage writes that reads nothing is a source",
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
        "Of pickled features, only those to train on",
        {"featurize.py": "1", "features/train.pkl": "C", "estimator.pkl": "E"},
        "judged; `features` (only its files for training differ)",
        "`test.pkl` is the same",
        PICKLED,
        PICKLES,
    ),
    Row(
        "The model, where `predict` stands before `evaluate`",
        {**TRAINED, **REPREDICTED},
        "judged",
        "predictions come from the model, so `predict`'s other inputs count",
        PREDICT,
        {"predictions.csv": TEST},
    ),
    Row(
        "The test set, where `predict` stands before `evaluate`",
        {"test.csv": table(IDS[9:]), "predictions.csv": table(IDS[9:])},
        "withheld: `test.csv` (1 row removed)",
        "likewise",
        PREDICT,
        {"predictions.csv": TEST},
    ),
    Row(
        "The data of a stage that trains and evaluates",
        {"raw.csv": table(range(1, 15)), **MODEL},
        "withheld: `raw.csv` (2 rows added)",
        "training and evaluation are one stage, so any other row counts; the note says so",
        ONE_STAGE,
    ),
    Row("A parameter of a stage that trains and evaluates", TRAINED, "judged", "its data is the same", ONE_STAGE),
    Row(
        "The test set, with the metrics inside an output folder",
        {"test.csv": table(IDS[9:]), "eval/metrics.json": '{"acc": 0.9}'},
        "withheld: `test.csv` (1 row removed)",
        "the stage whose output contains the file decides",
        IN_A_FOLDER,
        {"eval/metrics.json": '{"acc": 0.8}'},
    ),
    Row(
        "A picture more in a test set of pictures",
        {"images/two/3.png": "3"},
        "withheld: `images` (1 file added)",
        "paths are ids, folders are labels",
        PICTURES,
        FOLDER,
    ),
    Row(
        "A picture of the test set, repainted",
        {"images/two/2.png": "3"},
        "judged; `images` (only its images differ)",
        "the same examples with the same answers",
        PICTURES,
        FOLDER,
    ),
    Row(
        "`test_size` of a stage that trains and evaluates",
        {**MODEL, "params.yaml": "lr: 0.1\ntest_size: 0.3\n"},
        "withheld: `params.yaml:test_size` (it decides which rows are tested on)",
        "the stage splits its rows itself",
        {"train": {**ONE_STAGE["train"], "params": ["lr", "test_size"]}},
        {"params.yaml": "lr: 0.1\ntest_size: 0.2\n"},
    ),
    Row(
        "Rows appended to the source, with `evaluation: [golden.csv]`",
        APPENDED,
        "judged",
        "the settings say what the metrics are computed on",
        base={"headway.yaml": f"{HIGHER}evaluation: [golden.csv]\n", "golden.csv": TEST},
    ),
    Row(
        "`golden.csv`, with `evaluation: [golden.csv]`",
        {"golden.csv": table(IDS[9:])},
        "withheld: `golden.csv` (1 row removed)",
        "likewise",
        base={"headway.yaml": f"{HIGHER}evaluation: [golden.csv]\n", "golden.csv": TEST},
    ),
    Row(
        "Rows of the test set, with `evaluation: []`",
        {**SALTED, "test.csv": table(IDS[9:])},
        "judged",
        "the settings say that every change may be judged",
        base={"headway.yaml": f"{HIGHER}evaluation: []\n"},
    ),
    Row(
        "The test set's other columns are lost, with `predictions`",
        {**SALTED, "test.csv": table(IDS[8:], x=1), **REPREDICTED},
        "judged",
        "ids and right answers of the predictions are the surest source",
        stages(evaluate={"outs": [{"predictions.csv": {"cache": False}}]}),
        {"headway.yaml": PREDICTIONS, "predictions.csv": TEST},
        lost=True,
    ),
    Row(
        "Rows of the predictions, with `predictions`",
        {"predictions.csv": table(IDS[9:])},
        "withheld: `predictions.csv` (1 row removed)",
        "likewise",
        stages(evaluate={"outs": [{"predictions.csv": {"cache": False}}]}),
        {"headway.yaml": PREDICTIONS, "predictions.csv": TEST},
    ),
    Row(
        "Nothing; it is run again", {}, "withheld: the spread of a rerun", "nothing that the metrics depend on changed"
    ),
    Row(
        "Nothing, and the training is not reproducible",
        MODEL,
        "withheld: the spread of a rerun",
        "an output that differs is no cause",
    ),
    Row(
        "A metric with `machine: true`, such as a latency",
        MODEL,
        "shown, not compared",
        "another machine, another value",
        base={"headway.yaml": "metrics: {acc: {direction: higher, machine: true}}\n"},
    ),
    Row(
        "The test set, and no stage writes the metrics",
        {"test.csv": table(IDS[9:])},
        "judged",
        "nothing says what they are computed on",
        {**stages(evaluate={"metrics": [], "outs": ["out.txt"]})},
        {"out.txt": ""},
    ),
]
"""What the page shows."""


REGRESSIONS = [
    Row(
        "A batch size of the test",
        {"params.yaml": "test_batch_size: 64\n"},
        "judged",
        "it moves no rows",
        stages(evaluate={"params": ["test_batch_size"]}, prepare={"params": []}, train={"params": []}),
        {"params.yaml": "test_batch_size: 32\n"},
    ),
    Row(
        "A pickled test set of which only the name is new, and its old file is there",
        {"val.pkl": "b", "prepare.py": "1"},
        "withheld: `val.pkl` (it replaces `test.pkl`; it cannot be read row by row, and `test.pkl` is still there)",
        "two files of head are two things",
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
        "judged",
        "the download changed, so this is no rerun",
        DOWNLOAD,
        {"pool.csv": table(IDS)},
    ),
    Row(
        "Nothing, and the stage declares nothing that it depends on",
        {},
        "judged",
        "dvc.lock cannot say that nothing changed",
        {"train": {"cmd": "train", "metrics": METRICS}},
    ),
    Row(
        "A folder of code has another name and other code",
        {"src/a.py": None, "lib/a.py": "2"},
        "judged",
        "code is no data on the side that alone has it either",
        stages(evaluate={"deps": ["model.pt", "test.csv", "src"]}),
        {"src/a.py": "1"},
        stages(evaluate={"deps": ["model.pt", "test.csv", "lib"]}),
    ),
    Row(
        "A seed, with the model in a folder for models and a test set in git",
        {"params.yaml": "salt: a\nlr: 0.1\nseed: 2\n", "06_models/rf.pkl": "2"},
        "judged",
        "a folder tells as a name does",
        stages(train={"outs": ["06_models/rf.pkl"]}, evaluate={"deps": ["06_models/rf.pkl", "gold.csv"]}),
        {"06_models/rf.pkl": "1", "gold.csv": TEST},
    ),
    Row(
        "A seed, with a folder that holds a model and its tokenizer, and a test set in git",
        {"params.yaml": "salt: a\nlr: 0.1\nseed: 2\n", "bert/model.safetensors": "2", "bert/state.json": "2"},
        "judged",
        "what a folder holds beside a model belongs to the model",
        stages(train={"outs": ["bert"]}, evaluate={"deps": ["bert", "gold.csv"]}),
        {"bert/model.safetensors": "1", "bert/state.json": "1", "gold.csv": TEST},
    ),
    Row(
        "A seed, with a model beside a folder of code that is called models",
        {"params.yaml": "salt: a\nlr: 0.1\nseed: 2\n", "rf.pkl": "2"},
        "judged",
        "code is no model",
        stages(train={"outs": ["rf.pkl"]}, evaluate={"deps": ["rf.pkl", "test.csv", "src/models"]}),
        {"src/models/a.py": "1", "rf.pkl": "1"},
    ),
    Row(
        "A pickled test set that is called the model's input",
        {"model_input.pkl": "2"},
        "withheld: `model_input.pkl` (it cannot be read row by row, and no stage writes it)",
        "what a model reads is no model",
        stages(evaluate={"deps": ["model.pt", "model_input.pkl"]}),
        {"model_input.pkl": "1"},
    ),
    Row(
        "The test set, where `predict` stands before `evaluate`, which reads the names of the classes, too",
        {"test.csv": table(IDS[9:]), "predictions.csv": table(IDS[9:])},
        "withheld: `test.csv` (1 row removed)",
        "",
        CLASSES,
        {"predictions.csv": TEST, "classes.txt": "a"},
    ),
    Row(
        "The rows that it is trained on, where their predictions are evaluated, too",
        {**MODEL, "prepare.py": "1", "train.csv": table(IDS[:7]), "predictions.csv": table(IDS[:7])},
        "judged",
        "what is predicted beside the test set is no other test set",
        stages(
            predict={"cmd": "predict", "deps": ["model.pt", "train.csv"], "outs": ["predictions.csv"]},
            evaluate={"deps": ["model.pt", "test.csv", "predictions.csv"]},
        ),
        {"predictions.csv": table(IDS[:8])},
    ),
    Row(
        "A pickled test set that is downloaded",
        {"gold.pkl": "2"},
        "withheld: `gold.pkl` (it cannot be read row by row, and it comes from outside the pipeline)",
        "",
        stages(download={"cmd": "download", "outs": ["gold.pkl"]}, evaluate={"deps": ["model.pt", "gold.pkl"]}),
        {"gold.pkl": "1"},
    ),
    Row(
        "A few test ids in git",
        {"ids.json": '{"test": [4, 5, 6]}'},
        "withheld: `ids.json` (it is not a list of objects, and no stage writes it)",
        "a list that is called so is a split",
        stages(evaluate={"deps": ["model.pt", "test.csv", "ids.json"]}),
        {"ids.json": '{"test": [1, 2, 3]}'},
    ),
    Row(
        "The fold of each row, in git",
        {"folds.json": json.dumps({f"row {id_}": id_ % 4 for id_ in range(30)})},
        "withheld: `folds.json` (it is not a list of objects, and no stage writes it)",
        "many values of one type are no settings",
        stages(evaluate={"deps": ["model.pt", "test.csv", "folds.json"]}),
        {"folds.json": json.dumps({f"row {id_}": id_ % 5 for id_ in range(30)})},
    ),
    Row(
        "A file without an ending in a folder of data",
        {"images/t10k-labels-idx1-ubyte": "2"},
        "withheld: `images` (its files cannot be read row by row, and no stage writes it)",
        "a name without an ending is no sign of prose",
        PICTURES,
        {**FOLDER, "images/t10k-labels-idx1-ubyte": "1"},
    ),
    Row(
        "The prose in a folder of data",
        {"images/README.md": "2", "evaluate.py": "1"},
        "judged",
        "",
        PICTURES,
        {**FOLDER, "images/README.md": "1"},
    ),
    Row(
        "The folds of a table",
        {"shards/fold1.csv": table(IDS[:5]), "shards/fold2.csv": table(IDS[5:])},
        "withheld: `shards` (in fold1.csv, 1 row removed)",
        "folds are no parts of one table",
        SHARDS,
        {"shards/fold1.csv": table(IDS[:6]), "shards/fold2.csv": table(IDS[6:])},
    ),
    Row(
        "Labels of rows that nothing tells apart",
        {"test.csv": "x,label\n1,0\n2,1\n", "prepare.py": "1"},
        "withheld: `test.csv` (other labels in 1 of 2 rows)",
        "",
        base={"test.csv": "x,label\n1,0\n2,0\n"},
    ),
    Row(
        "A source of which base's is not on this machine, with `evaluation`",
        {"golden.csv": table(IDS[9:]), "raw.csv": table(IDS)},
        "withheld: `raw.csv` (its rows are not on this machine, and no stage writes it)",
        "",
        base={"headway.yaml": f"{HIGHER}evaluation: [./raw.csv]\n", "raw.csv": table(IDS[1:])},
        lost=True,
    ),
    Row(
        "A source that stayed the same and is not on this machine, with `evaluation`",
        TRAINED,
        "judged",
        "",
        base={"headway.yaml": f"{HIGHER}evaluation: [raw.csv]\n"},
        lost=True,
    ),
]
"""What went wrong once, and teaches a reader of the page nothing more."""


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Row], Path]:
    """Gives a project in which base has run and is committed, one for each pipeline and its files."""
    made: dict[str, Path] = {}

    def template(row: Row) -> Path:
        key = json.dumps([row.stages, dict(row.base)])
        if key not in made:
            made[key] = tmp_path_factory.mktemp("base") / "project"
            project = Project(made[key]).dvc_yaml({"stages": row.stages, "metrics": list(_top_level(row))})
            run(project, 0.8, {**FILES, **row.base}).commit()
        return made[key]

    return template


def _top_level(row: Row) -> Iterable[str]:
    """Metrics that no stage writes as such."""
    if not row.stages.get("evaluate", row.stages["train"])["metrics"]:
        yield "eval/metrics.json" if "eval/metrics.json" in row.base else "metrics.json"


def compared(row: Row, template: Path, path: Path) -> Comparison:
    """The workspace, in which head has run, with the last commit."""
    shutil.copytree(template, path, symlinks=True)
    project = Project(path, git=False)
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
    told = "; ".join(_inputs(one) for one in comparison.comparability)
    if metric.withheld == "rerun":
        return "withheld: the spread of a rerun"
    return f"withheld: {told}" if metric.withheld else f"judged; {told}" if told else "judged"


def _inputs(one: Comparability) -> str:
    return ", ".join(f"`{each.path}` ({each.what})" for each in one.inputs)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.changed)
def test_a_row(row: Row, templates: Callable[[Row], Path], tmp_path: Path) -> None:
    assert verdict(compared(row, templates(row), tmp_path / "project")) == row.verdict


@pytest.mark.slow
@pytest.mark.parametrize("row", REGRESSIONS, ids=lambda row: row.changed)
def test_what_went_wrong_once(row: Row, templates: Callable[[Row], Path], tmp_path: Path) -> None:
    assert verdict(compared(row, templates(row), tmp_path / "project")) == row.verdict


def test_the_page_shows_these_rows() -> None:
    lines = ["| changed | Headway says | because |", "|---|---|---|"]
    lines += [f"| {row.changed} | {row.verdict} | {row.why} |" for row in ROWS]
    assert "\n".join(lines) in PAGE.read_text(encoding="utf-8")
