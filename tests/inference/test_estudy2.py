"""The published table of the R package estudy2, and the textbook's answers on the same data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.inference.oracles import estudy2
from tests.shared import shared

pytestmark = pytest.mark.reference

COLUMNS = {
    "bw80": "brown_warner_1980",
    "bw85": "brown_warner_1985",
    "t": "cross_sectional_t",
    "patell": "patell",
    "bmp": "bmp",
    "lamb": "lamb",
    "sign": "sign",
    "gsign": "generalized_sign",
    "csign": "corrado_sign",
    "rank": "corrado_rank",
    "mrank": "corrado_zivney",
    "wilcox": "wilcoxon",
}

# ../shared/methods.md C1, "correct versions": computed by its author, five days and where given the window.
TEXTBOOK = {
    "patell": [2.544440, -2.942074, 0.328963, 8.402698, 6.305735, 6.365793],
    "bmp": [1.204284, -1.175179, 0.076377, 2.166887, 8.654536, 2.785478],
    "kp_patell": [1.816789, -2.100709, 0.234887, 5.999721, 4.502441],
    "kp_bmp": [0.787987, -0.768942, 0.049975, 1.417836, 5.662831],
}


@pytest.fixture(scope="module")
def published() -> pd.DataFrame:
    return pd.read_csv(shared("oracles/estudy2/expected_intro_vignette.csv"))


def test_every_column_of_the_published_table_under_its_profile(published: pd.DataFrame) -> None:
    result = estudy2({"compat": "estudy2"}, tuple(COLUMNS.values()))
    for column, test in COLUMNS.items():
        found = [f.statistic[0] for f in result.findings(test)[:5]]
        digits = published[column].astype(str).str.split(".").str[-1].str.len().max()
        assert np.abs(np.array(found) - published[column]).max() < 0.6 * 10.0 ** -min(int(digits), 6), column
    means = [f.estimate[0] for f in result.findings("cross_sectional_t")[:5]]
    assert np.abs(np.array(means) - published["mean"]).max() < 6e-9


@pytest.mark.parametrize("test", TEXTBOOK)
def test_the_textbook_variants(test: str) -> None:
    expected = TEXTBOOK[test]
    result = estudy2({}, (test,))
    found = [f.statistic[0] for f in result.findings(test)[: len(expected)]]
    assert np.abs(np.array(found) - expected).max() < 6e-7


def test_the_fits_and_the_usable_bars() -> None:
    # methods.md C1: M = 240, ZM 227, UBER 212; AMZN alpha 0.000134 beta 0.864635; UBER beta 1.134434.
    fit = estudy2({}, ()).abnormal.fit
    assert fit.n.tolist() == [240, 227, 212, 240, 240, 240, 240]
    assert np.abs(fit.coef[0] - [0.000134, 0.864635]).max() < 6e-7
    assert abs(fit.coef[2, 1] - 1.134434) < 6e-7
