"""The choices of a response as settings: price rules, the time of day, doubted days, quotes; and their limits."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventstudy.abnormal.placebo.settings import PlaceboSettings
from eventstudy.errors import SpecError, UsageError
from eventstudy.market.bars import Bars
from eventstudy.market.sources.price_files import read_bars
from eventstudy.news.items import Event, EventTime, assumed_end
from eventstudy.response.intraday_prices import intraday_prices
from eventstudy.response.placebo import placebo_pvalue
from eventstudy.response.respond import respond
from eventstudy.response.respond_all import respond_all
from eventstudy.response.response_rows import table
from eventstudy.response.settings import ResponseSettings
from eventstudy.response.several import joint_pvalues
from eventstudy.simulate import IntradayDesign, intraday_bars, intraday_days, intraday_market
from eventstudy.study.responses import response_settings
from eventstudy.study.spec import StudySpec
from tests.response.real import FOUNDING, event, ten_minutes
from tests.response.test_price_rules import euro

DESIGN = IntradayDesign(days=25, jump=0.01, reversal=0.3, volume_multiple=5.0, early=150, late=90)
CHOICES: list[dict[str, object]] = [
    *({"price": rule} for rule in ("last", "open", "mid", "vwap", "median")),
    *({"seasonality": kind} for kind in ("sd", "wsd", "fourier")),
    {"expected": "same_clock_mean", "standardize": True, "volatility": "bipower"},
    {"expected": "market", "seasonality": "sd"},
    {"placebo": {"known_events": 0.5}},
]
STUDY = """
name = "choices"
[[data]]
instrument = "SBER"
source = "file"
path = "x.csv"
timezone = "Europe/Moscow"
label = "right"
step = "1min"
[window]
event = [-5, 5]
[model]
name = "zero"
[inference]
tests = ["placebo"]
[inference.placebo]
known_events = 0.25
[response]
compute = "on"
[response.options]
price = "vwap"
seasonality = "wsd"
expected = "dimson"
expected_options = { lags = 2 }
volatility = "bipower"
"""


def full_bars(seed: int) -> tuple[Bars, Event]:
    """Return one simulated instrument with open, high, low, close and volume."""
    market = intraday_market(DESIGN, seed)
    return market.bars[0], market.event


def test_every_choice_can_be_written_in_a_study_file_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text(STUDY, encoding="utf-8")
    spec = StudySpec.from_toml(path)
    assert spec.response_options["price"] == "vwap"
    path.write_text(spec.to_toml(), encoding="utf-8")
    assert StudySpec.from_toml(path) == spec
    settings = response_settings(spec)
    assert (settings.price, settings.placebo.known_weight, settings.expected_options["lags"]) == ("vwap", 0.25, 2)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ('price = "vwap"', "median"),
        ("known_events = 0.25", 'found 2.0; write "drop", "keep", or the weight of such a day between 0 and 1'),
        ('seasonality = "wsd"', "fourier"),
        ('expected = "dimson"', "market_adjusted"),
        ("{ lags = 2 }", "Known: lags"),
        ('volatility = "bipower"', "minrv"),
    ],
)
def test_a_wrong_choice_is_refused_with_what_is_allowed(tmp_path: Path, wrong: str, told: str) -> None:
    name, _, value = wrong.rpartition(" = ")
    bad = {"0.25": "2.0", "2 }": "2 }"}.get(value, '"nonsense"')
    text = wrong.replace("lags", "legs") if "lags" in wrong else f"{name} = {bad}"
    path = tmp_path / "study.toml"
    path.write_text(STUDY.replace(wrong, text), encoding="utf-8")
    with pytest.raises(SpecError, match=told):
        StudySpec.from_toml(path)


@settings(max_examples=12, deadline=None)
@given(choice=st.sampled_from(CHOICES), seed=st.integers(0, 50), shake=st.integers(0, 1000))
def test_no_bar_after_earliest_changes_the_before_side_under_any_choice(
    choice: dict[str, object], seed: int, shake: int
) -> None:
    bars, news = full_bars(seed)
    factor = full_bars(seed + 1000)[0]
    known = [Event("other", replace(news.time, earliest=news.time.earliest - pd.Timedelta("7D"),
                                    latest=news.time.latest - pd.Timedelta("7D")))]  # fmt: skip
    later = bars.frame.index > pd.Timestamp(news.time.earliest)
    frame = bars.frame.copy()
    frame.loc[later] *= np.random.default_rng(shake).uniform(0.5, 2.0, (int(later.sum()), frame.shape[1]))
    asked = ResponseSettings(**choice)  # type: ignore[arg-type]
    one, other = (respond(b, news, asked, known, [factor]) for b in (bars, replace(bars, frame=frame)))
    zero = one.path.zero + 1
    for name in ("car", "tested"):
        assert getattr(one.path, name)[:zero].tobytes() == getattr(other.path, name)[:zero].tobytes()
    for name in ("placebo", "tested_placebo", "joint", "pointwise", "placebo_day", "weight"):
        assert getattr(one.path, name).tobytes() == getattr(other.path, name).tobytes()
    assert (one.reference_at, one.reference_price) == (other.reference_at, other.reference_price)
    assert one.number("pre_event_drift").pvalue == other.number("pre_event_drift").pvalue
    assert [n for n in one.notices if n.code == "ES-MOVE-BEFORE"] == [
        n for n in other.notices if n.code == "ES-MOVE-BEFORE"
    ]


@pytest.mark.parametrize("rule", ["open", "mid", "vwap", "median"])
def test_a_price_rule_moves_the_first_price_by_its_reach_and_finds_the_jump(rule: str) -> None:
    bars, news = intraday_market(replace(DESIGN, jump=0.02, reversal=0.0), 4).bars[0], full_bars(4)[1]
    last, ruled = respond(bars, news), respond(bars, news, ResponseSettings(price=rule))
    waits = 5 if rule in ("vwap", "median") else 1
    assert (ruled.first_at - last.first_at).total_seconds() == 60 * waits
    assert ruled.reference_at == last.reference_at
    assert abs(ruled.moves[1].value - 0.02) < 0.004
    with pytest.raises(UsageError, match="follow the rule 'last'"):
        respond(intraday_prices(bars), news, ResponseSettings(price=rule))


def test_a_rule_the_bars_cannot_serve_is_told_not_guessed() -> None:
    bars, news = intraday_bars(intraday_days(DESIGN, 5))  # close and volume only
    with pytest.raises(UsageError, match="column 'open'"):
        raise UsageError(str(_refusal(bars, news, "open")))


def _refusal(bars: Bars, news: Event, rule: str) -> Exception:
    try:
        respond_all([bars], [news], ResponseSettings(price=rule))
    except Exception as error:
        return error
    raise AssertionError("not refused")


def test_days_with_a_known_event_count_as_much_as_the_study_says() -> None:
    bars, news = full_bars(6)
    week = pd.Timedelta("7D")
    known = [Event("other", replace(news.time, earliest=news.time.earliest - week, latest=news.time.latest - week))]
    dropped, halved, kept = (
        respond(bars, news, ResponseSettings(placebo=PlaceboSettings(known_events=choice)), known)
        for choice in ("drop", 0.5, "keep")
    )
    assert (dropped.placebo_days, halved.placebo_days, kept.placebo_days) == (24, 25, 25)
    # the smallest p-value is that of a day alone: 1 / (1 + 24), 1 / (1 + 24.5), 1 / (1 + 25)
    assert [r.smallest_pvalue for r in (dropped, halved, kept)] == [1 / 25, 1 / 25.5, 1 / 26]
    assert "counts 0.5" in halved.confounders[-1].effect or "counts 0.5" in halved.confounders[0].effect
    assert any("counts 0.5" in note for note in table([halved])[0]["notes"])
    assert not any("smallest" in note for note in table([kept])[0]["notes"])


def test_quotes_give_the_middle_and_a_spread_judged_by_ranks(tmp_path: Path) -> None:
    market = intraday_market(replace(DESIGN, jump=0.02), 7)
    bars, news = market.bars[0], market.event
    close = bars.frame["close"]
    wide = np.where((close.index > pd.Timestamp(news.time.latest)), 8.0, 1.0)  # liquidity goes away with the news
    frame = pd.DataFrame({"time": close.index, "close": close, "volume": bars.frame["volume"]})
    frame["Bid"], frame["Ask"] = close * (1 - 0.0002 * wide), close * (1 + 0.0002 * wide)
    path = tmp_path / "quotes.csv"
    frame.to_csv(path, index=False)
    read = read_bars(path, instrument="SIMQ", step="1min", label="right", calendar=bars.instrument.calendar)
    assert list(read.frame.columns) == ["close", "volume", "bid", "ask"]
    response = respond(read, news, ResponseSettings(price="mid"))
    spread = next(a for a in response.activity if a.name == "spread")
    assert abs(spread.peak.value - 8.0) < 1e-3
    assert spread.peak.pvalue == response.smallest_pvalue
    assert (response.first_at - respond(read, news).first_at).total_seconds() == 0  # quotes are as of the close
    assert not [a for a in respond(bars, news).activity if a.name == "spread"]


def test_the_time_of_day_is_taken_out_of_path_tests_and_not_out_of_the_moves() -> None:
    # one minute after the news is ten times as wild as the others on every day: raw, it drowns the rest of the path
    rng = np.random.default_rng(8)
    rejected = {"none": 0, "sd": 0}
    for _ in range(60):
        draw = intraday_days(replace(DESIGN, jump=0.0, days=39, quiet=0.0), int(rng.integers(1 << 30)))
        close = draw.close + 0.004 * rng.standard_normal((40, 1)) * (np.arange(520) >= 310)
        close[-1] += 0.004 * (np.arange(520) >= 312)  # a move that only ordinary minutes would show
        bars, news = intraday_bars(replace(draw, close=close))
        for kind in rejected:
            response = respond(bars, news, ResponseSettings(seasonality=kind))
            rejected[kind] += response.path_pvalue <= 0.05
            assert abs(response.moves[1].value - respond(bars, news).moves[1].value) < 1e-12
    assert rejected["sd"] > 2 * rejected["none"]


def test_the_joint_test_rests_on_the_same_moves_as_the_single_ones() -> None:
    for seed in range(3):
        market = intraday_market(replace(DESIGN, jump=0.0, depth=0.9), seed)
        one, twin = market.bars[0], intraday_market(replace(DESIGN, jump=0.0), seed + 50).bars[0]
        other = replace(twin, instrument=replace(one.instrument, code="OTHER"))
        pair = respond_all([one, other], [replace(market.event, instruments=())]).responses
        moves = [r.moves[2] for r in pair]
        columns = [
            int(np.searchsorted(r.path.closes, pd.Timestamp(m.at).value // 1000))
            for r, m in zip(pair, moves, strict=True)
        ]
        values = np.array([r.path.car[c] for r, c in zip(pair, columns, strict=True)])
        others = np.column_stack([r.path.placebo[:, c] for r, c in zip(pair, columns, strict=True)])
        assert np.allclose([m.joint_pvalue for m in moves], joint_pvalues(values, others))
        assert [m.pvalue for m in moves] == placebo_pvalue(values, others).tolist()


@pytest.mark.reference
def test_the_bar_before_the_ecb_decision_is_flagged_by_the_response_itself() -> None:
    times, prices = euro()
    frame = pd.DataFrame({"close": prices}, index=pd.to_datetime(times, unit="us", utc=True).as_unit("us"))
    from eventstudy.market.instruments import instrument

    bars = Bars(instrument("EUR/USD"), pd.Timedelta("1min"), "left", frame)
    at = pd.Timestamp("2015-12-03 12:45", tz="UTC").to_pydatetime()
    response = respond(bars, Event("ecb", EventTime(at, at)))
    (flag,) = [n.message for n in response.notices if n.code == "ES-MOVE-BEFORE"]
    assert "12:38 UTC" in flag  # the bar of the minute 12:37
    assert abs(100 * response.number("median_move").value - 1.384) < 0.02  # EA-MPD, press release
    assert response.pattern == "not classified"
    assert math.isnan(response.moves[0].pvalue)
    assert response.placebo_days == 0


def test_a_jump_before_the_news_is_flagged_and_ordinary_bars_are_not() -> None:
    def flagged(design: IntradayDesign, seed: int) -> bool:
        bars, news = intraday_bars(intraday_days(design, seed))
        at = news.time.earliest + pd.Timedelta("10min")
        late = Event("late", EventTime(at, at))  # a timestamp ten minutes late
        return any(n.code == "ES-MOVE-BEFORE" for n in respond(bars, late).notices)

    quiet = replace(DESIGN, jump=0.0, days=30)
    assert sum(flagged(replace(quiet, jump=0.01), seed) for seed in range(10)) >= 9
    assert sum(flagged(quiet, seed) for seed in range(60)) <= 7  # 1 in 31 days is as large as that
    restless = replace(quiet, cluster=1.0)  # volatility that clusters makes Lee and Mykland's test alone too quick
    assert sum(flagged(restless, seed) for seed in range(60)) <= 7


@pytest.mark.parametrize("days", [0, 1])
def test_a_later_close_may_be_the_close_or_the_next_one(days: int) -> None:
    bars, event = intraday_bars(intraday_days(IntradayDesign(days=25), 3))
    earlier = replace(
        event.time, earliest=event.time.earliest - timedelta(days=7), latest=event.time.latest - timedelta(days=7)
    )
    found = respond(bars, replace(event, time=earlier), ResponseSettings(days_later=days))
    same = found.moves[-1].value if days == 0 else found.number("next_close").value
    assert found.number("days_later").value == same


def test_an_assumed_end_is_said_whichever_way_it_was_written() -> None:
    assumed = replace(FOUNDING, attributes={"earliest_basis": "assumed"})
    assert assumed_end(assumed) == "the earliest time"
    assert assumed_end(replace(assumed, attributes={"earliest_basis": "assumed", "latest_basis": "assumed"})) == (
        "the earliest time and the latest time"
    )
    assert assumed_end(replace(FOUNDING, time=replace(FOUNDING.time, basis="assumed"))) == "one end"
    assert assumed_end(FOUNDING) == ""


@pytest.mark.reference
def test_the_row_a_person_acts_on_has_every_column_and_only_the_caveats_that_apply() -> None:
    assumed = replace(FOUNDING, attributes={"earliest_basis": "assumed"})
    (row,) = table([respond(ten_minutes("SBER"), assumed)])
    assert list(row["moves"]) == ["first", "+5 min", "+20 min", "+60 min", "close"]
    assert abs(1e4 * row["moves"]["first"] - 113.5) < 0.05
    notes = " ".join(row["notes"])
    for caveat in ("earliest time of the event interval is assumed", "closing auction", "bar lasts 10 minutes"):
        assert caveat in notes
    for other in (
        "have no trade",
        "were excluded as placebo days",
        "smallest attainable p-value",
        "the market was closed",
    ):
        assert other not in notes
    (morning,) = table([respond(ten_minutes("SBER"), event("2021-04-13T12:00", "2021-04-13T12:00"))])
    assert not [note for note in morning["notes"] if "assumed" in note or "auction" in note]
