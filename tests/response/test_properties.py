"""What must hold for every input: no look-ahead, bit for bit; invariance to level and sign; nothing vanishes."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventstudy.abnormal.placebo.settings import PlaceboSettings
from eventstudy.errors import DataError, UnknownNameError, UsageError
from eventstudy.market.bars import Bars
from eventstudy.market.instruments import Instrument
from eventstudy.news.items import Event, EventTime
from eventstudy.response.cut_windows import event_window
from eventstudy.response.intraday_prices import intraday_prices
from eventstudy.response.matching import Matched, match
from eventstudy.response.placebo_pool import WindowChoice
from eventstudy.response.respond import respond
from eventstudy.response.respond_all import respond_all
from eventstudy.response.response_rows import document, signed, table
from eventstudy.response.settings import ResponseSettings
from eventstudy.response.window import abnormal_windows, regime_levels
from eventstudy.simulate import IntradayDesign, intraday_bars, intraday_days

DESIGN = IntradayDesign(days=25, jump=0.01, reversal=0.3, volume_multiple=5.0, early=150, late=90)


def drawn(seed: int, design: IntradayDesign = DESIGN) -> tuple[Bars, Event]:
    return intraday_bars(intraday_days(design, seed))


def shaken(bars: Bars, at: pd.Timestamp, seed: int) -> Bars:
    """Return bars whose every price and volume after ``at`` is another."""
    frame = bars.frame.copy()
    later = frame.index > at
    noise = np.random.default_rng(seed).uniform(0.5, 2.0, (int(later.sum()), frame.shape[1]))
    frame.loc[later] *= noise
    return replace(bars, frame=frame)


def before_side(matched: Matched) -> tuple[object, ...]:
    zero = matched.zero + 1
    return (
        matched.event.price[:zero].tobytes(),
        matched.event.volume[:zero].tobytes(),
        matched.placebo.price.tobytes(),
        matched.placebo.volume.tobytes(),
        matched.day.tobytes(),
        matched.removed,
    )


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1000), shake=st.integers(0, 1000))
def test_no_bar_after_earliest_changes_anything_on_the_before_side(seed: int, shake: int) -> None:
    bars, event = drawn(seed)
    later = shaken(bars, pd.Timestamp(event.time.earliest), shake)
    asked = ResponseSettings(standardize=True)
    all_prices = [intraday_prices(b) for b in (bars, later)]
    one, other = (abnormal_windows(prices, [event_window(prices, event, asked)], asked) for prices in all_prices)
    assert before_side(one.layout) == before_side(other.layout)
    assert one.placebo.tobytes() == other.placebo.tobytes()
    level, again = (regime_levels(found.event, found.others, found.layout)[1] for found in (one, other))
    assert level == again
    first, second = respond(bars, event, asked), respond(later, event, asked)
    assert (first.reference_at, first.reference_price) == (second.reference_at, second.reference_price)
    assert first.path.joint.tobytes() == second.path.joint.tobytes()
    assert abs(first.number("pre_event_drift").value) == abs(second.number("pre_event_drift").value)
    assert first.number("pre_event_drift").pvalue == second.number("pre_event_drift").pvalue


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 1000), scale=st.floats(0.01, 100))
def test_the_price_level_does_not_matter(seed: int, scale: float) -> None:
    bars, event = drawn(seed)
    dearer = replace(bars, frame=bars.frame.assign(close=bars.frame["close"] * scale))
    one, other = respond(bars, event), respond(dearer, event)
    assert np.allclose(one.path.car, other.path.car, atol=1e-12, equal_nan=True)
    assert abs(one.path_pvalue - other.path_pvalue) < 1e-12
    assert one.pattern == other.pattern


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 1000))
def test_turning_the_quote_turns_the_moves_and_nothing_else(seed: int) -> None:
    bars, event = drawn(seed)
    turned = replace(bars, frame=bars.frame.assign(close=1 / bars.frame["close"]))
    one, other = respond(bars, event), respond(turned, event)
    assert np.allclose([m.value for m in one.moves], [-m.value for m in other.moves], atol=1e-12)
    assert np.allclose([m.pvalue for m in one.moves], [m.pvalue for m in other.moves])
    assert one.path_pvalue == pytest.approx(other.path_pvalue)
    assert one.pattern == other.pattern


def test_the_signed_table_turns_a_quote_on_request() -> None:
    bars, event = drawn(3)
    response = respond(bars, event)
    plain, turned = table([response])[0], signed([response], {"SIMSHARE": -1})[0]
    assert turned["moves"]["+20 min"] == -plain["moves"]["+20 min"]


def test_days_with_another_event_a_halt_or_half_a_session_do_not_serve_and_are_listed() -> None:
    bars, event = drawn(4)
    days = np.unique(bars.frame.index.date)
    halted, half = str(days[5]), str(days[9])
    clock = event.time.earliest.time()
    cut = bars.frame.index.strftime("%Y-%m-%d") == halted
    cut &= (bars.frame.index.time > clock) & (bars.frame.index.hour < 13)
    cut |= (bars.frame.index.strftime("%Y-%m-%d") == half) & (bars.frame.index.time > clock)
    fewer = replace(bars, frame=bars.frame[~cut])
    shift = days[-1] - days[12]
    known = Event("other", replace(event.time, earliest=event.time.earliest - shift, latest=event.time.latest - shift))
    response = respond(fewer, event, known=[known, event])
    removed = {str(day.day): day.reason for day in response.removed}
    assert set(removed) == {halted, half, str(days[12])}
    assert "halt" in removed[halted]
    assert "known event" in removed[str(days[12])]
    assert response.placebo_days == 22
    assert {c.where for c in response.confounders} == {"placebo"}
    kept = respond(fewer, event, ResponseSettings(placebo=PlaceboSettings(known_events="keep")), known=[known, event])
    assert kept.placebo_days == 23
    assert ["kept" in c.effect for c in kept.confounders] == [True]


def test_placebo_days_can_be_limited_to_the_nearest_and_taken_from_both_sides() -> None:
    bars, event = drawn(5)
    prices = intraday_prices(bars)
    assert len(match(prices, event.time, WindowChoice(days=7)).day) == 7
    middle = np.unique(prices.day)[12]
    shift = pd.Timedelta(days=int(np.unique(prices.day)[-1] - middle))
    earlier = replace(event.time, earliest=event.time.earliest - shift, latest=event.time.latest - shift)
    one_side, both = (match(prices, earlier, WindowChoice(later=later)) for later in (False, True))
    assert (one_side.day < middle).all()
    assert len(both.day) == 25
    assert middle not in both.day


def test_too_few_days_are_said_and_give_no_band() -> None:
    bars, event = drawn(6, replace(DESIGN, days=5))
    response = respond(bars, event)
    assert "ES-PLACEBO-FEW" in {notice.code for notice in response.notices}
    assert response.pattern == "not classified"
    assert np.isnan(response.path.joint).all()
    assert "too few" in response.number("t50").reason
    assert response.smallest_pvalue == 1 / 6


def test_windows_cross_or_stop_at_a_pause_as_asked() -> None:
    bars, event = drawn(7, replace(DESIGN, minutes=520))
    minute = bars.frame.index.hour * 60 + bars.frame.index.minute
    start = event.time.latest.hour * 60 + event.time.latest.minute + 10
    pause = replace(bars, frame=bars.frame[(minute <= start) | (minute > start + 15)])
    crossed = respond(pause, event)
    stopped = respond(pause, event, ResponseSettings(pauses="stop"))
    assert crossed.moves[2].at is not None
    assert (crossed.moves[2].at - event.time.latest).total_seconds() / 60 == pytest.approx(75, abs=1.5)
    assert stopped.moves[2].reason == "trading ended at 15:12"
    assert math.isnan(stopped.moves[2].value)
    assert "ES-WINDOW-CUT" in {notice.code for notice in stopped.notices}


def test_what_cannot_be_answered_says_why() -> None:
    bars, event = drawn(8)
    daily = replace(bars, step=pd.Timedelta("1D"))
    with pytest.raises(DataError, match="shorter than a day"):
        respond(daily, event)
    late = Event(
        "late", replace(event.time, earliest=event.time.latest, latest=event.time.latest + pd.Timedelta("99D"))
    )
    found = respond_all([bars, daily], [event, late])
    assert [r.event for r in found] == ["simulated"]
    assert found.skipped[0][:2] == ("late", "SIMSHARE")
    assert "outside the bars" in found.skipped[0][2]
    with pytest.raises(UsageError, match="increasing"):
        ResponseSettings(horizons=(20, 5))
    with pytest.raises(UnknownNameError, match="same_clock_mean"):
        ResponseSettings(expected="median")  # type: ignore[arg-type]


def test_the_document_is_plain_json_with_an_offset_on_every_instant() -> None:
    import json

    bars, event = drawn(9)
    found = respond_all([bars], [event])
    text = json.dumps(document(found), allow_nan=False)
    read = json.loads(text)[0]
    assert read["reference_at"].endswith("+00:00")
    assert set(read["shape"]) >= {"t50", "pre_event_drift", "reversal", "jump_share", "permanent_share"}
    assert all(e["value"] is not None or e["reason"] for e in read["shape"].values())
    assert found == respond_all([bars], [event])


def test_news_at_midnight_in_a_market_that_never_closes_is_answered() -> None:
    index = pd.date_range("2024-01-01", "2024-03-01", freq="5min", tz="UTC", unit="us")[1:]
    path = np.random.default_rng(18).standard_normal(len(index)).cumsum() * 1e-4
    midnight = pd.Timestamp("2024-02-20", tz="UTC")
    close = 100 * np.exp(path + 0.02 * (index > midnight))
    coin = Bars(Instrument("COIN"), pd.Timedelta("5min"), "right", pd.DataFrame({"close": close}, index=index))
    at = midnight.to_pydatetime()
    response = respond(coin, Event("midnight", EventTime(at, at)))
    assert response.reference_at == at
    assert response.moves[0].at is not None
    assert (response.moves[0].at - at).total_seconds() == 300
    assert abs(response.moves[0].value - 0.02) < 0.001
    assert response.path_pvalue == response.smallest_pvalue == 1 / 50  # 2 January to 19 February
    assert response.gap is None
