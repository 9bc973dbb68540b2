"""Returns on the trading clock: gaps are marked, nothing is filled forward, bad prices are refused."""

from __future__ import annotations

import itertools
import math
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventstudy.arrays import MINUTE_US, from_epoch_us
from eventstudy.errors import BarsError, CalendarError
from eventstudy.market.bars import Bars
from eventstudy.market.calendars import calendar, sessions
from eventstudy.market.instruments import Instrument, instrument
from eventstudy.market.returns import log_returns, returns


def bars(times: list[str], closes: list[float], code: str = "SBER", step: str = "10min") -> Bars:
    index = pd.DatetimeIndex(times).tz_localize("Europe/Moscow").tz_convert("UTC").as_unit("us")
    return Bars(instrument(code), pd.Timedelta(step), "right", pd.DataFrame({"close": closes}, index=index))


def test_breaks_of_the_day_are_marked() -> None:
    times = ["10:00", "10:10", "18:40", "18:50", "19:10", "19:20"]
    made = log_returns(bars([f"2021-04-13 {t}" for t in times], [100, 101, 102, 103, 104, 105]))
    # opening auction | inside | inside (a hole in the data is no break) | closing auction | evening | inside
    assert made.spans_break.tolist() == [True, False, False, True, True, False]
    assert made.values[1] == pytest.approx(math.log(1.01), abs=1e-15)
    assert np.isnan(made.values[0])
    assert (made.clock / 60e6).tolist() == [600, 610, 1120, 1130, 1150, 1160]
    assert set(made.trading_day) == {18730}  # 2021-04-13


def test_the_midday_clearing_of_futures_is_a_break() -> None:
    made = log_returns(bars([f"2022-07-22 {t}" for t in ("14:00", "14:10", "14:15")], [1, 2, 3], "Si", "5min"))
    assert made.spans_break.tolist() == [True, True, False]


def test_a_halt_is_a_break() -> None:
    times = [f"2024-02-13 {t}" for t in ("13:57", "13:58", "15:46", "15:47")]
    assert log_returns(bars(times, [1, 2, 3, 4], step="1min")).spans_break.tolist() == [True, False, True, False]


def test_a_bar_outside_every_session_stands_alone() -> None:
    times = [f"2021-04-13 {t}" for t in ("08:00", "08:10", "10:10")]
    assert log_returns(bars(times, [1, 2, 3])).spans_break.all()


def test_a_market_that_never_closes_has_no_break() -> None:
    made = log_returns(bars(["2021-04-10 23:50", "2021-04-11 00:00", "2021-04-11 00:10"], [1, 2, 3]), "24/7")
    assert made.spans_break.tolist() == [True, False, False]


def test_a_missing_price_makes_two_missing_returns() -> None:
    times = [f"2021-04-13 1{i}:00" for i in range(4)]
    assert np.isnan(log_returns(bars(times, [1, math.nan, 2, 4])).values).tolist() == [True, True, True, False]


@pytest.mark.parametrize("price", [0.0, -37.63, math.inf])
def test_a_price_without_a_logarithm_is_refused_with_its_row(price: float) -> None:
    with pytest.raises(BarsError, match=r"row 1 "):
        log_returns(bars(["2021-04-13 11:00", "2021-04-13 11:10"], [1.0, price]))


def test_daily_bars_keep_their_date_and_mark_skipped_trading_days() -> None:
    days = ["2021-04-09 18:50", "2021-04-12 18:50", "2021-04-14 18:50"]
    made = log_returns(bars(days, [1, 2, 3], "IMOEX", "1D"))
    assert made.spans_break.tolist() == [False, False, True]
    assert made.trading_day.tolist() == [18726, 18729, 18731]


def test_a_close_at_midnight_belongs_to_the_day_that_ends() -> None:
    made = log_returns(bars(["2021-04-14 00:00"], [1], step="1D"), "MOEX-SHARES")
    assert made.trading_day.tolist() == [18730]
    assert made.clock.tolist() == [86_400_000_000]


def test_simple_returns() -> None:
    made = returns(bars(["2021-04-13 11:00", "2021-04-13 11:10"], [80, 76]), kind="simple")
    assert made.values[1] == pytest.approx(-0.05, abs=1e-15)


def test_bars_outside_the_calendar_are_refused() -> None:
    with pytest.raises(CalendarError, match="valid from 2014-10-01"):
        log_returns(bars(["2003-01-17 18:53"], [31.8]), "MOEX-FX")


def test_the_instrument_brings_its_calendar() -> None:
    assert Instrument("ABC").calendar == "24/7"
    assert instrument("SBER").calendar == "MOEX-SHARES"


@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(["MOEX-SHARES", "MOEX-FUTURES", "MOEX-FX", "24/5", "24/7", "XTKS"]),
    day=st.dates(date(2020, 1, 10), date(2025, 12, 1)),
    minutes=st.lists(st.integers(0, 3 * 24 * 60), min_size=2, max_size=40, unique=True),
    step=st.sampled_from([1, 5, 10, 60]),
)
def test_breaks_and_trading_days_as_one_would_find_them_by_hand(
    name: str, day: date, minutes: list[int], step: int
) -> None:
    start = (day - date(1970, 1, 1)).days * 24 * 60
    closes = np.array(sorted(start + m for m in minutes), dtype=np.int64) * MINUTE_US
    ends = from_epoch_us(closes)
    length = pd.Timedelta(minutes=step)
    made = log_returns(Bars(Instrument("A"), length, "right", pd.DataFrame({"close": closes * 1.0}, index=ends)), name)
    held = sessions(calendar(name), day - timedelta(days=3), day + timedelta(days=4))
    last_row = [[s for s in held if s.opens_at < end and s.closes_at > end - length][-1:] for end in ends]
    for i, own in enumerate(last_row):
        if own:
            assert date(1970, 1, 1) + timedelta(int(made.trading_day[i])) == own[0].trading_day
        alone = not own or i == 0 or not last_row[i - 1]
        if alone or (own[0].kind == "auction" and ends[i] - length >= own[0].opens_at):
            assert made.spans_break[i]
            continue
        between = held[held.index(last_row[i - 1][0]) : held.index(own[0]) + 1]
        assert made.spans_break[i] == any(a.closes_at != b.opens_at for a, b in itertools.pairwise(between))


def test_daily_shares_with_the_same_closes_are_placed_on_the_calendar_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from eventstudy.market import returns as module

    placed: list[int] = []
    real = module.placed_on

    def counted(venue: object, timed: module.TimedReturns) -> module.CalendarDays:
        placed.append(len(timed.closes))
        return real(venue, timed)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "placed_on", counted)
    monkeypatch.setattr(module, "_LAST_PLACED", {})
    index = pd.DatetimeIndex(["2024-03-04", "2024-03-05", "2024-03-08"]).tz_localize("UTC") + pd.Timedelta("21h")
    frames = [pd.DataFrame({"close": [a, a + 1, a + 2]}, index.as_unit("us")) for a in (10.0, 20.0)]
    one, two = (
        log_returns(Bars(Instrument(code, calendar="XNYS"), pd.Timedelta("1D"), "right", frame))
        for code, frame in zip("AB", frames, strict=True)
    )
    assert placed == [3]  # two shares, one look at the calendar
    assert np.asarray(one.missing_days).tolist() == [0, 0, 2]  # 6 and 7 March
    assert two.trading_day is one.trading_day
    assert not one.trading_day.flags.writeable
    later = log_returns(Bars(Instrument("C", calendar="XNYS"), pd.Timedelta("1D"), "right", frames[0].iloc[:2]))
    assert placed == [3, 2]
    assert later.trading_day.tolist() == one.trading_day[:2].tolist()
