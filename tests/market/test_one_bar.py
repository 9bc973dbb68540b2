"""Open, high, low and close under unknown names are one instrument, known by its values; real instruments are not."""

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
@pytest.mark.parametrize("order", [1, -1])
def test_a_bar_under_unknown_names_is_known_by_its_values(
    tmp_path: Path, names: list[str], volume: str, order: int
) -> None:
    frame = bars(names, volume)
    frame[::order].to_csv(tmp_path / "san.csv")
    universe = es.read_universe(tmp_path / "san.csv", **STATED)
    (one,) = universe
    for role, name in zip(("open", "high", "low", "close"), names, strict=True):
        assert one.frame[role].to_numpy() == pytest.approx(frame[name].to_numpy())
    assert f"by their values: open {names[0]!r}" in universe.recognized[0]
    assert f"close {names[3]!r}" in universe.recognized[0]


@pytest.mark.parametrize("names", [SPANISH, SPANISH[::-1], ["Cierre", "Apertura", "Mínimo", "Máximo"]])
def test_the_order_of_the_columns_does_not_matter(tmp_path: Path, names: list[str]) -> None:
    frame = bars(SPANISH)
    frame[names].to_csv(tmp_path / "san.csv")
    (one,) = es.read_universe(tmp_path / "san.csv", **STATED)
    assert one.frame["close"].to_numpy() == pytest.approx(frame["Cierre"].to_numpy())
    assert one.frame["open"].to_numpy() == pytest.approx(frame["Apertura"].to_numpy())


def test_a_bar_that_does_not_prove_its_close_is_refused_until_the_close_is_named(tmp_path: Path) -> None:
    frame = bars(SPANISH)
    rng = np.random.default_rng(6)
    frame["Apertura"] = frame["Cierre"] * np.exp(rng.normal(0, 0.006, len(DAYS)))  # not near the close before
    frame["Máximo"] = frame[["Apertura", "Cierre"]].max(axis=1) * 1.004
    frame["Mínimo"] = frame[["Apertura", "Cierre"]].min(axis=1) * 0.996
    frame.to_csv(tmp_path / "san.csv")
    with pytest.raises(es.DataError, match="of one instrument, not four instruments") as refused:
        es.read_universe(tmp_path / "san.csv", **STATED)
    assert "'Máximo' is never below and 'Mínimo' never above" in str(refused.value)
    (one,) = es.read_universe(tmp_path / "san.csv", columns={"close": "Cierre"}, **STATED)
    assert one.frame["close"].to_numpy() == pytest.approx(frame["Cierre"].to_numpy())


def test_a_close_beside_an_adjusted_close_is_not_chosen(tmp_path: Path) -> None:
    frame = bars(SPANISH)
    factor = np.where(np.arange(len(DAYS)) < 60, 0.9, 1.0)  # a dividend
    frame.assign(Ajustado=frame["Cierre"] * factor).to_csv(tmp_path / "san.csv")
    with pytest.raises(es.DataError, match="'Cierre' and 'Ajustado' move alike"):
        es.read_universe(tmp_path / "san.csv", **STATED)
    (one,) = es.read_universe(tmp_path / "san.csv", prices="Ajustado", **STATED)
    assert one.frame["close"].to_numpy() == pytest.approx(frame["Cierre"].to_numpy() * factor)


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
