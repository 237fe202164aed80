from __future__ import annotations

import numpy as np
import pytest

from headway.judge.multiplicity import benjamini_hochberg, holm


def test_holm_of_the_definition() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.005, 0.03, 0.04, 0.01]) == pytest.approx([0.02, 0.06, 0.06, 0.03])
    assert holm([]) == []


@pytest.mark.parametrize("values", [[0.2], [0.01] * 5, list(np.random.default_rng(1).random(30) ** 3), [0, 0.5, 1, 1]])
def test_adjusted_p_values_are_those_of_statsmodels(values: list[float]) -> None:
    from statsmodels.stats.multitest import multipletests  # noqa: PLC0415 - takes two seconds in each process of the suite

    assert holm(values) == pytest.approx(list(multipletests(values, method="holm")[1]))
    assert benjamini_hochberg(values) == pytest.approx(list(multipletests(values, method="fdr_bh")[1]))
