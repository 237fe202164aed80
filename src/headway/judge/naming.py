"""What names reveal: whether a file is code, settings or a model, and whether a parameter determines a split."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

_CODE = re.compile(
    r"\.(c|cc|cpp|cs|cu|go|h|hpp|ipynb|java|jl|js|kt|lua|m|mjs|pl|ps1|py|pyi|pyx|qmd|r|rb|rmd|rs|scala|sh|so|sql|swift|ts"
    r"|whl)",
)
_SETTINGS = re.compile(r"\.(cfg|conf|env|hcl|ini|lock|md|properties|rst|toml|yaml|yml)")
_SETTINGS_NAMES = frozenset({"dockerfile", "gemfile", "license", "makefile", "pipfile"})
_MODELS = re.compile(
    r"\.(caffemodel|cbm|ckpt|engine|ggml|gguf|keras|mar|mlmodel|mlpackage|model|nemo|onnx|pb|pmml|pt|pt2|pth|safetensors"
    r"|skops|tflite|torchscript|ubj)"
)
_AMBIGUOUS = re.compile(
    r"(\.(bin|bson|dill|gz|h5|hdf5|joblib|json|msgpack|npz|pickle|pkl|rda|rdata|rds|sav|tar|tgz|txt|zip))?"
)
"""Suffixes of both models and data; the name decides: ``model.pkl``, ``xgboost_model.json``, ``models/a.joblib``."""
_MODEL_WORDS = frozenset({"checkpoint", "checkpoints", "classifier", "clf", "model", "models", "regressor", "weights"})
_PART_OF_A_MODEL = re.compile(
    r"data(set)?|eval(uation)?|(feature|input|metric|prediction|report|result|score|test)s?|val"
)
"""Words in names of files that belong to a model but are not one: ``model_input.pkl``, ``model_metrics.json``."""
_SPLIT_WORDS = re.compile(r"holdout|[kn]?folds?|n?splits?|randomstate|salt|seeds?|test(ing|set|size)?")
_SIZE_OF_A_SPLIT = re.compile(r"(^|_)(k?(splits?|folds?)|hold_?out|test_(fraction|percent|ratio|share|size))(_|$)")
_SPLIT_PHRASES = ({"hold", "out"}, {"random", "state"})
_PREDICTION = re.compile(
    r"y_?(hat|score)|scores?|(y_?)?(pred(s|icted|ictions?)?|prob(s|a|as|ability|abilities)?|logits?)([\W_\d].*)?"
)
"""Names of columns that a model fills: ``predicted``, ``y_pred``, ``score``, ``probability_cat``, ``prob0``."""
_WORD = re.compile(r"[a-z]+|[A-Z]+(?![a-z])|[A-Z][a-z]+")


def is_code(path: str) -> bool:
    """Whether a file is code, by its suffix."""
    return _CODE.fullmatch(_suffix(path)) is not None


def is_settings(path: str) -> bool:
    """Whether a file contains settings or prose, by its name."""
    name = PurePosixPath(path.lower()).name
    return (
        _SETTINGS.fullmatch(_suffix(path)) is not None
        or name in _SETTINGS_NAMES
        or (name.startswith("requirements") and name.endswith(".txt"))
    )


def has_model_name(path: str) -> bool:
    """Whether a file or folder is a model, by its suffix, or by its name or folder if the suffix is ambiguous."""
    suffix = _suffix(path)
    if _AMBIGUOUS.fullmatch(suffix) is None:
        return _MODELS.fullmatch(suffix) is not None
    words = _words(PurePosixPath(path).stem)
    is_named = not _MODEL_WORDS.isdisjoint(words) or any(map(_is_for_models, PurePosixPath(path).parts[:-1]))
    return is_named and not any(map(_PART_OF_A_MODEL.fullmatch, words))


def _is_for_models(folder: str) -> bool:
    words = _words(folder)
    return bool(words) and words <= _MODEL_WORDS


def has_prediction_name(column: str) -> bool:
    """Whether a column contains a model's predictions, scores or probabilities."""
    return _PREDICTION.fullmatch(column.strip().lower()) is not None


def decides_splits(name: str) -> bool:
    """Whether a parameter or a word of a command line determines which rows a model is tested on."""
    words = _words(name)
    return any(map(_SPLIT_WORDS.fullmatch, words)) or any(phrase <= words for phrase in _SPLIT_PHRASES)


def sizes_split(name: str) -> bool:
    """Whether a parameter determines a split whatever its stage does; a seed alone does not."""
    return _SIZE_OF_A_SPLIT.search("_".join(map(str.lower, _WORD.findall(name)))) is not None


def _suffix(path: str) -> str:
    return PurePosixPath(path.lower()).suffix


def _words(name: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(name)}
