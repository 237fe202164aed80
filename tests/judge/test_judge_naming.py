"""What the names of columns reveal."""

from __future__ import annotations

import pytest

from headway.judge.naming import has_prediction_name

PREDICTED = [
    *("predicted", "prediction", "Predictions", "pred", "y_pred", "y_hat", "yhat", "score", "scores", "y_score"),
    *("probability", "probability_cat", "prob_1", "proba0", "prob.cat", "logit", "logits_2", "predicted label"),
]
OTHER = ["id", "label", "actual", "credit_score", "score_of_parents", "problem", "predicate", "probe", "prefix", "hat"]


@pytest.mark.parametrize("column", PREDICTED)
def test_columns_that_a_model_fills(column: str) -> None:
    assert has_prediction_name(column)


@pytest.mark.parametrize("column", OTHER)
def test_all_other_columns(column: str) -> None:
    assert not has_prediction_name(column)
