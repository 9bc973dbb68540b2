"""Quality: every kind of defect is found where it was planted and nowhere else; clean series raise no finding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventstudy.arrays import DAY_US, MINUTE_US
from eventstudy.errors import BarsError, UnknownNameError
from eventstudy.market.calendars import calendar
from eventstudy.market.quality.checks import CHECKS, inspect, repair
from eventstudy.market.quality.clock import outside_bars, traded_in_assumed_hours
from eventstudy.market.quality.daily import daily_closes
from eventstudy.market.quality.fit import label_evidence
from eventstudy.market.quality.problems import Subject, coverage
from eventstudy.market.raw import RawBars, take

from .series import changed, daily, daily_bars, inserted, share, share_bars

Planted = tuple[Subject, list[int] | None]


def at(values: np.ndarray, row: int, value: float) -> np.ndarray:
    made = values.copy()
    made[row] = value
    return made


def close_becomes(value: float) -> Callable[[Subject, int], Planted]:
    def plant(subject: Subject, row: int) -> Planted:
        return changed(subject, close=at(subject.raw.close, row, value)), [row + 2]

    return plant


def level_times(factor: float) -> Callable[[Subject, int], Planted]:
    def plant(subject: Subject, row: int) -> Planted:
        raw = subject.raw
        columns = {n: np.concatenate((v[:row], v[row:] * factor)) for n, v in raw.columns.items() if n != "volume"}
        return changed(subject, **columns), [row + 2]

    return plant


def disorder(subject: Subject, row: int) -> Planted:
    order = np.arange(len(subject.raw))
    order[[row, row + 1]] = order[[row + 1, row]]
    raw = take(subject.raw, order)
    return replace(subject, raw=replace(raw, line=subject.raw.line)), [row + 3]


def duplicate(subject: Subject, row: int) -> Planted:
    return inserted(subject, row, int(subject.raw.wall[row])), [row + 3]


def conflict(subject: Subject, row: int) -> Planted:
    return inserted(subject, row, int(subject.raw.wall[row]), 1.0001), [row + 3]


def bad_range(subject: Subject, row: int) -> Planted:
    return changed(subject, open=at(subject.raw.columns["open"], row, 0.0)), [row + 2]


def bad_tick(subject: Subject, row: int) -> Planted:
    return changed(subject, close=at(subject.raw.close, row, subject.raw.close[row] * 1.4)), [row + 2]


def high_below_low(subject: Subject, row: int) -> Planted:
    columns = subject.raw.columns
    high = at(columns["high"], row, columns["low"][row] * 0.999)
    return changed(subject, high=high), [row + 2]


def close_outside(subject: Subject, row: int) -> Planted:
    return changed(subject, close=at(subject.raw.close, row, subject.raw.columns["high"][row] * 1.0001)), [row + 2]


def stale_run(subject: Subject, row: int) -> Planted:
    columns = {n: v.copy() for n, v in subject.raw.columns.items()}
    for name in ("open", "high", "low", "close"):
        columns[name][row : row + 30] = columns["close"][row]
    columns["volume"][row : row + 30] = 0
    return changed(subject, **columns), list(range(row + 3, row + 32))


def early(subject: Subject, row: int) -> Planted:
    """Last Sunday of March to last Sunday of October, dates a day early."""
    days = [date(1970, 1, 1) + timedelta(int(w // DAY_US)) for w in subject.raw.wall]
    summer = np.array([date(2020, 3, 29) <= d < date(2020, 10, 25) or d >= date(2021, 3, 28) for d in days])
    return (
        replace(subject, raw=replace(subject.raw, wall=subject.raw.wall - summer * DAY_US)),
        [i + 2 for i in np.flatnonzero(summer)],
    )


def sundays(subject: Subject, row: int) -> Planted:
    """Dates from Sunday to Thursday of a series without a calendar: another week, or all of them a day early."""
    raw = replace(subject.raw, wall=subject.raw.wall - DAY_US, zone="UTC")
    days = raw.wall // DAY_US
    return Subject(raw), [i + 2 for i in np.flatnonzero((days + 3) % 7 == 6)]


def stale_close(subject: Subject, row: int) -> Planted:
    columns = subject.raw.columns
    return changed(subject, close=columns["open"] * 1.00001), None


def repeated_open(subject: Subject, row: int) -> Planted:
    """An open that is a copy of the close, with a range around both."""
    close = subject.raw.columns["close"]
    return changed(subject, open=close.copy(), high=close * 1.01, low=close * 0.99), None


def wrong_zone(subject: Subject, row: int) -> Planted:
    return replace(subject, raw=replace(subject.raw, zone="UTC")), []


def wrong_side(subject: Subject, row: int) -> Planted:
    return replace(subject, raw=replace(subject.raw, label="left")), []


def future(subject: Subject, row: int) -> Planted:
    last = len(subject.raw)
    now = int(subject.closes[row])
    return replace(subject, now_us=now), list(range(row + 3, last + 2))


def unchecked(subject: Subject, row: int) -> Planted:
    early_raw = share_bars(1, first=date(2011, 6, 1))
    venue, why = coverage(calendar("MOEX-SHARES"), early_raw)
    return Subject(early_raw, venue, unchecked=why), []


def outside(subject: Subject, row: int) -> Planted:
    """A bar without a trade in the morning, between the sessions of two days."""
    made, lines = assumed_hours(subject, row)
    volume = at(made.raw.columns["volume"], (lines or [2])[0] - 2, 0.0)
    return changed(made, volume=volume), lines


def assumed_hours(subject: Subject, row: int) -> Planted:
    """A traded bar between the sessions of two days of March 2021, a part of whose hours the table assumes."""
    evenings = np.flatnonzero(subject.raw.wall % DAY_US == 1430 * MINUTE_US)
    last = int(evenings[row % (len(evenings) - 2)])  # the fifth is a Friday
    return inserted(subject, last, int(subject.raw.wall[last]) + 9 * 60 * MINUTE_US), [last + 3]


def empty(subject: Subject, row: int) -> Planted:
    day = subject.raw.wall // DAY_US
    third = np.unique(day)[2]
    raw = take(subject.raw, day != third)
    # Two days of 83 bars stand before the hole, on lines 2 to 167.
    return replace(subject, raw=replace(raw, line=np.arange(2, len(raw) + 2))), [168]


def cut_close(subject: Subject, row: int) -> Planted:
    """A fall of 8 % on one day, which the vendor's close of that day missed."""
    day = np.arange(len(subject.raw))
    other = daily_closes(replace(subject.raw, columns={"close": subject.raw.close * np.exp(-0.08 * (day >= row))}))
    own = changed(subject, close=subject.raw.close * np.exp(-0.08 * (day > row)))
    return replace(own, other=other), [row + 2]


def other_hours(subject: Subject, row: int) -> Planted:
    """Bars of the evening, held against the hours of the index, which has none."""
    return replace(subject, calendar=calendar("MOEX-INDEX")), None


def nothing(subject: Subject, row: int) -> Planted:
    return changed(subject, close=np.full(len(subject.raw), np.nan)), []


# Each kind: the clean series, and what is planted in it; None where the lines are not known beforehand.
PLANTS: dict[str, tuple[Callable[[int], Subject], Callable[[Subject, int], Planted]]] = {
    "disorder": (share, disorder),
    "duplicate": (share, duplicate),
    "conflicting duplicate": (share, conflict),
    "missing price": (share, close_becomes(float("nan"))),
    "infinite price": (share, close_becomes(float("inf"))),
    "zero price": (share, close_becomes(0.0)),
    "negative price": (share, close_becomes(-1.0)),
    "impossible range": (share, bad_range),
    "bad tick": (share, bad_tick),
    "unit jump": (share, level_times(100.0)),
    "split-like jump": (share, level_times(0.5)),
    "large jump": (share, level_times(1.62)),
    "high below low": (share, high_below_low),
    "close outside range": (share, close_outside),
    "stale run": (share, stale_run),
    "dates one day early": (daily, early),
    "Sunday dates": (daily, sundays),
    "stale close": (daily, stale_close),
    "repeated open": (daily, repeated_open),
    "cut close": (daily, cut_close),
    "other hours": (share, other_hours),
    "wrong zone": (share, wrong_zone),
    "label side": (share, wrong_side),
    "future stamp": (share, future),
    "unchecked sessions": (share, unchecked),
    "outside sessions": (share, outside),
    "outside assumed hours": (share, assumed_hours),
    "no bars when open": (share, empty),
    "no usable row": (share, nothing),
}


def test_every_check_has_a_planted_defect() -> None:
    assert set(PLANTS) == set(CHECKS)


@pytest.mark.parametrize("kind", CHECKS)
def test_every_kind_has_one_policy_and_a_stated_rule(kind: str) -> None:
    check = CHECKS[kind]
    assert check.rule
    assert (check.repair is not None) == (check.action == "repaired")
    assert check.action != "kept" or check.rule.startswith("with a warning, for ")


@pytest.mark.parametrize("kind", [kind for kind, check in CHECKS.items() if check.action == "repaired"])
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000), row=st.integers(20, 380))
def test_what_a_rule_repairs_is_not_found_again(kind: str, seed: int, row: int) -> None:
    make, plant = PLANTS[kind]
    subject, _ = plant(make(seed), row)
    assert kind not in {f.kind for f in inspect(inspect(subject).subject).findings}


@pytest.mark.parametrize("kind", CHECKS)
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), row=st.integers(20, 380))
def test_each_kind_is_found_where_it_was_planted(kind: str, seed: int, row: int) -> None:
    make, plant = PLANTS[kind]
    subject, lines = plant(make(seed), row)
    found = {f.kind: f for f in inspect(subject).findings}
    assert kind in found, f"{kind} not found; found {list(found)}"
    assert found[kind].rule
    if lines is not None:
        assert found[kind].lines.tolist() == lines


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1_000_000), make=st.sampled_from([share, daily]))
def test_clean_series_raise_no_finding(seed: int, make: Callable[[int], Subject]) -> None:
    assert inspect(make(seed)).findings == ()


@pytest.mark.parametrize("name", ["MOEX-FX", "MOEX-FUTURES", "MOEX-INDEX2", "XNYS", "XTKS", "24/5"])
@pytest.mark.parametrize("label", ["left", "right"])
def test_both_label_sides_are_told_apart_on_every_market(name: str, label: str) -> None:
    from .series import prices

    venue = calendar(name)
    first, last = np.searchsorted(venue.table.opens, np.array(["2021-03-01", "2021-03-20"], "M8[us]").astype(np.int64))
    step = 5 * MINUTE_US
    ends = np.concatenate(
        [np.arange(venue.table.opens[s] + step, venue.table.closes[s] + 1, step) for s in range(first, last)]
    )
    raw = replace(
        share_bars(1),
        line=np.arange(len(ends)),
        wall=ends - (step if label == "left" else 0),
        zone="UTC",
        columns=prices(np.random.default_rng(1), len(ends), 100, 1e-3),
        step_us=step,
        label=label,
    )
    assert label_evidence(raw, venue).side == (label if name != "24/5" else None)


def test_what_is_repaired_is_in_force_and_what_is_refused_stops() -> None:
    clean = share(3)
    missing, _ = close_becomes(float("nan"))(clean, 50)
    mended = repair(missing)
    assert len(mended.subject.raw) == len(clean.raw) - 1
    assert not np.isnan(mended.subject.raw.close).any()
    with pytest.raises(BarsError, match=r"negative price.*\[1 row: 52\].*study price changes"):
        repair(close_becomes(-37.63)(clean, 50)[0])


def test_what_is_accepted_is_reported_and_left_alone() -> None:
    subject, _ = bad_tick(share(3), 100)
    inspection = repair(subject, accept=("bad tick", "close outside range"))
    assert {f.kind: f.action for f in inspection.findings}["bad tick"] == "accepted"
    np.testing.assert_array_equal(inspection.subject.raw.close, subject.raw.close)
    with pytest.raises(UnknownNameError, match="Did you mean 'bad tick'"):
        inspect(subject, accept=("bad ticks",))


def test_a_series_without_a_usable_row_is_refused() -> None:
    subject = share(1)
    with pytest.raises(BarsError, match="No row with a usable price"):
        repair(changed(subject, close=np.full(len(subject.raw), np.nan)))


def test_early_dates_are_moved_back_to_where_they_belong() -> None:
    clean = daily(5)
    moved, _ = early(clean, 0)
    np.testing.assert_array_equal(inspect(moved).subject.raw.wall, clean.raw.wall)


def test_a_crash_that_stays_is_kept_with_a_warning_and_a_panic_that_returns_in_a_wild_market_is_not_doubted() -> None:
    # 16 December 2014: the dollar rose 15 % in a day and fell back the next, in a month of 5 % moves; made alike here.
    rng = np.random.default_rng(7)
    raw = daily_bars(7)
    moves = rng.normal(0, 0.008, len(raw))
    moves[150:250] = rng.normal(0, 0.05, 100)
    moves[200:202] = 0.15, -0.15
    moves[300] = -0.39  # no return, no simple ratio
    close = 60 * np.exp(np.cumsum(moves))
    subject = Subject(replace(raw, columns={"close": close}), calendar("24/5"))
    (found,) = inspect(subject).findings
    assert (found.kind, found.action) == ("large jump", "kept")  # news, or a split of 1477 for 1000: nobody can tell
    assert found.lines.tolist() == [302]


def test_one_day_of_bars_is_too_little_to_contradict_the_stated_side() -> None:
    some = share_bars(1, n_days=1)
    assert label_evidence(take(some, np.arange(20)), calendar("MOEX-SHARES")).side is None


def test_a_market_without_edges_decides_nothing_unless_the_vendor_is_known() -> None:
    raw = share_bars(1)
    assert label_evidence(raw, calendar("24/7")).side is None
    assert label_evidence(raw, calendar("24/7"), "EUR_USD_oanda_M1.csv").side == "left"


def test_the_zone_that_fits_is_named() -> None:
    raw = replace(share_bars(1), zone="America/New_York")
    (found,) = [f for f in inspect(Subject(raw, calendar("MOEX-SHARES"))).findings if f.kind == "wrong zone"]
    assert "written in Europe/Moscow" in found.message


@pytest.mark.slow
@settings(max_examples=5_000, deadline=None)
@given(seed=st.integers(0, 10**9), make=st.sampled_from([share, daily]))
def test_many_clean_series_raise_no_finding(seed: int, make: Callable[[int], Subject]) -> None:
    assert inspect(make(seed)).findings == ()


@pytest.mark.slow
@settings(max_examples=5_000, deadline=None)
@given(kind=st.sampled_from(sorted(PLANTS)), seed=st.integers(0, 10**9), row=st.integers(20, 380))
def test_many_planted_defects_are_found(kind: str, seed: int, row: int) -> None:
    make, plant = PLANTS[kind]
    subject, lines = plant(make(seed), row)
    found = {f.kind: f for f in inspect(subject).findings}
    assert kind in found
    assert lines is None or found[kind].lines.tolist() == lines


def test_the_evening_of_25_february_2022_keeps_its_traded_bars_and_the_halt_of_the_day_before_does_not() -> None:
    # The table takes the evening for closed, by assumption; the halt of 24 February, 07:52 to 10:00, is documented.
    wall = np.array(
        [np.datetime64(t, "us").astype(np.int64) for t in ("2022-02-24T07:40", "2022-02-24T09:10", "2022-02-25T19:10")]
    )
    columns = {"close": np.array([200.0, 200.1, 200.2]), "volume": np.array([5.0, 5.0, 5.0])}
    raw = RawBars(np.arange(2, 5), wall, "Europe/Moscow", columns, 10 * MINUTE_US, "right")
    subject = Subject(raw, calendar("MOEX-SHARES"))
    assert traded_in_assumed_hours(subject, outside_bars(subject)).tolist() == [False, False, True]
    assert outside_bars(subject).tolist() == [False, True, True]


@pytest.mark.parametrize("copied", ["open", "close"])
def test_the_ranges_of_the_days_say_whether_open_or_close_is_a_copy(copied: str) -> None:
    rng = np.random.default_rng(12)
    path = 100 * np.exp(rng.normal(0, 0.002, 300 * 60).cumsum()).reshape(300, 60)  # days of 60 moves
    opened = np.append(100.0, path[:-1, -1])
    bars = np.column_stack([opened, path])
    price = path[:, -1] if copied == "open" else opened
    columns = {"open": price, "high": bars.max(axis=1), "low": bars.min(axis=1), "close": price}
    subject = daily(1)
    raw = subject.raw
    n = min(300, len(raw))
    part = replace(raw, wall=raw.wall[:n], line=raw.line[:n], columns={k: v[:n] for k, v in columns.items()})
    found = {f.kind for f in inspect(replace(subject, raw=part)).findings}
    expected = {"open": "repeated open", "close": "stale close"}
    assert expected[copied] in found
    assert expected["close" if copied == "open" else "open"] not in found
