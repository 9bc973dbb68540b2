"""The founding article: every trap is named, nothing is guessed, and prices rank the true day first."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest
from pytest_httpserver import HTTPServer

from eventstudy.cli.app import run
from eventstudy.market.bars import Bars
from eventstudy.market.instruments import Instrument
from eventstudy.market.sources.ecb import read_ecb
from eventstudy.market.sources.price_files import read_bars
from eventstudy.market.sources.request import BarRequest
from eventstudy.news.context import DatingContext
from eventstudy.news.dating import date_item
from eventstudy.news.items import NewsItem
from eventstudy.news.time_evidence import Candidate, Dating
from tests.shared import SHARED, needs_shared

ARTICLE = SHARED / "articles" / "000_7d541f05f79cddeb.txt"
DAILY = SHARED / "market" / "daily"
NOW = datetime(2026, 11, 23, tzinfo=UTC)

# The same structure in our own words: a false date line, a weekday that does not go with its date, a range of days to
# come inside a quotation, and a price claim whose clock is the exchange's.
PARAPHRASE = """ date 2003-01-17 The two presidents speak by telephone

The president of the one country telephoned the president of the other on Tuesday, April 12, his office said.

"He repeated the invitation to the summit on climate, which will be held by video on April 22-23," the statement says.

The ruble gained on the reports. The dollar fell by 1.2 rubles to 76.16 rubles as of 18:53, according to data from the
Moscow Exchange. Stocks rose as well."""

# Closing prices of USD/RUB TOM around two days that fit the claim, quoted from ../shared/README.md and issue 4:
# 2021-04-12 77.385, 13 April 75.940, 14 April 75.870; 2020-11-16 closed at 76.16, down 1.2275.
CLOSES = {
    "2020-11-12": 77.20,
    "2020-11-13": 77.3875,
    "2020-11-16": 76.16,
    "2020-11-17": 76.10,
    "2021-04-08": 77.10,
    "2021-04-09": 77.45,
    "2021-04-12": 77.385,
    "2021-04-13": 75.940,
    "2021-04-14": 75.870,
    "2021-04-15": 76.20,
}


def series(closes: dict[str, float], source: str = "test closes") -> Bars:
    index = pd.DatetimeIndex([pd.Timestamp(f"{d} 23:50", tz="Europe/Moscow") for d in closes]).tz_convert("UTC")
    frame = pd.DataFrame({"close": list(closes.values())}, index=index.as_unit("us"))
    return Bars(Instrument("USD/RUB"), pd.Timedelta(days=1), "right", frame, source=source)


def dated(text: str, *bars: Bars) -> Dating:
    return date_item(NewsItem("article", "test", "", text), DatingContext(fetched_at=NOW), bars)


def day_of(candidate: Candidate) -> date:
    assert candidate.earliest is not None
    assert candidate.latest is not None
    return (candidate.earliest + (candidate.latest - candidate.earliest) / 2).date()


def check_the_words(dating: Dating) -> None:
    assert dating.status == "needs_review"
    assert dating.event_time is None
    kinds = {c.kind for c in dating.conflicts}
    assert {"weekday_vs_day", "date_line_vs_body", "year_unknown", "day_unknown"} <= kinds
    said = {c.kind: c.message for c in dating.conflicts}
    assert "2005, 2011, 2016, 2022" in said["weekday_vs_day"]
    assert "2003-01-17, a Friday" in said["date_line_vs_body"]
    texts = {e.text: e for e in dating.evidence}
    assert texts["2003-01-17"].kind == "publication"
    assert texts["April 22-23"].kind == "date_range"
    as_of = texts["18:53"]
    assert as_of.clock == "venue"
    assert "upper bound" in as_of.note
    assert "Moscow Exchange" in as_of.note
    (claim,) = dating.claims
    assert (claim.subject, claim.change, claim.unit, claim.level) == ("USD/RUB", -1.2, "RUB", 76.16)
    assert (claim.at, claim.venue, claim.against) == ("18:53", "Moscow Exchange", "unsaid")


@pytest.mark.parametrize("text", [PARAPHRASE, pytest.param("", marks=needs_shared)], ids=["paraphrase", "original"])
def test_every_trap_is_named_and_nothing_is_guessed(text: str) -> None:
    dating = dated(text or ARTICLE.read_text(encoding="utf-8"))
    check_the_words(dating)
    days = [day_of(c) for c in dating.candidates]
    assert {date(y, 4, 12) for y in (2005, 2011, 2016, 2022)} == set(days[:4])
    near = dating.candidates[days.index(date(2021, 4, 13))]
    assert any("one day from the date" in reason for reason in near.reasons)


@pytest.mark.parametrize("text", [PARAPHRASE, pytest.param("", marks=needs_shared)], ids=["paraphrase", "original"])
def test_prices_rank_the_true_day_first_and_show_the_rival(text: str) -> None:
    dating = dated(text or ARTICLE.read_text(encoding="utf-8"), series(CLOSES))
    check_the_words(dating)
    assert day_of(dating.candidates[0]) == date(2021, 4, 13)
    assert dating.candidates[0].latest == datetime(2021, 4, 13, 15, 53, 59, 999999, tzinfo=UTC)
    assert any("previous close is 77.385" in reason for reason in dating.candidates[0].reasons)
    assert dating.margin is not None
    assert dating.margin > 3
    assert any("2020-11-16" in note and "month" in note for note in dating.notes)
    assert date(2020, 11, 16) in map(day_of, dating.candidates)


@needs_shared
@pytest.mark.reference
def test_the_exchange_series_ranks_13_april_first_of_all_days_since_2014() -> None:
    bars = read_bars(
        DAILY / "usdrub_tom_eurusd_brent_imoex.csv",
        instrument="USD/RUB",
        step="1D",
        timezone="Europe/Moscow",
        closes_at="23:50",
        columns={"close": "USDRUB_TOM"},
    )
    dating = dated(ARTICLE.read_text(encoding="utf-8"), bars)
    assert day_of(dating.candidates[0]) == date(2021, 4, 13)
    assert any("previous close is 77.385" in reason for reason in dating.candidates[0].reasons)
    assert dating.margin is not None
    assert dating.margin > 5
    assert dating.notes[0].startswith("On the prices alone 2020-11-16 fits")


@pytest.mark.parametrize("text", [PARAPHRASE, pytest.param("", marks=needs_shared)], ids=["paraphrase", "original"])
def test_the_fixing_of_the_ecb_ranks_13_april_first(text: str) -> None:
    fixing = read_ecb(BarRequest(Instrument("USD/RUB"), pd.Timedelta(days=1)))
    dating = dated(text or ARTICLE.read_text(encoding="utf-8"), fixing)
    assert day_of(dating.candidates[0]) == date(2021, 4, 13)
    assert dating.margin is not None
    assert dating.margin > 3


def test_a_bar_cut_before_the_fall_shows_its_misfit() -> None:
    cut = dated(PARAPHRASE, series({**CLOSES, "2021-04-13": 77.05}))
    day = next(c for c in cut.candidates if day_of(c) == date(2021, 4, 13))
    true = next(c for c in dated(PARAPHRASE, series(CLOSES)).candidates if day_of(c) == date(2021, 4, 13))
    assert day.score < true.score - 3
    assert any("sd)" in reason and "level 76.16" in reason for reason in day.reasons)


def test_a_series_whose_dates_are_a_day_early_dates_nothing() -> None:
    days = pd.date_range("2021-03-29", "2021-06-30", freq="B")
    early = {f"{d - pd.Timedelta(days=1):%Y-%m-%d}": 75.0 + i % 5 / 10 for i, d in enumerate(days)}
    dating = dated(PARAPHRASE, series(early, "early"))
    assert any(c.kind == "series_dates" for c in dating.conflicts)
    assert date(2021, 4, 12) not in map(day_of, dating.candidates[:1])


@needs_shared
@pytest.mark.reference
def test_the_mislabelled_series_is_warned_about() -> None:
    bars = read_bars(
        DAILY / "yahoo_RUBX_mislabelled_USD000UTSTOM.csv",
        instrument="USD/RUB",
        step="1D",
        timezone="Europe/Moscow",
        closes_at="23:50",
        columns={"time": "Date", "close": "Close_USD_RUB"},
        accept=("stale close",),  # refused otherwise: its closes repeat the opens
    )
    assert "ES-DATES-ONE-DAY-EARLY" in {notice.code for notice in bars.notices}
    dating = dated(ARTICLE.read_text(encoding="utf-8"), bars)
    assert any("dates one day early" in note for note in dating.notes)
    assert day_of(dating.candidates[0]) != date(2021, 4, 12)


def test_the_command_ends_with_code_1_and_the_contract_of_its_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "article.txt"
    path.write_text(PARAPHRASE, encoding="utf-8")
    assert run(["date", str(path), "--json", "--bars", "ecb:USD/RUB"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["status"] == "needs_review"
    assert found["event_time"] is None
    assert {"earliest", "latest", "score", "reasons"} <= found["candidates"][0].keys()
    assert found["candidates"][0]["earliest"] == "2021-04-12T21:00:00+00:00"
    assert {"kind", "text", "start", "end", "earliest", "latest"} <= found["evidence"][0].keys()
    assert {"kind", "message"} <= found["conflicts"][0].keys()
    assert {"subject", "change", "unit", "level", "at", "venue"} <= found["claims"][0].keys()
    for evidence in found["evidence"]:
        assert PARAPHRASE[evidence["start"] : evidence["end"]] == evidence["text"]


@needs_shared
@pytest.mark.reference
def test_the_real_series_cut_before_the_fall_shows_its_misfit() -> None:
    # Stooq's 13 April ends at 77.05, its 14 April at 75.585 (../shared/README.md): the article's 76.16 at 18:53 is on
    # neither, and lies outside the range of its bar of the 13th, 76.93 to 77.505.
    bars = read_bars(DAILY / "usdrub.csv", instrument="USD/RUB", step="1D", timezone="Europe/Moscow", closes_at="23:50")
    dating = dated(ARTICLE.read_text(encoding="utf-8"), bars)
    day = next(c for c in dating.candidates if day_of(c) == date(2021, 4, 13))
    assert any("76.16 lies outside the 76.93 to 77.505" in reason for reason in day.reasons)
    assert dating.event_time is None
    tom = read_bars(
        DAILY / "usdrub_tom_eurusd_brent_imoex.csv",
        instrument="USD/RUB",
        step="1D",
        timezone="Europe/Moscow",
        closes_at="23:50",
        columns={"close": "USDRUB_TOM"},
    )
    fits = next(c for c in dated(ARTICLE.read_text(encoding="utf-8"), tom).candidates if day_of(c) == date(2021, 4, 13))
    assert day.score < fits.score - 3


def test_the_command_takes_the_article_from_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(PARAPHRASE.encode())))
    assert run(["date", "-", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["item"] == "stdin"


def test_the_command_fetches_an_address_through_the_one_door(
    httpserver: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (
        "<html><head><title>Bank</title><meta property='article:published_time' content='2021-04-13T10:20:00Z'></head>"
        "<body><article><p>The bank said at 10:00 UTC on 13 April 2021 that it "
    )
    page += "had failed.</p></article></body></html>"
    httpserver.expect_request("/story.html").respond_with_data(page, content_type="text/html")
    address = httpserver.url_for("/story.html")
    assert run(["date", address, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["event_time"]["earliest"] == "2021-04-13T10:00:00+00:00"
    # Without a network, and to another host over http, the door stays shut.
    assert run(["--offline", "date", address]) != 0
    assert run(["date", "http://example.org/story.html"]) != 0
    capsys.readouterr()
    assert len(httpserver.log) == 1
