"""The page shows the estimated models and what their residuals are like."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

import eventstudy as es
from eventstudy.report.build import build
from eventstudy.report.mail import plain_text
from tests.study.made import daily_frame, events_at

WINDOWS = {"estimation": (-100, -11), "event": (-5, 5), "tests": ["bmp"]}


def market_study(**settings: object) -> tuple[es.StudyResult, pd.DataFrame, pd.Series]:
    frame = daily_frame(300, 3)
    market = pd.Series(np.random.default_rng(9).normal(0, 0.01, 300), frame.index, name="index")
    frame = frame.add(np.array([0.5, 1.0, 1.5]) * market.to_numpy()[:, None])
    frame["A1"] = frame["A1"] + np.where(np.arange(300) % 40 == 7, 0.08, 0.0)  # far from normal
    events = events_at(frame, [("A0", 200), ("A1", 220), ("A2", 250)]).assign(id=["x", "y", "z"])
    spec = es.StudySpec(model="market", **(WINDOWS | settings))
    return es.run_study(spec, events, frame, market=market), frame, market


def test_the_page_shows_beta_fit_and_diagnostics_with_how_many_are_rejected() -> None:
    result, frame, market = market_study()
    section = next(part for part in build(result).page.sections if part.name == "estimation")
    fits, diagnostics = section.tables
    x, y = market.to_numpy()[100:190], frame["A0"].to_numpy()[100:190]
    line = stats.linregress(x, y)
    row = dict(zip([column.name for column in fits.columns], fits.rows[0], strict=True))
    assert abs(row["beta"] - line.slope) < 1e-9
    assert abs(row["r2"] - line.rvalue**2) < 1e-9
    residuals = y - line.intercept - line.slope * x
    jb = stats.jarque_bera(residuals)
    row = dict(zip([column.name for column in diagnostics.columns], diagnostics.rows[0], strict=True))
    assert abs(row["normality_p"] - jb.pvalue) < 1e-9
    assert abs(row["skewness"] - stats.skew(residuals)) < 1e-9
    assert (
        "Normality is rejected at the 5% level in 1 of 3 estimation windows; 0.15 would be if it held everywhere."
        in (section.points)
    )
    text = plain_text(build(result).page)
    assert "Residual diagnostics" in text
    assert "p, ARCH" in text


def test_without_diagnostics_or_estimation_window_the_page_says_less() -> None:
    result, _, _ = market_study(diagnostics="off")
    section = next(part for part in build(result).page.sections if part.name == "estimation")
    assert [table.name for table in section.tables] == ["fits"]
    frame = daily_frame(300, 2)
    events = events_at(frame, [("A0", 200), ("A1", 220)])
    result = es.run_study(es.StudySpec(model="zero", event=(-1, 1), tests=["cross_sectional_t"]), events, frame)
    assert not [part for part in build(result).page.sections if part.name == "estimation"]
