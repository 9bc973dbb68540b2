"""``eventstudy data check`` and ``eventstudy calendar`` on files and days the tests make themselves."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.cli.app import run
from eventstudy.market.quality.checks import CHECKS
from eventstudy.market.raw import RawBars

from .series import daily_bars, share_bars


def write(path: Path, raw: RawBars, header: str = "datetime") -> Path:
    """Write raw bars as a file of text, labels as they read."""
    stamps = np.datetime_as_string(raw.wall.view("M8[us]"), unit="D" if raw.daily else "s")
    names = list(raw.columns)
    rows = [",".join([header, *names])]
    rows += [",".join([s, *map(repr, map(float, v))]) for s, *v in zip(stamps, *raw.columns.values(), strict=True)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_a_clean_file_is_read_without_any_statement(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "SBER_M10.csv", share_bars(1))
    assert run(["data", "check", str(path)]) == 0
    told = capsys.readouterr().out
    assert "SBER: 498 rows, step 10min, Europe/Moscow, calendar MOEX-SHARES" in told
    assert "assumed: label='right' (by the evidence)" in told
    assert "label: END" in told
    assert "nothing found" in told


def test_a_repair_is_named_with_its_lines_and_exit_code_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw = share_bars(1)
    close = raw.close.copy()
    close[10] = np.nan
    path = write(tmp_path / "SBER.csv", replace(raw, columns={**raw.columns, "close": close}))
    assert run(["data", "check", str(path), "--json"]) == 1
    (series,) = json.loads(capsys.readouterr().out)["series"]
    assert series["findings"] == [
        {
            "kind": "missing price",
            "action": "repaired",
            "rule": "the rows are left out",
            "message": "no closing price",
            "n_rows": 1,
            "lines": [12],
        }
    ]


def test_what_many_instruments_share_is_printed_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A universe of 40 columns: all keep a price on two holidays, two a jump that stays, one has a row fewer."""
    days = [day for day in np.arange("2023-01-03", "2023-07-04", dtype="M8[D]") if np.is_busday(day)]
    walk = 100 * np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.01, (len(days), 40)), axis=0))
    walk[60:, 0] *= 1.6
    walk[70:, 1] *= 1.6
    cells = [[f"{price:.4f}" for price in row] for row in walk]
    cells[5][7] = ""
    header = ["Date", *(f"C{n}" for n in range(40))]
    rows = [[str(day), *row] for day, row in zip(days, cells, strict=True)]
    path = tmp_path / "universe.csv"
    path.write_text("\n".join(",".join(row) for row in [header, *rows]) + "\n", encoding="utf-8")
    assert run(["data", "check", str(path), "--calendar", "XNYS"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) < 15
    assert lines[0].startswith(
        "C0, C1, C2, C3, C4, C5, C6, C7, C8, C9 and 30 more: 40 instruments, 129 to 130 rows each,"
    )
    for words in ("label: undecided", "zone: days have no clock", "assumed: the step"):
        assert sum(words in line for line in lines) == 1
    (jump,) = (n for n, line in enumerate(lines) if "large jump" in line)
    # The header is line 1 and the first day line 2, so the jumps stand in lines 62 and 72.
    assert lines[jump].startswith("  C0: large jump: ")
    assert "[1 row: 62]" in lines[jump]
    assert lines[jump + 1] == "    also in C1 [1 row: 72]"
    (closed,) = (n for n, line in enumerate(lines) if "outside sessions" in line)
    assert lines[closed].startswith("  C0: outside sessions: ")
    assert lines[closed + 1] == "    the same in C1, C2, C3, C4, C5, C6, C7, C8, C9, C10 and 29 more"
    assert sum("no bars when open" in line for line in lines) == 1
    # Every instrument with all of its rows stands in the JSON.
    assert run(["data", "check", str(path), "--calendar", "XNYS", "--json"]) == 1
    assert len(json.loads(capsys.readouterr().out)["series"]) == 40


def test_instruments_read_differently_stand_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two instruments of every working day (21 + 20 + 23 from 3 January 2023) and one of Fridays alone."""
    days = np.arange("2023-01-03", "2023-04-01", dtype="M8[D]")
    days = days[np.is_busday(days)]
    kept = {"AAA": days, "BBB": days, "CCC": days[days.astype(int) % 7 == 1]}
    rows = [f"{day},{name},{20 + int(day.astype(int)) % 3}" for name, dates in kept.items() for day in dates]
    path = tmp_path / "long.csv"
    path.write_text("date,ticker,close\n" + "\n".join(rows) + "\n", encoding="utf-8")
    assert run(["data", "check", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    heads = [line for line in lines if not line.startswith(" ")]
    assert [head.split(", step")[0] for head in heads] == ["AAA, BBB: 2 instruments, 64 rows each", "CCC: 13 rows"]
    assert [line for line in lines if "nothing found" in line] == ["  nothing found"] * 2


@pytest.mark.parametrize(
    ("days", "first", "bars", "fits"),
    [
        (pd.bdate_range("2024-03-04", "2024-03-28"), 4 * 60, 64, "XNYS-EXT"),  # 04:00 to 20:00, the extended hours
        (pd.date_range("2024-02-01", "2024-02-28"), 0, 96, ""),  # around the clock, at weekends too
    ],
)
def test_bars_of_other_hours_name_the_calendar_that_holds_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], days: pd.DatetimeIndex, first: int, bars: int, fits: str
) -> None:
    marks = [day + pd.Timedelta(minutes=first + 15 * n) for day in days for n in range(bars)]
    rows = [f"{at:%Y-%m-%d %H:%M},{100 + n % 7}" for n, at in enumerate(marks)]
    path = tmp_path / "AAA.csv"
    path.write_text("time,close\n" + "\n".join(rows) + "\n", encoding="utf-8")
    flags = ["--calendar", "XNYS", "--timezone", "America/New_York", "--label", "left"]
    assert run(["data", "check", str(path), *flags]) == 4
    found = capsys.readouterr().out
    assert "other hours: " in found
    assert re.findall("and next to none outside those of (.*?) ", found) == [fits] * bool(fits)


def test_every_kind_of_defect_shows_what_is_done_about_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "check", "--rules"]) == 0
    told = capsys.readouterr().out
    assert "outside sessions: repaired: the rows are left out\n" in told
    assert "conflicting duplicate: refused: " in told
    assert "no bars when open: kept: with a warning, for the prices are unknown" in told
    path = write(tmp_path / "SBER.csv", share_bars(1))
    assert run(["data", "check", str(path), "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["checks"]
    assert [f"{row['kind']}: {row['action']}: {row['rule']}" for row in listed] == told.splitlines()
    assert run(["data", "check"]) == 2
    assert "--rules" in capsys.readouterr().err


def test_a_contradicted_label_is_refused_unless_forced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(write(tmp_path / "SBER.csv", share_bars(1)))
    assert run(["data", "check", path, "--label", "left"]) == 4
    assert "the evidence says END" in capsys.readouterr().out
    assert run(["data", "check", path, "--label", "left", "--force-label"]) == 1


def test_a_second_series_shows_closes_cut_before_the_move(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw = daily_bars(1)
    moves = np.random.default_rng(1).normal(0, 0.004, len(raw))
    moves[200] = -0.03
    cut = moves.copy()
    cut[200:202] = -0.002, moves[201] - 0.028
    paths = [
        str(write(tmp_path / f"{name}.csv", replace(raw, columns={"close": 75 * np.exp(np.cumsum(m))})))
        for name, m in (("vendor", cut), ("exchange", moves))
    ]
    assert run(["data", "check", paths[0], "--against", paths[1]]) == 1
    assert "closes before the move of the other series: -0.20% against -3.00% on the day" in capsys.readouterr().out
    daily = {"instrument": "EURUSD=X", "step": "1D", "timezone": "America/New_York", "closes_at": "17:00"}
    exchange = es.read_bars(paths[1], **daily)
    day = exchange.frame.index[200]
    vendor = es.read_bars(paths[0], **daily, against=exchange)
    assert day in es.read_bars(paths[0], **daily).frame.index
    assert day not in vendor.frame.index
    assert [n.code for n in vendor.notices] == ["ES-CUT-CLOSE", "ES-NO-BARS-WHEN-OPEN"]
    # The return across both days is that of the other series: the news lands on no wrong day.
    across = np.log(vendor.frame["close"]).diff().iloc[200]
    assert across == pytest.approx(moves[200] + moves[201], abs=1e-9)


def test_a_file_of_our_own_and_a_missing_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "SBER.csv", share_bars(1))
    bars = es.read_bars(path, instrument="SBER", step="10min", label="right", timezone="Europe/Moscow")
    es.write_bars(bars, tmp_path / "own.parquet")
    assert run(["data", "check", str(tmp_path / "own.parquet")]) == 0
    assert run(["data", "check", str(tmp_path / "nothing.csv")]) == 4
    assert "There is no file" in capsys.readouterr().err
    assert run(["data", "check", str(tmp_path)]) == 4
    assert "is a folder" in capsys.readouterr().err


def test_a_column_must_be_named_with_its_role(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "check", str(write(tmp_path / "a.csv", daily_bars(1))), "--column", "close"]) == 2
    assert "ROLE=NAME" in capsys.readouterr().err


def test_the_calendar_of_a_day(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["calendar", "MOEX-FX", "2021-04-13"]) == 0
    told = capsys.readouterr().out
    assert "07:00-23:50  04:00-20:50 UTC" in told
    assert "source: moex.com/n32585" in told


def test_the_calendar_of_a_range_prints_the_changes_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["calendar", "MOEX-FX", "2021-02-20", "2021-03-10", "--json"]) == 0
    days = json.loads(capsys.readouterr().out)["days"]
    # A working Saturday, Defender's day and the day after, the longer hours, Women's day and the day after.
    assert [d["date"] for d in days] == [
        *["2021-02-20", "2021-02-21", "2021-02-22", "2021-02-23", "2021-02-24"],
        *["2021-03-01", "2021-03-08", "2021-03-09"],
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["MOEX-FX", "13.04.2021"], 2, "YYYY-MM-DD"),
        (["MOEX-FX", "2021-04-14", "2021-04-13"], 2, "Swap"),
        (["MOEX-FX", "2003-01-17"], 4, "valid from 2014-10-01"),
        (["MOEX-FX", "2103-01-11"], 4, "to 2099-12-31"),
        (["XMOS", "2021-04-13"], 4, "closure of 2022"),
        (["MOEX-XF", "2021-04-13"], 2, "MOEX-FX"),
    ],
)
def test_what_the_calendar_refuses(
    capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, message: str
) -> None:
    assert run(["calendar", *arguments]) == code
    assert message in capsys.readouterr().err


def test_no_rule_names_a_flag_for_its_message_is_read_in_study_files_and_in_python_as_well() -> None:
    assert not [kind for kind, check in CHECKS.items() if "--" in check.rule]
