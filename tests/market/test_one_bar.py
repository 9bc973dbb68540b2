"""Open, high, low and close of one instrument under unknown names are not instruments; real instruments are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import eventstudy as es

STATED = {"timezone": "Europe/Madrid", "closes_at": "17:35"}
DAYS = pd.bdate_range("2023-01-02", periods=120)
SPANISH = ["Apertura", "Máximo", "Mínimo", "Cierre"]


def bars(names: list[str], volume: str = "") -> pd.DataFrame:
    """Bars whose open is near the close before, with ranges of about two daily moves."""
    rng = np.random.default_rng(3)
    close = 100 * np.exp(rng.normal(0, 0.01, len(DAYS)).cumsum())
    opened = np.append(100.0, close[:-1]) * np.exp(rng.normal(0, 0.002, len(DAYS)))
    high = np.maximum(opened, close) * np.exp(np.abs(rng.normal(0, 0.004, len(DAYS))))
    low = np.minimum(opened, close) * np.exp(-np.abs(rng.normal(0, 0.004, len(DAYS))))
    frame = pd.DataFrame(dict(zip(names, (opened, high, low, close), strict=True)), DAYS).rename_axis("Fecha")
    return frame.assign(**{volume: rng.integers(1, 10**6, len(DAYS))}) if volume else frame


@pytest.mark.parametrize(
    "names",
    [
        SPANISH,
        ["Abertura", "Máxima", "Mínima", "Fechamento"],
        ["始値", "高値", "安値", "終値"],
        ["q1", "q2", "q3", "q4"],
    ],
)
@pytest.mark.parametrize("volume", ["", "Vol. neg."])
def test_a_bar_under_unknown_names_is_refused_until_the_close_is_named(
    tmp_path: Path, names: list[str], volume: str
) -> None:
    frame = bars(names, volume)
    frame.to_csv(tmp_path / "san.csv")
    with pytest.raises(es.DataError, match="of one instrument, not four instruments") as refused:
        es.read_universe(tmp_path / "san.csv", **STATED)
    assert f"{names[1]!r} is never below and {names[2]!r} never above" in str(refused.value)
    (one,) = es.read_universe(tmp_path / "san.csv", columns={"close": names[3]}, **STATED)
    assert one.frame["close"].to_numpy() == pytest.approx(frame[names[3]].to_numpy())


def test_instruments_that_are_listed_are_read(tmp_path: Path) -> None:
    bars(SPANISH).to_csv(tmp_path / "san.csv")
    assert es.read_universe(tmp_path / "san.csv", instruments=tuple(SPANISH), **STATED).codes == tuple(SPANISH)


def yields() -> pd.DataFrame:
    """Four yields of one curve: never out of order, and moving together."""
    rng = np.random.default_rng(4)
    level = 4 + rng.normal(0, 0.05, len(DAYS)).cumsum()
    return pd.DataFrame({f"{y}Y": level + y / 100 + rng.normal(0, 0.001, len(DAYS)) for y in (2, 5, 7, 10)}, DAYS)


def shares() -> pd.DataFrame:
    """Four shares of one index at levels like 150, 101, 100 and 70, of which two cross."""
    rng = np.random.default_rng(5)
    index = rng.normal(0, 0.01, len(DAYS))
    moves = index[:, None] + rng.normal(0, 0.005, (len(DAYS), 4))
    return pd.DataFrame(np.array([150, 101, 100, 70]) * np.exp(moves.cumsum(axis=0)), DAYS, list("ABCD"))


@pytest.mark.parametrize("frame", [yields(), shares()], ids=["yields", "shares"])
def test_instruments_in_a_steady_order_stay_instruments(tmp_path: Path, frame: pd.DataFrame) -> None:
    frame.rename_axis("date").to_csv(tmp_path / "wide.csv")
    assert es.read_universe(tmp_path / "wide.csv", **STATED).codes == tuple(frame.columns)
