"""The plain-text answer: the finding first, then tables; hostile text is text; a crowd of events stays readable."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

import numpy as np
import pandas as pd
from rich.cells import cell_len
from rich.console import Console

from eventstudy import Event, EventTime, StudySpec, run_study
from eventstudy.abnormal.events import REASONS, OutcomeName
from eventstudy.report.summary import COUNTED_AS, answer
from tests.report.made import made_result


def market(rows: int = 400, columns: int = 3) -> pd.DataFrame:
    index = pd.date_range("2020-01-01", periods=rows, freq="D", tz="UTC") + pd.Timedelta(hours=16)
    values = np.random.default_rng(1).normal(0.0, 0.01, (rows, columns))
    return pd.DataFrame(values, index=index, columns=[f"A{i}" for i in range(columns)])


def event(name: str, day: int, label: str = "") -> Event:
    at = datetime(2020, 1, 1, 12, tzinfo=UTC) + pd.Timedelta(days=day)
    return Event(id=name, time=EventTime(at, at), label=label)


SPEC = StudySpec(title="A study", event=(-1, 1), windows=[(0, 0)], tests=["cross_sectional_t"])


def test_the_finding_comes_first_and_the_reasons_last() -> None:
    text = run_study(SPEC, [event("one", 100), event("late", 9000)], market(columns=1)).summary()
    lines = text.splitlines()
    assert lines[0].startswith(("A0 rose ", "A0 fell "))
    assert lines[1].startswith("A study. Observations: 1 used, 1 ")
    assert lines[1].startswith("A study. Observations: 1 used, 1 outside the prices; ")
    assert "no model (raw returns)." in " ".join(lines[1:3])  # the setting is model = "zero"
    assert "  ! Not used: late A0: " in text.partition("  Instrument ")[2]


def test_one_event_on_several_instruments_has_no_mean() -> None:
    assert "mean move" not in run_study(SPEC, [event("one", 100)], market()).summary()
    assert "mean move" in run_study(SPEC, [event("one", 100), event("two", 200)], market()).summary()


def test_a_crowd_of_events_stays_readable() -> None:
    result = run_study(SPEC, [event(f"e{i}", 10 + i) for i in range(300)], market())
    text = result.summary(verbose=True)
    assert "These are 40 of 900" in text
    assert len(text.splitlines()) < 80
    assert text.count("This design detects") == 1
    assert len(result.summary().splitlines()) < 25


def test_forty_instruments_show_the_twenty_largest_moves_in_order() -> None:
    frame = market(columns=40)
    result = run_study(SPEC, [event("one", 100)], frame)
    shown = result.summary().partition("  Instrument ")[2].splitlines()[1:21]
    expected = frame.iloc[100].reindex(frame.iloc[100].abs().sort_values().index[-20:]).sort_values(ascending=False)
    assert [line.split()[0] for line in shown] == list(expected.index)
    assert [float(line.split()[1]) for line in shown] == [round(1e4 * move, 1) for move in expected]
    assert "20 more with smaller moves." in result.summary()
    mean = 100 * np.expm1(frame.iloc[100].mean())
    assert result.summary().startswith(f"40 instruments {'rose' if mean > 0 else 'fell'} {abs(mean):.2f}% on average")
    assert f"{1e4 * frame.iloc[100].max():+.1f} / {1e4 * frame.iloc[100].min():+.1f}" in result.summary()


def test_every_line_fits_and_columns_go_in_the_stated_order() -> None:
    spec = SPEC.model_copy(update={"adjust": "holm", "windows": ((0, 0), (0, 1), (-1, 1))})
    result = run_study(spec, [event("one", 100), event("two", 200)], market(columns=1))
    order = ["Rose", "fell|rose", "p, adjusted", "95% interval"]
    present = []
    for width in (100, 78, 64, 56, 46, 40):
        text = result.summary(width=width)
        assert max(map(cell_len, text.splitlines())) <= width
        head = next(line for line in text.splitlines() if line.startswith("  Window "))
        present.append([title in head for title in order])
    assert present[0] == [True] * 4
    assert present[-1] == [False] * 4
    assert all(shown == sorted(shown) for shown in present)  # what is left out first is missing first


def test_wide_letters_align() -> None:
    codes = {"A0": "\u4e2d\u56fd\u94f6\u884c", "A1": "SBER", "A2": "e\u0301"}
    text = run_study(SPEC, [event("one", 100)], market().rename(columns=codes)).summary()
    rows = text.partition("  Instrument ")[2].splitlines()[1:4]
    axes = {cell_len(row[: row.rindex("|")]) for row in rows}
    assert len(axes) == 1


def test_a_pipe_and_no_color_get_no_escape_and_a_terminal_gets_a_bold_finding() -> None:
    result = run_study(SPEC, [event("one", 100)], market(columns=1))
    assert "\x1b" not in result.summary()
    for no_color in (True, False):
        out = io.StringIO()
        console = Console(file=out, force_terminal=True, no_color=no_color, width=200, color_system="256")
        for line in answer(result):
            console.print(line, soft_wrap=True)
        assert out.getvalue().startswith("\x1b[1mA0 ")
        assert ("\x1b[38;5;" in out.getvalue()) != no_color


def test_a_response_without_a_later_price_has_no_later_columns() -> None:
    # The event is on the last bar of the last day: no horizon was reached.
    text = made_result().summary(width=200)
    assert "SBER" in text
    assert "min" not in text.partition("  Instrument ")[2].splitlines()[0]


def test_a_volume_study_never_says_bp() -> None:
    result = made_result(variable="log_volume", tests=("placebo",), codes=("SBER",))
    text, html = result.summary(), result._repr_html_()
    assert text.startswith("SBER had an abnormal log volume of ")
    assert " bp" not in text.partition("\n\n  Instrument")[0]
    assert "Move, bp" not in text
    assert f"{result.abnormal.ar[0, 0]:+.2f}" in text
    assert "bp" not in html.partition("warning")[0]


def test_hostile_titles_are_text() -> None:
    spec = SPEC.model_copy(update={"title": "\x1b[31mred\x1b[0m \u202egnp.exe"})
    text = run_study(spec, [event("one", 100)], market()).summary()
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_every_outcome_is_counted_in_words_and_one_return_is_one() -> None:
    assert set(COUNTED_AS) | {"used"} == set(get_args(OutcomeName))
    short = StudySpec(
        title="A study", model="constant_mean", estimation=(-60, -11), event=(-1, 1), tests=["cross_sectional_t"]
    )
    frame = market(columns=1)
    result = run_study(short, [event("one", 100), event("early", 13)], frame)
    reasons = {outcome.reason for outcome in result.ledger}
    counts = " ".join(result.summary().split())
    assert "Observations: 1 used, 1 with too short an estimation window; " in counts
    assert any(re.search(r"holds \d+ usable returns?; at least", reason) for reason in reasons)
    rows = [REASONS.index(row) for row in REASONS if "{a} " in row[1]]
    for code in rows:
        ledger = replace(result.ledger, code=np.full(2, code, np.uint8), a=np.ones(2, np.int64))
        assert not re.search(r"\b1 (usable |distinct |trading )?(returns|days|bars)\b", ledger[0].reason), code
        assert not re.search(r"^1 [^;]* are (missing|usable)", ledger[0].reason), code
