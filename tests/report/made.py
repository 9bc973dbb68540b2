"""Views and studies made by hand, for tests of the report room."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from eventstudy.abnormal.windows import Window
from eventstudy.arrays import instant_us
from eventstudy.market.bars import Bars
from eventstudy.market.instruments import Instrument
from eventstudy.news.items import Event, EventTime
from eventstudy.report.views import CarPath, PriceWindow, ResponseView
from eventstudy.study.calibrate import Calibration
from eventstudy.study.result import StudyResult
from eventstudy.study.run import run_study
from eventstudy.study.spec import StudySpec

MINUTES = 60_000_000


def moscow(text: str) -> datetime:
    return datetime.fromisoformat(text + "+03:00")


def made_view(
    *, title: str = "A call", instrument: str = "SBER", simulated: bool = False, days: int = 69
) -> ResponseView:
    """One event on 10-minute bars with an evening break, drawn from a fixed seed."""
    rng = np.random.default_rng(7)
    start = instant_us(moscow("2021-04-13T15:30"))
    closes = start + 10 * MINUTES * np.arange(1, 23, dtype=np.int64)
    first = instant_us(moscow("2021-04-13T18:40"))
    closes = closes[(closes <= first) | (closes > instant_us(moscow("2021-04-13T19:00")))]
    price = 270 * np.exp(np.cumsum(rng.normal(0, 0.0009, len(closes))))
    row = int(np.searchsorted(closes, first))
    price[row:] *= 1.0114
    after = closes[row:]
    car = np.concatenate([[0.0], np.log(price[row:] / price[row - 4])])
    placebo = np.hstack([np.zeros((days, 1)), np.cumsum(rng.normal(0, 0.0025, (days, len(after))), axis=1)])
    reference = instant_us(moscow("2021-04-13T18:00"))
    prices = PriceWindow(closes, price, rng.gamma(3, 2e5, len(closes)), 10 * MINUTES, "RUB")
    path = CarPath(np.arange(-1, len(after)), np.concatenate([[reference], after]), car, placebo)
    return ResponseView(
        event="call",
        title=title,
        instrument=instrument,
        earliest=moscow("2021-04-13T18:00"),
        latest=moscow("2021-04-13T18:37"),
        path=path,
        prices=prices,
        zone="Europe/Moscow",
        reference_at=reference,
        first_at=first,
        reported_at=first,
        simulated=simulated,
    )


def made_study(**changes: Any) -> dict[str, Any]:
    """The figures on record of the founding case, in the shape of result.json."""
    used = [
        {"event": "call", "instrument": code, "outcome": "used", "reason": "all returns were there"}
        for code in ("SBER", "VTBR")
    ]
    late = {"event": "late", "instrument": "USD", "outcome": "outside_data", "reason": "RUB ends on 2022-03-01"}
    responses = [
        {
            "event": "call",
            "instrument": code,
            "window": [0, 0],
            "car": car,
            "se": None,
            "tests": {
                "time_series_t": {"statistic": None, "pvalue": None, "n": 0, "reason": "the model has no variance"},
                "placebo": {"statistic": car, "pvalue": p, "n": 69, "reason": ""},
            },
        }
        for code, car, p in (("SBER", 0.01135, 2 / 70), ("VTBR", 0.0084, 4 / 70))
    ]
    study = {
        "study": "founding",
        "spec_digest": "0" * 64,
        "outcomes": [*used, late],
        "responses": responses,
        "aggregates": [],
        "warnings": [{"code": "ES012", "message": "The earliest time is assumed."}],
    }
    return study | changes


def made_facts() -> dict[str, Any]:
    return {
        "study": "founding",
        "spec_digest": "0" * 64,
        "seed": 3,
        "data": [{"name": "SBER (file)", "digest": "a" * 64}],
        "versions": {"python": "3.11"},
        "tzdata": "2026.1",
    }


def made_bars(
    code: str = "SBER", *, days: int = 40, seed: int = 1, jump: float = 0.012, simulated: bool = False
) -> Bars:
    """10-minute bars of ``days`` sessions 10:00-18:40 in Moscow; the price jumps at 18:40 on the last day."""
    rng = np.random.default_rng(seed)
    dates = [d for d in pd.date_range("2021-01-11", periods=3 * days, tz="Europe/Moscow") if d.weekday() < 5][:days]
    clock = pd.timedelta_range("10h10min", "18h40min", freq="10min")
    closes = pd.DatetimeIndex([day + shift for day in dates for shift in clock])
    moves = rng.normal(0, 0.001, len(closes))
    moves[-1] += 0.012
    frame = pd.DataFrame(
        {"close": 270 * np.exp(np.cumsum(moves)), "volume": rng.gamma(3, 2e5, len(closes)).round()},
        index=closes.tz_convert("UTC").as_unit("us"),
    )
    traded = Instrument(code, calendar="MOEX-SHARES", quote="RUB")
    return Bars(traded, pd.Timedelta("10min"), "right", frame, source="made", simulated=simulated)


def made_event(day: str, name: str = "call") -> Event:
    return Event(name, EventTime(moscow(f"{day}T18:05"), moscow(f"{day}T18:37")))


def made_result(
    *, title: str = "A made event", codes: tuple[str, ...] = ("SBER", "VTBR"), **changes: Any
) -> StudyResult:
    """One event on the last made day, judged by placebo days."""
    simulated = bool(changes.pop("simulated", False))
    bars = [made_bars(code, seed=row + 1, simulated=simulated) for row, code in enumerate(codes)]
    last = bars[0].frame.index[-1].tz_convert("Europe/Moscow").strftime("%Y-%m-%d")
    settings = {"name": "made", "title": title, "tests": ("placebo", "time_series_t"), "event": (0, 0)} | changes
    return run_study(StudySpec(**settings), [made_event(last)], bars)


def made_calibration(*, simulated: bool = False) -> tuple[Calibration, ...]:
    """What calibrate would return: a test that rejects too often, and one that keeps its promise."""
    band = {0.01: (0.004, 0.017), 0.05: (0.037, 0.064), 0.10: (0.082, 0.119)}
    shares = {"patell": (0.031, 0.12, 0.19), "placebo": (0.009, 0.048, 0.104)}
    return tuple(
        Calibration(
            test, Window(0, 0), 1_000, 1_000, dict(zip(band, share, strict=True)), band, 0.011, "Made", simulated
        )
        for test, share in shares.items()
    )


def made_cluster(*, events: int = 30, seed: int = 5, title: str = "Many made events") -> StudyResult:
    """Daily returns of as many instruments as events, all with news within ten days."""
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2020-01-01", periods=320)
    common = rng.normal(0, 0.01, (len(days), 1))
    names = [f"S{i:02d}" for i in range(events)]
    frame = pd.DataFrame(common + rng.normal(0, 0.02, (len(days), events)), index=days, columns=names)
    at = [days[300 + i % 10].tz_localize("UTC") + pd.Timedelta("9h") for i in range(events)]
    for name, when in zip(names, at, strict=True):
        frame.loc[when.tz_localize(None).normalize(), name] += 0.01
    listed = pd.DataFrame({"instrument": names, "time": at, "id": [f"e{i}" for i in range(events)]})
    spec = StudySpec(
        name="cluster",
        title=title,
        model="constant_mean",
        estimation=(-250, -11),
        event=(-5, 5),
        windows=((0, 0), (0, 5)),
        tests=("cross_sectional_t", "patell", "time_series_t"),
    )
    return run_study(spec, listed, frame, closes_at="18:50 Europe/Moscow")


def made_market() -> StudyResult:
    """One event of one share on daily returns with a beta of 1.5 against its market and no noise beyond 0.5%."""
    rng = np.random.default_rng(11)
    days = pd.bdate_range("2022-01-03", periods=200)
    index = pd.Series(rng.normal(0, 0.01, len(days)), days, name="INDEX")
    share = pd.DataFrame({"S": 1.5 * index + rng.normal(0, 0.005, len(days))}, days)
    when = pd.DataFrame({"instrument": ["S"], "time": [days[180].tz_localize("UTC") + pd.Timedelta("9h")], "id": ["e"]})
    spec = StudySpec(
        name="market",
        model="market",
        estimation=(-150, -11),
        event=(-5, 5),
        windows=((0, 1),),
        tests=("time_series_t",),
    )
    return run_study(spec, when, share, market=index, closes_at="18:50 Europe/Moscow")
