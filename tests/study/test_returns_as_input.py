"""Returns, factors as libraries distribute them, and differences as input: decimals, codes, excess returns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.errors import SpecError
from eventstudy.market.sources.price_files import read_universe
from eventstudy.study.load import load_study

DAYS = pd.bdate_range("2023-01-02", periods=200)
STATED = {"timezone": "America/New_York", "closes_at": "16:00"}
RNG = np.random.default_rng(7)
MARKET, SMB, HML = RNG.normal(0, 1, 200).round(2), RNG.normal(0, 0.5, 200).round(2), RNG.normal(0, 0.5, 200).round(2)
RATE = np.repeat([0.017, 0.021], 100)
SHARE = ((1.2 * MARKET + 0.3 * SMB + RATE + RNG.normal(0, 0.4, 200)) / 100).round(6)
EVENT = 180

FRENCH = (
    "This file was created by CMPT_ME_BEME_RETS_DAILY using the 202312 CRSP database.\n"
    "The Tbill return is the simple daily rate that, over the number of trading days\n"
    "in the month, compounds to 1-month TBill rate.\n\n"
    ",Mkt-RF,SMB,HML,RF\n"
    + "".join(
        f"{day:%Y%m%d},{m:8.2f},{s:8.2f},{h:8.2f},{r:8.3f}\n"
        for day, m, s, h, r in zip(DAYS, MARKET, SMB, HML, RATE, strict=True)
    )
    + "\n  Annual Factors: January-December\n,Mkt-RF,SMB,HML,RF\n  2023,   21.70,   -3.62,  -13.69,    4.95\n\n"
    "Copyright 2023 Eugene F. Fama and Kenneth R. French\n"
)
STUDY = """\
[events]
file = "events.csv"

[data]
path = "crsp.csv"
holds = "simple returns"
timezone = "America/New_York"
closes_at = "16:00"

[factors]
path = "F-F_Research_Data_Factors_daily.csv"

[window]
estimation = [-120, -11]
event = [0, 0]

[model]
name = "{model}"
returns = "simple"
{more}
"""


def crsp(values: np.ndarray) -> str:
    rows = [f"10001,{day:%Y-%m-%d},{value:.6f},\n" for day, value in zip(DAYS, values, strict=True)]
    return "PERMNO,date,RET,DLRET\n" + "".join(rows)


def study_in(folder: Path, model: str = "factor", more: str = "") -> Path:
    (folder / "crsp.csv").write_text(crsp(SHARE))
    (folder / "F-F_Research_Data_Factors_daily.csv").write_text(FRENCH)
    (folder / "events.csv").write_text(f"id,permno,time\ne,10001,{DAYS[EVENT]:%Y-%m-%d}T10:00-05:00\n")
    (folder / "study.toml").write_text(STUDY.format(model=model, more=more))
    return folder / "study.toml"


def result_of(path: Path) -> es.StudyResult:
    loaded = load_study(path)
    return es.run_study(loaded.spec, loaded.events, loaded.data, market=loaded.market, factors=loaded.factors)


def expected(columns: list[np.ndarray], returns: np.ndarray, *, constant: bool = True) -> float:
    """The abnormal return by numpy.linalg.lstsq on the 110 days from -120 to -11."""
    X = np.column_stack([*([np.ones(200)] if constant else []), *columns])
    rows = slice(EVENT - 120, EVENT - 10)
    coef = np.linalg.lstsq(X[rows], returns[rows], rcond=None)[0]
    return float(returns[EVENT] - X[EVENT] @ coef)


def test_french_factors_as_distributed_explain_excess_returns(tmp_path: Path) -> None:
    loaded = load_study(study_in(tmp_path))
    assert [one.instrument.code for one in loaded.factors] == ["Mkt-RF", "SMB", "HML", "RF"]
    assert [len(one) for one in loaded.factors] == [200] * 4
    assert np.expm1(loaded.factors[0].values) == pytest.approx(MARKET / 100, abs=1e-12)
    result = result_of(tmp_path / "study.toml")
    factors = [MARKET / 100, SMB / 100, HML / 100]
    assert result.abnormal.ar[0, 0] == pytest.approx(expected(factors, SHARE - RATE / 100), abs=1e-12)
    assert "ES-EXCESS-RETURNS" in [notice.code for notice in result.notices]
    assert "ES-PERCENT" not in [notice.code for notice in result.notices]


def test_a_constant_can_be_left_out(tmp_path: Path) -> None:
    result = result_of(study_in(tmp_path, more="options = { constant = false }"))
    factors = [MARKET / 100, SMB / 100, HML / 100]
    assert result.abnormal.ar[0, 0] == pytest.approx(expected(factors, SHARE - RATE / 100, constant=False), abs=1e-12)
    assert result.abnormal.df()[0] == 110 - 3


def test_capm_takes_market_and_rate_from_the_library(tmp_path: Path) -> None:
    result = result_of(study_in(tmp_path, model="capm"))
    assert result.abnormal.ar[0, 0] == pytest.approx(expected([MARKET / 100], SHARE - RATE / 100), abs=1e-12)


def test_crsp_codes_are_missing_and_delisting_returns_join(tmp_path: Path) -> None:
    rows = [
        *["10001,2023-01-03,0.01,", "10001,2023-01-04,C,", "10001,2023-01-05,-66.0,", "10001,2023-01-06,-99.0,"],
        *["10001,2023-01-09,0.02,-0.5", "10001,2023-01-10,,-0.3"],
    ]
    (tmp_path / "crsp.csv").write_text("\n".join(["PERMNO,date,RET,DLRET", *rows]) + "\n")
    (series,) = read_universe(tmp_path / "crsp.csv", holds="simple returns", **STATED)
    simple = np.expm1(series.values)
    assert simple == pytest.approx([0.01, np.nan, np.nan, np.nan, 1.02 * 0.5 - 1, -0.3], nan_ok=True)
    codes = {notice.code: notice.message for notice in series.notices}
    assert codes["ES-MISSING-CODE"].startswith("2 value(s)")
    assert codes["ES-DELISTING"].startswith("2 delisting")


@pytest.mark.parametrize(
    ("holds", "unit", "text", "logs"),
    [
        ("simple returns", "decimal", "0.1", np.log(1.1)),
        ("simple returns", "percent", "10", np.log(1.1)),
        ("log returns", "decimal", "0.1", 0.1),
        ("log returns", "percent", "10", 0.1),
    ],
)
def test_the_kind_and_the_unit_of_returns(tmp_path: Path, holds: str, unit: str, text: str, logs: float) -> None:
    (tmp_path / "r.csv").write_text(f"Date,AAA,BBB\n2023-01-03,{text},0\n2023-01-04,0,0\n")
    universe = read_universe(tmp_path / "r.csv", holds=holds, unit=unit, **STATED)
    assert universe["AAA"].values[0] == pytest.approx(logs, abs=1e-15)


OIL = 20 + RNG.normal(0, 1, 200).cumsum()
OIL[150] = -37.63  # a price below zero, as on 20 April 2020


def test_differences_study_prices_below_zero_in_their_own_unit(tmp_path: Path) -> None:
    lines = "".join(f"{day:%Y-%m-%d},{price:.6f}\n" for day, price in zip(DAYS, OIL, strict=True))
    (tmp_path / "oil.csv").write_text("Date,Close\n" + lines)
    study = study_in(tmp_path, model="constant_mean").read_text()
    study = study.replace('path = "crsp.csv"\nholds = "simple returns"', 'path = "oil.csv"')
    study = study.replace('returns = "simple"', 'returns = "difference"')
    study = study.replace('[factors]\npath = "F-F_Research_Data_Factors_daily.csv"\n', "")
    (tmp_path / "events.csv").write_text(f"id,instruments,time\ne,oil,{DAYS[150]:%Y-%m-%d}T10:00-04:00\n")
    (tmp_path / "study.toml").write_text(study)
    result = result_of(tmp_path / "study.toml")
    change = np.diff(OIL.round(6))
    assert result.abnormal.ar[0, 0] == pytest.approx(change[149] - change[29:139].mean(), abs=1e-9)
    assert result.spec.unit == "units of the series"
    assert "ES-VARIABLE" in [notice.code for notice in result.notices]
    assert result.to_frame("car")["bhar"].isna().all()


def test_differences_do_not_compound() -> None:
    with pytest.raises(SpecError, match="do not compound"):
        es.StudySpec(returns="difference", measure="bhar")


def test_market_adjusted_needs_no_estimation_window() -> None:
    frame = pd.DataFrame({"AAA": SHARE, "SPY": MARKET / 100}, index=DAYS)
    events = pd.DataFrame(
        {"instrument": ["AAA"], "time": [pd.Timestamp(f"{DAYS[5]:%Y-%m-%d} 12:00", tz="America/New_York")]}
    )
    spec = es.StudySpec(model="market_adjusted", event=(0, 60), returns="simple")
    result = es.run_study(spec, events, frame[["AAA"]], market=frame["SPY"], closes_at="16:00 America/New_York")
    assert result.abnormal.ar[0] == pytest.approx((SHARE - MARKET / 100)[5:66], abs=1e-15)


ADJUSTED = "Date,Open,High,Low,Close,Adj Close,Volume\n2023-01-03,99,102,98,100,50,5\n2023-01-04,100,104,99,102,51,6\n"


@pytest.mark.parametrize(
    ("prices", "closes", "highs"),
    [("", [50, 51], [51, 52]), ("adj_close", [50, 51], [51, 52]), ("close", [100, 102], [102, 104])],
)
def test_the_adjusted_close_is_read_where_it_stands_beside_the_close(
    tmp_path: Path, prices: str, closes: list[float], highs: list[float]
) -> None:
    (tmp_path / "AAA.csv").write_text(ADJUSTED)
    universe = read_universe(tmp_path / "AAA.csv", prices=prices, **STATED)
    frame = universe["AAA"].frame
    assert frame["close"].tolist() == closes
    assert frame["high"].tolist() == pytest.approx(highs)  # open, high and low move with the close
    assert not universe["AAA"].notices
    assert ("the adjusted close" in universe.recognized[0]) == (prices != "close")


def test_a_column_named_as_the_close_has_no_range_of_another(tmp_path: Path) -> None:
    (tmp_path / "AAA.csv").write_text(ADJUSTED.replace("Adj Close", "Total Return"))
    for more in ({"columns": {"close": "Total Return"}}, {"prices": "Total Return"}):
        (bars,) = read_universe(tmp_path / "AAA.csv", **more, **STATED)
        assert bars.frame["close"].tolist() == [50, 51]
        assert not {"high", "low"} & set(bars.frame)
        assert not bars.notices
