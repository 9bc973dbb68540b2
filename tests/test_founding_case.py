"""The founding case: reports of the Biden-Putin call, 13 April 2021. Getting this one right is the mission."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

import eventstudy as es
from eventstudy.study.load import load_study
from tests.shared import SHARED, needs_shared

STUDIES = Path(__file__).parents[1] / "data" / "studies"


def response(result: es.StudyResult, instrument: str, window: tuple[int, int]) -> dict:
    rows = result.to_dict()["responses"]
    (row,) = [r for r in rows if r["instrument"] == instrument and tuple(r["window"]) == window]
    return row


@needs_shared
@pytest.mark.reference
@pytest.mark.parametrize(
    ("code", "basis_points", "at_least_as_large"),
    # Figures of the real candles: ln(close 18:40 / close 18:00), and how many of the 69 days before moved as much.
    [("SBER", 113.5, 1), ("VTBR", 84.0, 3)],
)
def test_two_moscow_shares(code: str, basis_points: float, at_least_as_large: int) -> None:
    loaded = load_study(STUDIES / "biden-putin-shares.toml", data_folder=SHARED / "market" / "moex")
    result = es.run_study(loaded.spec, loaded.events, loaded.data)
    row = response(result, code, (0, 0))
    assert abs(row["car"] * 1e4 - basis_points) < 0.05
    assert row["tests"]["placebo"]["n"] == 69
    assert math.isclose(row["tests"]["placebo"]["pvalue"], (1 + at_least_as_large) / 70)
    position = list(result.abnormal.tau).index(0)
    assert set(result.abnormal.n_bars[:, position]) == {4}


def test_the_fixing_of_the_european_central_bank_reacts_on_the_next_day() -> None:
    # ECB reference rates of EUR/RUB over EUR/USD: 77.2066 on 13 April, 75.6857 on 14 April 2021.
    loaded = load_study(STUDIES / "biden-putin-fixing.toml")
    result = es.run_study(
        loaded.spec.model_copy(update={"model": "zero", "estimation": None}), loaded.events, loaded.data
    )
    row = response(result, "USD/RUB", (0, 0))
    assert abs(row["car"] - math.log(75.6857 / 77.2066)) < 2e-6
    assert abs(row["car"] + 0.01990) < 5e-6


def test_an_event_after_the_rouble_left_the_fixing_is_an_outcome() -> None:
    loaded = load_study(STUDIES / "biden-putin-fixing.toml")
    time = es.EventTime(*[loaded.events[0].time.latest.replace(year=2023)] * 2)
    later = es.Event(id="later", time=time)
    result = es.run_study(loaded.spec, [*loaded.events, later], loaded.data)
    outcomes = {o["event"]: o for o in result.to_dict()["outcomes"]}
    assert outcomes["later"]["outcome"] == "outside_data"
    assert "2021-06" in outcomes["later"]["reason"] or "2023" in outcomes["later"]["reason"]
    assert outcomes[loaded.events[0].id]["outcome"] == "used"


def test_the_json_has_no_nan() -> None:
    loaded = load_study(STUDIES / "biden-putin-fixing.toml")
    result = es.run_study(loaded.spec, loaded.events, loaded.data)
    text = json.dumps(result.to_dict(), allow_nan=False)
    assert json.loads(text)["spec_digest"] == loaded.spec.digest()
