"""Settings: what a project declares in headway.yaml or in pyproject.toml's ``[tool.headway]``, as one frozen value."""

from headway.settings.loading import TOML_NAME, YAML_NAME, load_settings
from headway.settings.schema import (
    IMAGES_BRANCH,
    MOST_INCLUDES,
    Average,
    DataRule,
    Estimator,
    EstimatorName,
    FormatRule,
    ImagePlace,
    ImageSettings,
    IncludeRule,
    Label,
    MetricRule,
    PredictionsRule,
    Range,
    Settings,
    Task,
)

__all__ = [
    "IMAGES_BRANCH",
    "MOST_INCLUDES",
    "TOML_NAME",
    "YAML_NAME",
    "Average",
    "DataRule",
    "Estimator",
    "EstimatorName",
    "FormatRule",
    "ImagePlace",
    "ImageSettings",
    "IncludeRule",
    "Label",
    "MetricRule",
    "PredictionsRule",
    "Range",
    "Settings",
    "Task",
    "load_settings",
]
