"""The founding case: reports of the Biden-Putin call, 13 April 2021. Getting this one right is the mission."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

import eventstudy as es
from eventstudy.news.events.merging import Proposal
from eventstudy.news.events.writing import proposal_blocks, write_new
from eventstudy.study.load import load_study
from tests.shared import SHARED, needs_shared

STUDIES = Path(__file__).parents[1] / "data" / "studies"
DEMO = Path(str(files("eventstudy.cli"))) / "demo_studies"


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


@needs_shared
@pytest.mark.reference
def test_the_dollar_and_four_shares_in_one_table() -> None:
    # Figures of the real files: Si 77.728 at 18:00 and 76.711 at 18:45 (15 minutes, END labels); shares 18:00 to 18:40
    # on five-minute candles with BEGIN labels (SBER 282.99 -> 286.22, GAZP 223.56 -> 224.13, ROSN 543.20 -> 545.80).
    loaded = load_study(STUDIES / "biden-putin-usdrub.toml", data_folder=SHARED / "market" / "moex")
    result = es.run_study(loaded.spec, loaded.events, loaded.data)
    moved = {"Si": -131.7, "SBER": 113.5, "VTBR": 84.0, "GAZP": 25.5, "ROSN": 47.8}
    for code, basis_points in moved.items():
        assert abs(response(result, code, (0, 0))["car"] * 1e4 - basis_points) < 0.05, code
    assert abs(response(result, "Si", (0, 0))["car"] - math.log(76.711 / 77.728)) < 1e-12
    dollar = response(result, "Si", (0, 0))["tests"]["placebo"]
    assert dollar["n"] == 69
    assert math.isclose(dollar["pvalue"], 1 / 70)
    bars = dict(zip(result.abnormal.instruments, result.abnormal.n_bars[:, 0], strict=True))
    assert bars == {"Si": 3, "SBER": 8, "VTBR": 8, "GAZP": 8, "ROSN": 8}


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


def test_the_claim_of_the_article_stands_beside_the_response_named() -> None:
    # SIMULATED minutes through the figures on record: previous close 77.385, 77.07 before the news, 76.16 at 18:53.
    loaded = load_study(DEMO / "simulated-day.toml")
    result = es.run_study(loaded.spec, loaded.events, loaded.data)
    told = {r["instrument"]: r["claims"] for r in result.to_dict()["intraday"]}
    assert told["SBER"] == told["IMOEX2"] == []
    (claim,) = told["USD000UTSTOM"]
    assert claim["against"] == "previous close"
    assert abs(claim["claimed"] - math.log(76.16 / 77.36)) < 1e-12
    assert abs(claim["on_previous_close"] - math.log(76.16 / 77.385)) < 1e-9
    assert abs(claim["since_news"] - math.log(76.16 / 77.07)) < 1e-9
    assert "previous close" in result.summary(verbose=True)


def test_a_claim_that_cannot_be_checked_is_told() -> None:
    loaded = load_study(DEMO / "simulated-day.toml")
    rouble = loaded.data[0]
    one_day = replace(rouble, frame=rouble.frame.loc["2021-04-13":])
    result = es.run_study(loaded.spec, loaded.events, [one_day])
    (row,) = result.to_dict()["intraday"]
    assert row["claims"] == []
    assert "ES-CLAIM-UNCHECKED" in {notice["code"] for notice in row["notices"]}


def test_claims_survive_the_events_file(tmp_path: Path) -> None:
    (event,) = es.read_events(DEMO / "event.toml")
    assert event.claims
    (again,) = es.read_events(write_new(tmp_path / "again.toml", proposal_blocks([Proposal(event)], accept=True)))
    assert again == event
