"""A count of comparable days names its direction: moves as large, or changes as high or as low."""

from __future__ import annotations

import numpy as np
import pytest

import eventstudy as es
from eventstudy.arrays import Alternative
from eventstudy.report.figure_data import placebo_view
from eventstudy.report.finding import clause
from eventstudy.report.plots.counts import say_placebo
from eventstudy.simulate import IntradayDesign, intraday_bars, intraday_days

BARS, NEWS = intraday_bars(intraday_days(IntradayDesign(days=45, jump=0.0, early=30, late=30), 4))
SAID = {
    "two-sided": ("the price moved at least as much", "moved at least as much", "days moved as much", "as large"),
    "greater": ("the price change was at least as high", "had a change at least as high", "as high", "as high"),
    "less": ("the price change was at least as low", "had a change at least as low", "as low", "as low"),
}


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_the_page_the_terminal_and_the_figure_name_the_days_that_the_p_value_counts(alternative: Alternative) -> None:
    spec = es.StudySpec(
        event=(-5, 60), windows=[(0, 5)], tests=["placebo"], primary="placebo", response="on", alternative=alternative
    )
    result = es.run_study(spec, [NEWS], BARS)
    days, car = np.asarray(result.placebo_cars[es.Window(0, 5)][0]), result.abnormal.car((0, 5))[0]
    large = {"two-sided": abs(days) >= abs(car), "greater": days >= car, "less": days <= car}[alternative].sum()
    assert 0 < large < len(days)
    assert result.findings("placebo")[0].pvalue[0] == pytest.approx((1 + large) / (1 + len(days)))
    sentence, terminal, title, colored = SAID[alternative]
    tables = result.tables()
    (row,) = (r for r in tables["responses"] if r["window"] == [0, 5])
    assert clause(tables, row["tests"]).startswith(f"on {large} of {len(days)} comparable days {sentence} (p")
    shown = " ".join(result.summary().split())
    assert f"{large} of {len(days)}" in shown
    assert f"comparable days {terminal}; p" in shown
    figure = say_placebo(placebo_view(result))
    assert figure.title.startswith(f"{large} of {len(days)} comparable days")
    assert figure.title.endswith(title)
    assert f"in color: at least {colored} (p = {(1 + large) / (1 + len(days)):.3f})" in figure.note
