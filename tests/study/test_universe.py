"""A universe is one table: long or wide, many files or one, read once; who is left out says why."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.batch.library import answer
from eventstudy.errors import BarsError, DataError
from eventstudy.market.sources import several_tables
from eventstudy.market.sources.price_files import read_universe
from eventstudy.study.load import load_study

DAYS = pd.bdate_range("2023-01-02", periods=200)
CODES = ("AAA", "BBB", "SPY")
STATED = {"timezone": "America/New_York", "closes_at": "16:00"}
EVENTS = "id,instruments,time\ne1,AAA,2023-09-12T17:05-04:00\ne2,BBB,2023-09-19T08:00-04:00\n"
STUDY = """\
[events]
file = "events.csv"

[data]
path = "{path}"
timezone = "America/New_York"
closes_at = "16:00"

[market]
instrument = "SPY"

[window]
estimation = [-120, -11]
event = [-2, 2]
report = [[0, 1]]

[model]
name = "market"
"""


def prices(seed: int = 1) -> pd.DataFrame:
    draws = np.random.default_rng(seed).normal(0, 0.01, (len(DAYS), len(CODES)))
    return pd.DataFrame(100 * np.exp(draws.cumsum(axis=0)).round(6), DAYS, list(CODES))


def long_csv(wide: pd.DataFrame, name: str = "ticker") -> str:
    rows = wide.rename_axis("Date").reset_index().melt("Date", var_name=name, value_name="Close")
    return rows[["Date", "Close", name]].to_csv(index=False)


def yfinance_csv(wide: pd.DataFrame) -> str:
    """Three header rows, as yfinance.download(...).to_csv() writes them."""
    codes = list(wide)
    fields = [(field, code) for field in ("Close", "Volume") for code in codes]
    head = [",".join(["Price", *(f for f, _ in fields)]), ",".join(["Ticker", *(c for _, c in fields)])]
    head.append("Date" + "," * len(fields))
    rows = [
        ",".join([f"{day:%Y-%m-%d}", *(f"{wide[c][day]:.6f}" if f == "Close" else "1000" for f, c in fields)])
        for day in wide.index
    ]
    return "\n".join([*head, *rows]) + "\n"


def study_in(folder: Path, path: str = "prices.csv", study: str = STUDY, events: str = EVENTS) -> Path:
    (folder / "events.csv").write_text(events)
    (folder / "study.toml").write_text(study.format(path=path))
    return folder / "study.toml"


def shuffled(wide: pd.DataFrame) -> str:
    head, *rows = long_csv(wide).splitlines()
    order = np.argsort([row.split(",")[0] for row in rows], kind="stable")
    return "\n".join([head, *(rows[i] for i in order)]) + "\n"


LAYOUTS = {
    "long": lambda wide: long_csv(wide),
    "long by Name": lambda wide: long_csv(wide, "Name"),
    "long by permno": lambda wide: long_csv(wide, "PERMNO"),
    "long by date": shuffled,
    "wide": lambda wide: wide.rename_axis("Date").to_csv(),
    "wide without a name for the dates": lambda wide: wide.to_csv(),
    "three header rows": yfinance_csv,
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_series(tmp_path: Path, layout: str) -> None:
    wide = prices()
    (tmp_path / "prices.csv").write_text(LAYOUTS[layout](wide))
    universe = read_universe(tmp_path / "prices.csv", **STATED)
    assert universe.codes == CODES
    for code in CODES:
        assert universe[code].frame["close"].to_numpy() == pytest.approx(wide[code].to_numpy(), abs=1e-6)
        assert str(universe[code].frame.index[0]) == "2023-01-02 21:00:00+00:00"
    assert "read prices.csv: 3 instruments, 600 rows" in universe.recognized[0]
    assert "step 1 day (inferred)" in universe.recognized[0]


@pytest.mark.parametrize("levels", [("Price", "Ticker"), ("Ticker", "Price")])
@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_two_level_columns_of_pandas(tmp_path: Path, kind: str, levels: tuple[str, str]) -> None:
    wide = prices()
    frame = pd.concat({"Close": wide, "Volume": wide * 0 + 1000}, axis=1, names=["Price", "Ticker"])
    frame = (frame if levels[0] == "Price" else frame.swaplevel(axis=1)).rename_axis("Date")
    path = tmp_path / f"prices.{kind}"
    frame.to_parquet(path) if kind == "parquet" else frame.to_csv(path)
    universe = read_universe(path, **STATED)
    assert universe.codes == CODES
    assert universe["BBB"].frame["close"].to_numpy() == pytest.approx(wide["BBB"].to_numpy())


@pytest.mark.parametrize("path", ["folder", "folder/*.csv"])
def test_a_folder_and_a_pattern_are_a_universe(tmp_path: Path, path: str) -> None:
    wide = prices()
    (tmp_path / "folder").mkdir()
    for code in CODES:
        wide[[code]].rename(columns={code: "close"}).rename_axis("date").to_csv(tmp_path / "folder" / f"{code}.csv")
    assert read_universe(tmp_path / path, **STATED).codes == CODES


def test_a_row_without_a_price_is_not_a_bar_of_that_instrument(tmp_path: Path) -> None:
    wide = prices()
    wide.loc[wide.index[50:60], "AAA"] = np.nan
    wide.to_csv(tmp_path / "prices.csv")
    universe = read_universe(tmp_path / "prices.csv", **STATED)
    assert [len(one) for one in universe] == [190, 200, 200]
    assert all(not one.notices for one in universe)


def test_a_study_of_a_universe_reads_its_file_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "prices.csv").write_text(long_csv(prices()))
    opened = []
    real = several_tables.open_stored
    monkeypatch.setattr(several_tables, "open_stored", lambda path: opened.append(path) or real(path))
    loaded = load_study(study_in(tmp_path))
    assert len(opened) == 1
    assert [one.instrument.code for one in loaded.data] == ["AAA", "BBB"]  # the market is not studied
    assert loaded.market is not None
    assert loaded.market.instrument.code == "SPY"
    result = es.run_study(loaded.spec, loaded.events, loaded.data, market=loaded.market)
    wide = prices()
    frame = np.log(wide).diff()
    spec = loaded.spec.model_copy(update={"data": (), "market": None})
    other = es.run_study(spec, loaded.events, frame[["AAA", "BBB"]], frame["SPY"], closes_at="16:00 America/New_York")
    assert result.to_frame("car")["car"].to_numpy() == pytest.approx(other.to_frame("car")["car"].to_numpy(), abs=1e-9)


def test_the_market_is_studied_where_an_event_names_it(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text(long_csv(prices()))
    loaded = load_study(study_in(tmp_path, events=EVENTS + "e3,SPY,2023-09-20T08:00-04:00\n"))
    assert {one.instrument.code for one in loaded.data} == set(CODES)


def test_an_event_without_instruments_is_studied_on_all_but_the_market(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text(long_csv(prices()))
    loaded = load_study(study_in(tmp_path, events="id,time\ne1,2023-09-12T17:05-04:00\n"))
    assert [one.instrument.code for one in loaded.data] == ["AAA", "BBB"]


def test_one_bad_instrument_is_left_out_and_the_others_run(tmp_path: Path) -> None:
    wide = prices()
    wide.loc[wide.index[100:], "BBB"] /= 4  # an unadjusted 4:1 split
    (tmp_path / "prices.csv").write_text(long_csv(wide))
    loaded = load_study(study_in(tmp_path))
    assert [one.instrument.code for one in loaded.data] == ["AAA"]
    (notice,) = loaded.notices
    assert notice.code == "ES-INSTRUMENT-LEFT-OUT"
    assert "BBB was left out. prices.csv, BBB: split-like jump" in notice.message
    reasons = {o.instrument: o.reason for o in answer(loaded).ledger}
    assert reasons["BBB"] == "the prices of BBB were left out when they were read; the first warnings say why"
    wide[["BBB"]].rename(columns={"BBB": "close"}).to_csv(tmp_path / "BBB.csv")
    with pytest.raises(BarsError, match=r"^BBB\.csv: split-like jump"):
        read_universe(tmp_path / "BBB.csv", **STATED)


def test_events_on_unknown_tickers_end_in_the_ledger(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text(long_csv(prices()))
    loaded = load_study(study_in(tmp_path, events="id,instruments,time\ne1,ZZZ,2023-09-12T17:05-04:00\n"))
    result = es.run_study(loaded.spec, loaded.events, loaded.data, market=loaded.market)
    (outcome,) = result.ledger
    assert outcome.outcome == "unknown_instrument"
    assert "ZZZ" in outcome.reason


def test_a_market_that_the_data_do_not_hold_is_named(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text(long_csv(prices()))
    study = study_in(tmp_path, study=STUDY.replace('instrument = "SPY"', 'instrument = "SPX"'))
    with pytest.raises(
        DataError, match=r"^\[market\] instrument = .SPX.: There is no instrument 'SPX'.*Did you mean 'SPY'"
    ):
        load_study(study)


def test_a_market_may_be_named_in_python(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text(long_csv(prices()))
    universe = read_universe(tmp_path / "prices.csv", **STATED)
    loaded = load_study(study_in(tmp_path))
    spec = loaded.spec.model_copy(update={"data": (), "market": None})
    named = es.run_study(spec, loaded.events, universe, market="SPY")
    given = es.run_study(loaded.spec, loaded.events, loaded.data, market=loaded.market)
    assert named.to_frame("car")["car"].tolist() == given.to_frame("car")["car"].tolist()


def test_one_refused_file_among_several_tables_is_left_out(tmp_path: Path) -> None:
    wide = prices()
    wide.loc[wide.index[100:], "BBB"] /= 4
    tables = ""
    for code in CODES:
        wide[[code]].rename(columns={code: "close"}).rename_axis("date").to_csv(tmp_path / f"{code}.csv")
        tables += f'[[data]]\npath = "{code}.csv"\ntimezone = "America/New_York"\ncloses_at = "16:00"\n\n'
    head, _, rest = STUDY.partition("[data]")
    study = head + tables + rest[rest.index("[market]") :]
    loaded = load_study(study_in(tmp_path, study=study))
    assert [one.instrument.code for one in loaded.data] == ["AAA"]
    assert [notice.message.split(" ")[0] for notice in loaded.notices] == ["BBB"]


def test_an_advice_is_not_refused_again(tmp_path: Path) -> None:
    wide = prices()
    wide.loc[wide.index[100], "BBB"] = -37.63
    wide[["BBB"]].rename(columns={"BBB": "close"}).to_csv(tmp_path / "BBB.csv")
    with pytest.raises(BarsError, match=r"returns = .difference") as refused:
        read_universe(tmp_path / "BBB.csv", **STATED)
    assert "accept" not in str(refused.value)
