"""From a study file to loaded values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eventstudy.errors import DataError, SpecError, UnknownNameError
from eventstudy.market.bars import Bars
from eventstudy.market.instruments import Instrument
from eventstudy.market.returns import Returns
from eventstudy.market.sources.description import DataSpec
from eventstudy.market.sources.request import BarRequest
from eventstudy.study import digests
from eventstudy.study.bar_sources import simulated_bars
from eventstudy.study.digests import series_digest
from eventstudy.study.load import load_study

EVENT = '[[event]]\nid = "call"\nearliest = 2021-04-13T18:00:00+03:00\nlatest = 2021-04-13T18:37:00+03:00\n'
STUDY = """\
[events]
file = "events.toml"

[[data]]
instrument = "SBER"
path = "prices.csv"
timezone = "Europe/Moscow"
label = "right"
step = "10min"
"""
PRICES = """\
time,open,high,low,close,volume
2021-04-13 17:50:00,1,1,1,1.00,5
2021-04-13 18:00:00,1,1.1,1,1.10,5
2021-04-13 18:10:00,1.1,1.1,1,1.05,5
"""


def folder_with(tmp_path: Path, study: str = STUDY, prices: str = PRICES) -> Path:
    (tmp_path / "events.toml").write_text(EVENT)
    (tmp_path / "prices.csv").write_text(prices)
    (tmp_path / "study.toml").write_text(study)
    return tmp_path / "study.toml"


def test_paths_start_at_the_study_file(tmp_path: Path) -> None:
    loaded = load_study(folder_with(tmp_path))
    assert [event.id for event in loaded.events] == ["call"]
    (bars,) = loaded.data
    # Labels mark the end of the bar: 17:50, 18:00 and 18:10 in Moscow are 14:50, 15:00 and 15:10 UTC.
    assert [f"{at:%H:%M}" for at in bars.frame.index] == ["14:50", "15:00", "15:10"]
    assert sorted(loaded.digests)[1] == "events.toml"


def test_prices_may_stand_in_another_folder(tmp_path: Path) -> None:
    study = folder_with(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "prices.csv").rename(elsewhere / "prices.csv")
    assert len(load_study(study, data_folder=elsewhere).data[0]) == 3
    with pytest.raises(DataError, match=r"prices\.csv"):
        load_study(study)


def test_an_event_that_is_not_in_the_file_is_named(tmp_path: Path) -> None:
    study = folder_with(tmp_path, STUDY.replace('file = "events.toml"', 'file = "events.toml"\nonly = ["cal"]'))
    with pytest.raises(DataError, match="no event named cal; it has call"):
        load_study(study)


def test_an_unknown_source_lists_the_known_ones(tmp_path: Path) -> None:
    study = folder_with(tmp_path, STUDY.replace('step = "10min"', 'step = "10min"\nsource = "moexx"'))
    with pytest.raises(SpecError, match=r"Did you mean 'moex'"):
        load_study(study)


def test_a_period_is_read_in_the_zone_of_the_series() -> None:
    first, last = DataSpec(timezone="Europe/Moscow", first="2021-04-13", last="2021-04-13").period()
    assert f"{first:%d %H:%M} {last:%d %H:%M}" == "12 21:00 13 20:59"
    with pytest.raises(DataError, match="13\\.04\\.2021"):
        DataSpec(first="13.04.2021").period()


def test_the_digest_sees_every_price_and_instant(tmp_path: Path) -> None:
    one = load_study(folder_with(tmp_path)).data[0]
    two = load_study(folder_with(tmp_path, prices=PRICES.replace("1.05,5", "1.06,5"))).data[0]
    three = load_study(folder_with(tmp_path, prices=PRICES.replace("18:10:00", "18:20:00"))).data[0]
    assert len({series_digest(bars) for bars in (one, two, three)}) == 3
    assert series_digest(one) == series_digest(load_study(folder_with(tmp_path)).data[0])


def test_digests_are_computed_when_they_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[str] = []

    def counting(one: Bars | Returns) -> str:
        computed.append(one.instrument.code)
        return series_digest(one)

    monkeypatch.setattr(digests, "series_digest", counting)
    loaded = load_study(folder_with(tmp_path))
    assert not computed
    assert [name.partition(" ")[0] for name in loaded.digests] == ["SBER", "events.toml"]
    assert dict(loaded.digests) == dict(loaded.digests)
    assert computed == ["SBER"]


def test_the_simulated_source_says_simulated() -> None:
    bars = simulated_bars(BarRequest(Instrument("SBER"), pd.Timedelta("1min")))
    assert bars.simulated
    assert "SIMULATED" in bars.source
    with pytest.raises(UnknownNameError, match="USD000UTSTOM"):
        simulated_bars(BarRequest(Instrument("GAZP"), pd.Timedelta("1min")))


@pytest.mark.parametrize(
    ("header", "cells", "unnamed"),
    [
        ("date", ("2022-06-01", "2022-06-15"), "2 of 2"),
        ("date,ticker", ("2022-06-01,AAA", "2022-06-15,"), "1 of 2"),
        ("date,isin", ("2022-06-01,AAA", "2022-06-15,BBB"), ""),
        ("gvkey,tic,rdq", ("1,AAA,2022-06-01", "2,BBB,2022-06-15"), ""),
        ("date,Papier,note", ("2022-06-01,AAA,AAA", "2022-06-15,BBB,later"), "2 of 2"),
    ],
)
def test_events_without_an_instrument_are_counted(
    tmp_path: Path, header: str, cells: tuple[str, ...], unnamed: str
) -> None:
    days = pd.bdate_range("2021-06-01", periods=300)
    for code in ("AAA", "BBB"):  # SIMULATED
        closes = 100 + np.random.default_rng(len(code)).normal(0, 1, 300)
        pd.DataFrame({"date": days.date, "close": closes}).to_csv(tmp_path / f"{code}.csv", index=False)
    (tmp_path / "events.csv").write_text("\n".join([header, *cells, ""]), encoding="utf-8")
    rows = "".join(
        f'[[data]]\ninstrument = "{c}"\n'
        f'source = "file"\npath = "{c}.csv"\ntimezone = "America/New_York"\ncloses_at = "16:00"\n'
        for c in ("AAA", "BBB")
    )
    study = '[events]\nfile = "events.csv"\n[window]\nevent = [-1, 1]\nestimation = [-60, -5]\n' + rows
    (tmp_path / "study.toml").write_text(f'{study}[model]\nname = "constant_mean"\n', encoding="utf-8")
    loaded = load_study(tmp_path / "study.toml")
    said = [n.message for n in loaded.notices if n.code == "ES-EVENT-ALL-INSTRUMENTS"]
    assert [m.partition(" events")[0] for m in said] == ([unnamed] if unnamed else [])
    assert all("all 2 instruments" in m and "`ticker`" in m for m in said)
    assert all(("column `Papier` holds names of instruments" in m) == ("Papier" in header) for m in said)
