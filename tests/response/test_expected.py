"""The expected move: any model of the study in the event's clock window, learnt from the placebo days only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from eventstudy.abnormal.models.table import MODELS, MODELS_BY_CLOCK, options_of
from eventstudy.errors import DataError, UnknownNameError, UsageError
from eventstudy.market.bars import Bars
from eventstudy.market.instruments import Instrument
from eventstudy.news.items import Event, EventTime
from eventstudy.response.expected import abnormal_bars, with_leads
from eventstudy.response.respond import respond
from eventstudy.response.respond_all import respond_all
from eventstudy.response.settings import ResponseSettings
from eventstudy.simulate import IntradayDesign, intraday_bars, intraday_days
from eventstudy.study.run import run_study
from eventstudy.study.spec import StudySpec
from tests.report.made import made_bars, made_event
from tests.response.real import FOUNDING, ten_minutes

DESIGN = IntradayDesign(days=25, half_spread=0.0, quiet=0.0)
BETA, JUMP = 1.5, 0.01


def pair(seed: int = 1) -> tuple[Bars, Bars, Event]:
    """Return a share, its market and news: log share = 1.5 log market, and a jump of 1 % in the share's last day."""
    market, event = intraday_bars(intraday_days(DESIGN, seed))
    close = np.exp(BETA * np.log(market.frame["close"])) * np.where(
        market.frame.index > pd.Timestamp(event.time.latest), np.exp(JUMP), 1.0
    )
    share = replace(market, frame=market.frame.assign(close=close))
    return share, replace(market, instrument=Instrument("SIMMARKET", calendar=market.instrument.calendar)), event


@pytest.mark.parametrize("model", ["market", "dimson", "scholes_williams", "factor"])
def test_the_market_is_taken_off_and_the_jump_stays(model: str) -> None:
    share, market, event = pair()
    response = respond(share, event, ResponseSettings(expected=model), factors=[market])
    # no noise but the market's: what is left is the jump, and nothing on any other day
    tolerance = 1e-9 if model != "scholes_williams" else 2e-3  # its correction for thin trading has an error of its own
    assert all(abs(move.value - JUMP) < tolerance for move in response.moves[:3])
    assert response.moves[0].pvalue == response.smallest_pvalue
    assert abs(response.number("pre_event_drift").value) < tolerance


def test_each_day_is_predicted_from_the_others_only() -> None:
    rng = np.random.default_rng(2)
    x, noise = rng.standard_normal((2, 6, 30))
    y = 0.3 + 2 * x + noise
    row = MODELS["market"]
    found = abnormal_bars(y, x[None], row, options_of("model", row.options, {}))
    for day in range(6):
        others = [d for d in range(1, 6) if d != day]  # the event day, row 0, teaches nobody
        slope, intercept = np.polyfit(x[others].ravel(), y[others].ravel(), 1)
        assert np.allclose(found[day], y[day] - intercept - slope * x[day], atol=1e-10)


def test_neighbors_stand_in_the_order_the_models_want_and_never_cross_days() -> None:
    x = np.arange(6.0).reshape(1, 2, 3)
    same, before, after = with_leads(x, 1)
    assert np.array_equal(same, x[0])
    assert np.array_equal(before, [[np.nan, 0, 1], [np.nan, 3, 4]], equal_nan=True)
    assert np.array_equal(after, [[1, 2, np.nan], [4, 5, np.nan]], equal_nan=True)


@pytest.mark.reference
def test_the_market_part_of_vtbr_on_sber_by_least_squares_on_the_raw_files() -> None:
    sber, vtbr = (ten_minutes(code).frame["close"] for code in ("SBER", "VTBR"))
    logs = np.log(pd.concat([vtbr, sber], axis=1, keys=["y", "x"]))
    local = logs.index.tz_convert("Europe/Moscow")
    logs = logs.set_index(local)
    clocks = ["17:30", "17:40", "17:50", "18:00", "18:10", "18:20", "18:30", "18:40"]
    clocks += ["18:50", "19:10", "19:20", "19:30", "19:40", "19:50"]
    wide = logs.groupby(logs.index.date).apply(lambda d: d.set_axis(d.index.strftime("%H:%M")).reindex(clocks))
    wide = wide.groupby(level=0).ffill()
    steps = wide.groupby(level=0).diff().dropna()
    days = steps.index.get_level_values(0)
    response = respond(
        ten_minutes("VTBR"), FOUNDING, ResponseSettings(expected="market"), factors=[ten_minutes("SBER")]
    )
    serve = pd.to_datetime(response.path.placebo_day, unit="D").date
    train = steps[np.isin(days, serve)]
    slope, intercept = np.polyfit(train["x"], train["y"], 1)
    event = steps.loc[pd.Timestamp("2021-04-13").date()]
    after = event.iloc[3:]  # from 18:00 on
    expected = (after["y"] - intercept - slope * after["x"]).sum()
    assert abs(response.moves[2].value - expected) < 1e-10
    assert abs(1e4 * response.moves[2].value - 0.7) < 0.05  # SBER's rise explains VTBR's: +35.5 bp become +0.7


def test_every_model_that_can_be_learnt_by_the_clock_answers() -> None:
    share, market, event = pair(3)
    rate = replace(market, frame=market.frame.assign(close=np.exp(1e-7 * np.arange(len(market.frame)))))
    for name in MODELS_BY_CLOCK:
        response = respond(share, event, ResponseSettings(expected=name), factors=[market, rate])
        assert np.isfinite([move.value for move in response.moves]).all(), name
        assert response.placebo_days == 25


def test_what_cannot_be_expected_is_refused() -> None:
    share, market, event = pair()
    with pytest.raises(UsageError, match="needs a market"):
        respond(share, event, ResponseSettings(expected="market"))
    with pytest.raises(UnknownNameError, match="market_adjusted"):
        ResponseSettings(expected="garch")
    with pytest.raises(UnknownNameError, match="lags"):
        ResponseSettings(expected="dimson", expected_options={"leads": 2})
    yesterday = replace(market, frame=market.frame.iloc[: -DESIGN.minutes])
    with pytest.raises(DataError, match="no price around the event"):
        respond(share, event, ResponseSettings(expected="market"), factors=[yesterday])


def test_a_study_with_a_market_model_expects_by_it_in_the_response_too() -> None:
    share, market, event = pair()
    spec = StudySpec(model="market", estimation=(-100, -11), event=(-5, 5), tests=("placebo",))
    modeled = run_study(spec, [event], share, market=market).response
    plain = run_study(spec.model_copy(update={"response_options": {"expected": "zero"}}), [event], share, market=market)
    assert modeled is not None
    assert plain.response is not None
    assert modeled == respond_all([share], [event], ResponseSettings(expected="market"), (), [market])
    assert abs(modeled.responses[0].moves[0].value - JUMP) < 1e-9
    assert abs(plain.response.responses[0].moves[0].value - JUMP) > 1e-6


def test_a_factor_on_another_clock_is_read_at_the_same_instants() -> None:
    share, market, event = pair()
    abroad = replace(market, instrument=replace(market.instrument, calendar="ECB-FIXING"))
    settings = ResponseSettings(expected="market")
    here, there = (respond(share, event, settings, factors=[m]) for m in (market, abroad))
    assert np.allclose(here.path.car, there.path.car, atol=1e-12, equal_nan=True)


def test_events_at_an_uncertain_time_keep_one_path() -> None:
    share, market, event = pair()
    vague = Event("vague", EventTime(event.time.earliest - pd.Timedelta("10min"), event.time.latest))
    response = respond(share, vague, ResponseSettings(expected="market"), factors=[market])
    assert abs(response.moves[2].value - JUMP) < 1e-9


@pytest.mark.parametrize(
    ("model", "estimation", "told"),
    [("zero", None, False), ("constant_mean", (-200, -20), False), ("comparison_period_mean", (-200, -20), True)],
)
def test_a_model_that_the_response_cannot_learn_is_told(
    model: str, estimation: tuple[int, int] | None, told: bool
) -> None:
    spec = StudySpec(model=model, estimation=estimation, event=(-2, 0))
    last = f"{made_bars().frame.index[-1]:%Y-%m-%d}"
    result = run_study(spec, [made_event(last)], made_bars())
    assert result.response is not None
    assert ("ES-RESPONSE-MODEL" in [notice.code for notice in result.notices]) is told
