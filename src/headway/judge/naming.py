"""What a name tells: of a file, whether it is code, settings or a model; of a parameter, whether it decides a split."""

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
_AMBIGUOUS = re.compile(r"(\.(bin|dill|h5|hdf5|joblib|json|npz|pickle|pkl|txt))?")
"""Endings of models and of data alike; the name decides: ``model.pkl``, ``xgboost_model.json``, a folder ``models``."""
_MODEL_WORDS = frozenset({"checkpoint", "checkpoints", "classifier", "model", "models", "regressor", "weights"})
_SPLIT_WORDS = frozenset(
    {"fold", "folds", "holdout", "kfold", "salt", "seed", "seeds", "split", "splits", "test", "testing"}
)
_SPLIT_PHRASES = ({"hold", "out"}, {"random", "state"})
_WORD = re.compile(r"[a-z]+|[A-Z]+(?![a-z])|[A-Z][a-z]+")


def is_code(path: str) -> bool:
    """Whether a file's ending is that of a program."""
    return _CODE.fullmatch(_suffix(path)) is not None


def is_settings(path: str) -> bool:
    """Whether a file holds settings or prose by its name."""
    name = PurePosixPath(path.lower()).name
    return (
        _SETTINGS.fullmatch(_suffix(path)) is not None
        or name in _SETTINGS_NAMES
        or (name.startswith("requirements") and name.endswith(".txt"))
    )


def has_model_name(path: str) -> bool:
    """Whether a file or folder is a model by its ending, or by its name where the ending does not tell."""
    suffix = _suffix(path)
    named = not _MODEL_WORDS.isdisjoint(_words(PurePosixPath(path).stem))
    return _MODELS.fullmatch(suffix) is not None or (named and _AMBIGUOUS.fullmatch(suffix) is not None)


def decides_splits(name: str) -> bool:
    """Whether a parameter or a word of a command line is about which rows a model is tested on."""
    words = _words(name)
    return not _SPLIT_WORDS.isdisjoint(words) or any(phrase <= words for phrase in _SPLIT_PHRASES)


def _suffix(path: str) -> str:
    return PurePosixPath(path.lower()).suffix


def _words(name: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(name)}
