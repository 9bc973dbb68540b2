"""``eventstudy data check SYMBOL``: a series of the local store is inspected as a file is."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from eventstudy.arrays import from_epoch_us
from eventstudy.cli.app import run
from eventstudy.market.raw import closing_instants
from eventstudy.market.store import bar_store
from eventstudy.market.store.stored_series import SeriesKey

from .series import share_bars


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENTSTUDY_STORE", str(tmp_path))
    raw = share_bars(1)
    frame = pd.DataFrame(dict(raw.columns), index=from_epoch_us(closing_instants(raw, "right")))
    key = SeriesKey("moex", "SBER", "TQBR", pd.Timedelta("10min"), "Europe/Moscow")
    bar_store.commit(bar_store.open_store(), key, frame, (date(2021, 3, 1), date(2021, 3, 9)))


@pytest.mark.usefixtures("stored")
def test_a_stored_series_is_checked_against_its_calendar(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "check", "SBER"]) == 0
    told = capsys.readouterr().out
    assert "SBER: 498 rows, step 10min" in told
    assert "calendar MOEX-SHARES" in told
    assert "nothing found" in told


@pytest.mark.usefixtures("stored")
def test_what_is_not_stored_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "check", "GAZP"]) == 4
    assert "local store holds no series" in capsys.readouterr().err
