"""The whole call on data made by hand, and the founding case on exchange data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.arrays import DAY_US
from eventstudy.errors import EventTimeError, UsageError
from eventstudy.market.instruments import Instrument
from eventstudy.market.returns import Returns
from tests.shared import shared
from tests.study.made import daily_frame, events_at, intraday


def at(day: int, minutes: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day, minutes=minutes)


def event(earliest: datetime, latest: datetime | None = None, code: str = "X", name: str = "e") -> es.Event:
    return es.Event(name, es.EventTime(earliest, latest or earliest), (code,))


def test_tau_zero_merges_the_bars_between_the_last_clean_close_and_the_first_after_the_news() -> None:
    # Closes 10:00 .. 10:50. News in [10:10, 10:35]: clean close 10:10 (bar 1), first after 10:40 (bar 4).
    # tau = 0 merges bars 2, 3, 4: 0.02 + 0.03 + 0.04 = 0.09; tau = -1 is bar 1, tau = +1 is bar 5.
    series = intraday("X", {100: [0.0, 0.01, 0.02, 0.03, 0.04, 0.05]})
    spec = es.StudySpec(event=(-1, 1), tests=())
    result = es.run_study(spec, [event(at(100, 610), at(100, 635))], series)
    assert result.abnormal.n_bars.tolist() == [[1, 3, 1]]
    assert np.abs(result.abnormal.ar - [[0.01, 0.09, 0.05]]).max() < 1e-15


@pytest.mark.parametrize(("anchor", "merged"), [("bracket", 3), ("earliest", 1), ("latest", 1)])
def test_each_anchor_lays_its_own_end(anchor: str, merged: int) -> None:
    series = intraday("X", {100: [0.0, 0.01, 0.02, 0.03, 0.04, 0.05]})
    spec = es.StudySpec(tests=(), anchor=anchor)  # type: ignore[arg-type]
    result = es.run_study(spec, [event(at(100, 615), at(100, 635))], series)
    assert result.abnormal.n_bars[0, 0] == merged


def test_the_placebo_uses_only_days_with_the_same_clock_window_complete() -> None:
    # Event window: closes 10:10 -> 10:20. Day 2 lacks the 10:20 close, day 3 the 10:10 close, day 5 is the event.
    days = {d: [0.0, 0.0, r, 0.0] for d, r in [(1, 0.01), (4, -0.06), (5, 0.05)]}
    days[2] = [0.0, 0.0]
    series = intraday("X", {d: days[d] for d in (1, 2, 4, 5)})
    result = es.run_study(es.StudySpec(tests=("placebo",)), [event(at(5, 615))], series)
    found = result.findings("placebo")[0][0]
    # |0.01| < 0.05 <= |-0.06|: p = (1 + 1) / (2 + 1).
    assert found.n == 2
    assert found.pvalue == pytest.approx(2 / 3, abs=1e-15)
    assert result.placebo is not None
    assert result.placebo.day[0].tolist() == [4, 1]


def test_one_sided_placebo_counts_one_tail() -> None:
    series = intraday("X", {d: [0.0, 0.0, r, 0.0] for d, r in [(1, 0.01), (4, -0.06), (5, 0.05)]})
    spec = es.StudySpec(tests=("placebo",), alternative="greater")
    assert es.run_study(spec, [event(at(5, 615))], series).findings("placebo")[0][0].pvalue == pytest.approx(1 / 3)


def test_same_clock_mean_subtracts_the_other_days() -> None:
    # Other days 0.01, 0.03: mean 0.02, variance 0.0002, V = 0.0002 (1 + 1/2) = 0.0003, df = 1.
    series = intraday("X", {d: [0.0, 0.0, r, 0.0] for d, r in [(1, 0.01), (4, 0.03), (5, 0.05)]})
    spec = es.StudySpec(model="same_clock_mean", min_observations=2)
    result = es.run_study(spec, [event(at(5, 615))], series)
    found = result.findings("time_series_t")[0][0]
    assert found.estimate == pytest.approx(0.03, abs=1e-15)
    assert found.se == pytest.approx(np.sqrt(0.0003), abs=1e-15)
    assert found.df == 1


@pytest.mark.parametrize(
    ("when", "outcome", "word"),
    [
        (at(99, 0), "outside_data", "before the first close"),
        (at(101, 0), "outside_data", "no close"),
        (at(100, 601), "window_incomplete", "1 bar more"),
    ],
)
def test_an_event_without_a_place_is_an_outcome(when: datetime, outcome: str, word: str) -> None:
    series = intraday("X", {100: [0.0, 0.01, 0.02, 0.03, 0.04, 0.05]})
    result = es.run_study(es.StudySpec(event=(-2, 0), tests=("time_series_t",)), [event(when)], series)
    assert result.ledger[0].outcome == outcome
    assert word in result.ledger[0].reason
    assert len(result.abnormal) == 0


def test_an_event_in_a_gap_of_the_data_is_never_moved_to_the_nearest_bar() -> None:
    series = intraday("X", {100: [0.0, 0.01], 200: [0.02, 0.03]})
    result = es.run_study(es.StudySpec(), [event(at(110, 0))], series)
    assert result.ledger[0].outcome == "outside_data"
    assert "99 trading days without a bar" in result.ledger[0].reason


def test_an_event_in_a_month_without_bars_is_used_with_a_warning_where_no_calendar_tells_a_closure() -> None:
    series = intraday("X", {100: [0.0, 0.01], 130: [0.02, 0.03]})
    result = es.run_study(es.StudySpec(), [event(at(110, 0))], series)
    assert result.ledger[0].outcome == "used"
    (told,) = [notice.message for notice in result.notices if notice.code == "ES-GAP"]
    assert "29 trading days without a bar of X" in told


def test_every_input_event_is_in_the_ledger_once() -> None:
    frame = daily_frame(60, 2)
    frame.iloc[40:, 1] = np.nan  # rows 20 to 48 are the estimation window: 20 of 29 are there, as many as are needed
    events = events_at(frame, [("A0", 45), ("A1", 50), ("A0", 45), ("B", 45), ("A0", 3)])
    spec = es.StudySpec(model="constant_mean", estimation=(-30, -2), event=(-1, 1))
    result = es.run_study(spec, events, frame)
    assert [o.outcome for o in result.ledger] == [
        *["used", "missing_returns", "duplicate", "unknown_instrument", "estimation_too_short"]
    ]
    assert sum(result.ledger.counts().values()) == 5


def test_constant_mean_and_its_window_variance_by_hand() -> None:
    # Estimation returns 1, 2, 3, 4 (in hundredths): mean 2.5, s2 = 5/3, M = 4; event returns 5 and 6.
    # CAR = 11 - 5 = 6; V = s2 (L + L^2/M) = 5/3 (2 + 1) = 5.
    frame = daily_frame(8, 1)
    frame["A0"] = np.array([9, 1, 2, 3, 4, 5, 6, 9]) / 100
    spec = es.StudySpec(model="constant_mean", estimation=(-4, -1), event=(0, 1), min_observations=4)
    found = es.run_study(spec, events_at(frame, [("A0", 5)]), frame).findings("time_series_t")[0][0]
    assert found.estimate == pytest.approx(0.06, abs=1e-15)
    assert found.se == pytest.approx(np.sqrt(5) / 100, abs=1e-15)
    assert found.df == 3


def test_the_market_model_meets_statsmodels() -> None:
    import statsmodels.api as sm

    frame = daily_frame(200, 3, seed=4)
    spec = es.StudySpec(model="market", estimation=(-100, -11), event=(-5, 5))
    result = es.run_study(spec, events_at(frame, [("A0", 150), ("A2", 170)]), frame, market="A1")
    for i, (code, row) in enumerate([("A0", 150), ("A2", 170)]):
        learn, study = slice(row - 100, row - 10), slice(row - 5, row + 6)
        fit = sm.OLS(frame[code].iloc[learn], sm.add_constant(frame["A1"].iloc[learn])).fit()
        X = sm.add_constant(frame["A1"].iloc[study]).to_numpy()
        assert np.abs(result.abnormal.fit.coef[i] - fit.params.to_numpy()).max() < 1e-14
        assert np.abs(result.abnormal.ar[i] - (frame[code].iloc[study].to_numpy() - X @ fit.params)).max() < 1e-15
        V = fit.scale * np.eye(11) + X @ fit.cov_params().to_numpy() @ X.T
        assert abs(result.abnormal.window_variance(es_window(-5, 5))[i] - V.sum()) < 1e-16
        assert np.abs(result.abnormal.variance()[i] - np.diag(V)).max() < 1e-17


def es_window(start: int, stop: int):  # type: ignore[no-untyped-def]
    from eventstudy.abnormal.windows import Window

    return Window(start, stop)


def test_a_naive_time_or_a_date_without_a_close_is_refused() -> None:
    frame = daily_frame(60, 1)
    events = events_at(frame, [("A0", 45)])
    with pytest.raises(EventTimeError, match="zone"):
        es.run_study(es.StudySpec(), events.assign(time=events["time"].dt.tz_localize(None)), frame)
    dates = frame.set_index(frame.index.tz_localize(None).normalize())
    with pytest.raises(EventTimeError, match="closing time"):
        es.run_study(es.StudySpec(), events, dates)
    result = es.run_study(es.StudySpec(), events, dates, closes_at="16:00 UTC")
    assert result.abnormal == es.run_study(es.StudySpec(), events, frame).abnormal


def test_a_model_without_its_needs_is_refused() -> None:
    frame = daily_frame(60, 1)
    events = events_at(frame, [("A0", 45)])
    with pytest.raises(UsageError, match="market"):
        es.run_study(es.StudySpec(model="market", estimation=(-20, -1)), events, frame)
    with pytest.raises(UsageError, match="estimation"):
        es.run_study(es.StudySpec(model="constant_mean"), events, frame)


def test_the_json_contract_has_no_nan() -> None:
    import json

    frame = daily_frame(60, 2)
    result = es.run_study(es.StudySpec(tests=("time_series_t", "patell")), events_at(frame, [("A0", 45)]), frame)
    made = result.to_dict()
    json.dumps(made, allow_nan=False)
    assert {"study", "spec_digest", "outcomes", "responses", "aggregates", "warnings"} <= set(made)
    assert made["responses"][0]["tests"]["time_series_t"]["reason"]
    assert made["aggregates"][0]["n_events"] == 1


def read_moex(code: str) -> Returns:
    table = pd.read_csv(shared(f"market/moex/{code}_M10_2021.csv"), parse_dates=["datetime"])
    local = pd.DatetimeIndex(table["datetime"])
    label = local.as_unit("us").asi8
    closes = local.tz_localize("Europe/Moscow").tz_convert("UTC").as_unit("us").asi8
    values = np.concatenate([[np.nan], np.diff(np.log(table["close"].to_numpy()))])
    day = label // DAY_US
    spans = np.concatenate([[False], np.diff(day) > 0])
    return Returns(Instrument(code), 600_000_000, closes, values, spans, day, label % DAY_US)


@pytest.mark.reference
@pytest.mark.parametrize(("code", "bp", "p"), [("SBER", 113.5, 2 / 70), ("VTBR", 84.0, 4 / 70)])
def test_the_founding_case_on_exchange_data(code: str, bp: float, p: float) -> None:
    # Issue 2 of the project: 10-minute candles, 18:00 -> 18:40 Moscow, 69 usable days 4 January to 12 April 2021.
    when = [datetime.fromisoformat(f"2021-04-13T{clock}+03:00") for clock in ("18:00", "18:37")]
    found = es.run_study(es.StudySpec(tests=("placebo",)), [event(when[0], when[1], code)], read_moex(code))
    assert found.abnormal.n_bars.tolist() == [[4]]
    outcome = found.findings("placebo")[0][0]
    assert abs(outcome.estimate * 1e4 - bp) < 0.05
    assert outcome.n == 69
    assert outcome.pvalue == pytest.approx(p, abs=1e-15)


def test_standardized_abnormal_returns_by_hand() -> None:
    # Returns 1, -1, 2, 0 %: mean 0.5 %, squared deviations 5e-4 over 3. The event's 3.5 % is abnormal by 3 %, and
    # V = 5e-4/3 (1 + 1/4), so SAR^2 = 9e-4 / (5e-4/3 * 5/4) = 4.32.
    frame = daily_frame(5, 1)
    frame["A0"] = [0.01, -0.01, 0.02, 0.0, 0.035]
    spec = es.StudySpec(model="constant_mean", estimation=(-4, -1), event=(0, 0), min_observations=4, response="off")
    row = es.run_study(spec, events_at(frame, [("A0", 4)]), frame).to_frame("ar").iloc[0]
    assert abs(row["sar"] ** 2 - 4.32) < 1e-12
    assert abs(row["ar"] - 0.03) < 1e-15
