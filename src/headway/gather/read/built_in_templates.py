"""DVC's own templates by name, and by content where a project holds copies of them in ``.dvc/plots``.

``dvc init`` wrote such copies from DVC 1.0 to 2.9, and ``dvc plots templates`` prints them today. A copy is drawn as
the built-in template, which reduces large data without loss.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

_FORMS = {
    "bar_horizontal": "5d5b6075 a8e05b6a",
    "bar_horizontal_sorted": "0bae3271 f414f8f4",
    "confusion": "bd7485c4 9fc8f93b bb7c5ec1 c9db009b 6016d543 f895def1",
    "confusion_normalized": "631135fa f28593eb db4f331a c6ea8184",
    "linear": "e8628f99 da9d50bd 53841caa 429f1c28 d287a521 3fcd4fa6",
    "scatter": "40201f80 c1f690ae 9a63d072",
    "scatter_jitter": "4398d5c1",
    "simple": "1ed15f5c 306488d8",
    "smooth": "d32accf9 11e6f891 133ba7f0",
}
"""Fingerprints of the forms that each template has had in dvc 1.0.0 to 2.9.5 and in dvc-render 0.0.0 to 1.0.2.

They were taken from the released packages: ``DEFAULT_CONTENT`` of each class in ``dvc/repo/plots/template.py`` and in
``dvc_render/vega_templates.py``. What was called "default" before DVC 2.9 is "simple" since; "linear" and "smooth" are
one program since dvc-render 0.1, which counts as linear.
"""
BUILT_IN = frozenset(_FORMS)
"""The templates that DVC ships."""
_NAMES = {fingerprint: name for name, fingerprints in _FORMS.items() for fingerprint in fingerprints.split()}

_APPEARANCE = frozenset(
    "$schema autosize height legend padding params selection shape strokeDash tooltip width".split()  # noqa: SIM905 - a word a line says no more
)
"""What says nothing about the data: sizes, the version of Vega-Lite, and what a reader can do with the pointer."""
_COLOR = "<DVC_METRIC_COLOR>"
"""What newer templates have in place of ``{"field": "rev", "type": "nominal"}``."""


def recognise(program: Mapping[str, Any]) -> str | None:
    """The built-in template that a program is a copy of, from any version of DVC; ``None`` for the team's own."""
    try:
        drawn = json.dumps(_essence(program), sort_keys=True)
    except RecursionError:  # none of DVC's templates is nested that deeply
        return None
    return _NAMES.get(hashlib.sha256(drawn.encode()).hexdigest()[:8])


def _essence(part: Any) -> Any:  # noqa: ANN401  JSON has no narrower type
    if isinstance(part, Mapping):
        return {key: _essence(_short(key, value)) for key, value in part.items() if key not in _APPEARANCE}
    if isinstance(part, list):
        return [_essence(value) for value in part]
    return {"field": "rev", "type": "nominal"} if part == _COLOR else part


def _short(key: str, value: Any) -> Any:  # noqa: ANN401  likewise
    """One form for what Vega-Lite lets one write in two: a mark by its name alone, a title by its text alone."""
    if key == "mark" and isinstance(value, str):
        return {"type": value}
    if key == "title" and isinstance(value, Mapping) and value.keys() <= {"anchor", "text"}:
        return value.get("text")
    return value
