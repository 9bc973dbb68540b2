"""The founding case's report on the exchange's own candles says the figures on record."""

from __future__ import annotations

from pathlib import Path

import pytest

from eventstudy.report.build import build
from eventstudy.report.figure_data import response_view
from eventstudy.study.load import load_study
from eventstudy.study.run import run_study
from tests.shared import shared

ROOT = Path(__file__).parents[2]


@pytest.mark.reference
def test_the_page_tells_the_figures_on_record_and_keeps_two_changes_apart() -> None:
    study = load_study(ROOT / "data" / "studies" / "biden-putin-shares.toml", data_folder=shared("market/moex"))
    result = run_study(study.spec, study.events, study.data)
    page = build(result, study.digests, study.events).page
    # Reference close 18:00, first close after 18:40; +113.5 and +84.0 bp; p = 2/70 of 69 days.
    assert page.finding[0] == (
        "From 18:00 to 18:40 Moscow time on 13 April 2021 (15:00 to 15:40 UTC) the prices moved: "
        "SBER +113.5\u00a0bp and VTBR +84.0\u00a0bp."
    )
    assert page.finding[1].startswith("SBER: on 1 of 69 comparable days the price moved at least as much")
    tables = {table.name: table for section in page.sections for table in section.tables}
    sber = tables["prices"].shown()[0]
    # Closes of SBER: 281.75 on 12 April, 282.99 at 18:00 and 286.22 at 18:40 on 13 April (the exchange's candles).
    assert sber[:4] == ["SBER", "281.75", "282.99", "286.22"]
    assert sber[-1] == "+113.5"
    assert sber[-2] != sber[-1]
    event = next(section for section in page.sections if section.name == "event")
    assert any("ASSUMED 18:00" in point for point in event.points)
    view = response_view(result, instrument="SBER")
    assert view.path.placebo.shape[0] == 69
