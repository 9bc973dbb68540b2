"""The real files of ../shared come out as they are known to be, through the command line a user types."""

from __future__ import annotations

import json

import pytest

import eventstudy as es
from eventstudy.cli.app import run
from eventstudy.errors import BarsError
from tests.shared import SHARED, needs_shared

MARKET = SHARED / "market"
pytestmark = [
    pytest.mark.reference,
    needs_shared,
]
TOM = ["--against", str(MARKET / "daily" / "usdrub_tom_eurusd_brent_imoex.csv"), "--against-column", "close=USDRUB_TOM"]


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict]]:
    code = run(["data", "check", *arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)["series"]


@pytest.mark.parametrize(
    ("name", "side", "zone"),
    [
        ("moex/SBER_M10_2021.csv", "right", "Europe/Moscow"),
        ("moex/VTBR_M10_2021.csv", "right", "Europe/Moscow"),
        ("moex/second_tier_M10_2021-04.csv", "left", "Europe/Moscow"),
        ("moex/SPFB.Si_220511_220930_5min.csv", "right", "Europe/Moscow"),
        ("moex/SPBFUT_SiU3_M1.csv", "left", "Europe/Moscow"),
        ("moex/SIBN_140101_150101.csv", "right", "Europe/Moscow"),
        ("eurusd/EUR_USD_oanda_M1_2015-12-03_1219-1455utc.csv", "left", "UTC"),
    ],
)
def test_the_label_side_of_each_file(capsys: pytest.CaptureFixture[str], name: str, side: str, zone: str) -> None:
    code, series = check(capsys, str(MARKET / name))
    assert {s["label"]["evidence"] for s in series} == {side}
    assert {s["timezone"] for s in series} == {zone}
    assert code in (0, 1)
    assert not [f for s in series for f in s["findings"] if f["action"] == "refused"]


@pytest.mark.parametrize(
    ("name", "code", "step", "side", "word"),
    [
        ("moex/SBER_M10_2021.csv", "SBER", "10min", "left", "END"),
        ("moex/second_tier_M10_2021-04.csv", "MTLR", "10min", "right", "BEGIN"),
        ("moex/SPBFUT_SiU3_M1.csv", "Si", "1min", "right", "BEGIN"),
    ],
)
def test_a_stated_side_that_the_evidence_contradicts_is_refused_with_it(
    name: str, code: str, step: str, side: str, word: str
) -> None:
    stated = {"instrument": code, "step": step, "label": side, "timezone": "Europe/Moscow"}
    with pytest.raises(BarsError, match=f"the evidence says {word}: .* bars outside sessions"):
        es.read_bars(MARKET / name, **stated)
    insisted = es.read_bars(MARKET / name, **stated, force_label=True)
    assert insisted.label == side
    assert any(n.code == "ES-LABEL-SIDE" for n in insisted.notices)


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_a_wrong_zone_is_refused_and_the_right_one_named(zone: str) -> None:
    with pytest.raises(BarsError, match="written in Europe/Moscow"):
        es.read_bars(MARKET / "moex/SBER_M10_2021.csv", instrument="SBER", step="10min", label="right", timezone=zone)


def test_yahoo_is_a_day_early_in_british_summer_and_stale(capsys: pytest.CaptureFixture[str]) -> None:
    code, (series,) = check(capsys, str(MARKET / "daily" / "yahoo_RUBX_mislabelled_USD000UTSTOM.csv"))
    found = {f["kind"]: f for f in series["findings"]}
    assert code == 4
    assert "one day early in British summer" in found["dates one day early"]["message"]
    assert found["stale close"]["action"] == "refused"


def test_yahoo_moved_and_accepted_shows_the_event_on_its_day() -> None:
    made = es.read_bars(
        MARKET / "daily" / "yahoo_RUBX_mislabelled_USD000UTSTOM.csv",
        instrument="RUB=X",
        step="1D",
        timezone="Europe/London",
        closes_at="23:00",
        calendar="24/5",
        preset="yahoo-csv",
        accept=("stale close",),
    )
    # The row written 2021-04-12 is Tuesday the 13th: its low 75.808 holds the fall, its close 77.2912 does not.
    row = made.frame.loc["2021-04-13"].iloc[0]
    assert (row["low"], row["close"]) == (75.8079986572, 77.2911987305)
    assert made.frame.index.tz_convert("Europe/London").day_of_week.max() == 4


def test_stooq_closes_before_the_move_that_the_exchange_shows(capsys: pytest.CaptureFixture[str]) -> None:
    code, (series,) = check(capsys, str(MARKET / "daily" / "usdrub.csv"), *TOM)
    (found,) = [f for f in series["findings"] if f["kind"] == "cut close"]
    # 77.375 / 77.050 / 75.585 against 77.385 / 75.940 / 75.870 on 12, 13 and 14 April 2021.
    assert "2021-04-13: closes before the move of the other series: -0.42% against -1.88%" in found["message"]
    assert "-1.92% against -0.09% on the next" in found["message"]
    assert code == 1


def test_the_missing_day_of_the_quik_file(capsys: pytest.CaptureFixture[str]) -> None:
    _, (series,) = check(capsys, str(MARKET / "moex" / "SPBFUT_SiU3_M1.csv"))
    (found,) = [f for f in series["findings"] if f["kind"] == "no bars when open"]
    assert "2023-06-26" in found["message"]


def test_index_and_exchange_files_agree_with_the_calendar(capsys: pytest.CaptureFixture[str]) -> None:
    # Ten years of IMOEX: every day of the file is a trading day of the table, and every trading day is in the file.
    code, _ = check(capsys, str(MARKET / "daily" / "finam_IMOEX_120101_220101.csv"), "--closes-at", "18:50")
    assert code == 0
