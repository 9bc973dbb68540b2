"""Stamps as the world writes them: read to the right instant, or refused with the token that is not read."""

from __future__ import annotations

import pytest

from eventstudy.errors import StampError
from eventstudy.news.stamps import read_stamp, written_day
from eventstudy.news.zones import find_zone

# Offsets by hand: New York UTC-4 in June, Almaty UTC+6 in 2022 and 2023, Jakarta UTC+7, Yekaterinburg UTC+5.
READ = [
    ("June 16, 2023, 10:05 a.m. E.T.", "2023-06-16T14:05:00+00:00"),
    ("June 16, 2023, 2:00 p.m. US/Eastern", "2023-06-16T18:00:00+00:00"),
    ("June 16, 2023, 2:00 p.m. America/New_York", "2023-06-16T18:00:00+00:00"),
    ("June 16, 2023 14:00 Asia/Almaty", "2023-06-16T08:00:00+00:00"),
    ("June 16, 2023 10:00 WIB", "2023-06-16T03:00:00+00:00"),
    ("June 16, 2023 2:00 p.m. EST5EDT", "2023-06-16T18:00:00+00:00"),
    ("16 июня 2023, 10:00 (время екатеринбургское)", "2023-06-16T05:00:00+00:00"),
    ("16 марта 2022 года в 15:00 (время Астаны)", "2022-03-16T09:00:00+00:00"),
    ("2023-06-16 10h00 +02:00", "2023-06-16T08:00:00+00:00"),
    ("Jun 16, 2023 10:00AM (ET)", "2023-06-16T14:00:00+00:00"),
    ("4:06 PM April 13, 2021 ET", "2021-04-13T20:06:00+00:00"),
    # date -u -d @1596589501; GDELT, X, asctime, RFC 822 with two digits, JavaScript, Java.
    ("1596589501", "2020-08-05T01:05:01+00:00"),
    ("1564680391000", "2019-08-01T17:26:31+00:00"),
    ("1564680391000123", "2019-08-01T17:26:31.000123+00:00"),
    ("Wed Oct 10 20:19:24 +0000 2018", "2018-10-10T20:19:24+00:00"),
    ("Thu, 01 Jan 04 19:48:21 GMT", "2004-01-01T19:48:21+00:00"),
    ("Thu, 01 Jan 98 19:48:21 GMT", "1998-01-01T19:48:21+00:00"),
    ("Fri Jun 16 2023 10:00:00 GMT+0300 (Moscow Standard Time)", "2023-06-16T07:00:00+00:00"),
    ("2021-04-13T18:37:00+03:00[Europe/Moscow]", "2021-04-13T15:37:00+00:00"),
    ("20210413T153000Z", "2021-04-13T15:30:00+00:00"),
    ("2018-12-05 11:30AM UTC+08:00", "2018-12-05T03:30:00+00:00"),
    ("Thu Apr 05 00:00:00 PDT 2018", "2018-04-05T07:00:00+00:00"),
]


@pytest.mark.parametrize(("written", "start"), READ)
def test_a_stamp_with_its_zone_is_read_whatever_the_publisher(written: str, start: str) -> None:
    # The publisher's zone must not matter where the stamp names one.
    assert read_stamp(written, zone="Asia/Tokyo").start.isoformat() == start


@pytest.mark.parametrize(
    ("written", "start"),
    [
        ("20210413153000", "2021-04-13T15:30:00+00:00"),
        ("202104131530", "2021-04-13T15:30:00+00:00"),
        ("Wed Oct 10 20:19:24 2018", "2018-10-10T20:19:24+00:00"),
        ("2016/6/29 15:07:41", "2016-06-29T15:07:41+00:00"),
        ("16-Jun-23", "2023-06-16T00:00:00+00:00"),
        ("3-Feb-2020 07:00", "2020-02-03T07:00:00+00:00"),
        ("2023-06-15 All Day", "2023-06-15T00:00:00+00:00"),
        ("13 апреля 2021 г., 18:37", "2021-04-13T18:37:00+00:00"),
    ],
)
def test_a_stamp_without_a_zone_takes_the_declared_one(written: str, start: str) -> None:
    assert read_stamp(written, zone="UTC").start.isoformat() == start
    if len(written) > 10 and "All" not in written:
        with pytest.raises(StampError, match="has no time zone"):
            read_stamp(written)


@pytest.mark.parametrize(
    ("written", "token"),
    [
        ("June 16, 2023 10:00 Almaty", "Almaty"),
        ("16/06/2023 10:00 heure de Paris", "heure"),
        ("Fri, 16 Jun 2023 10:00:00 +zz:00", r"\+zz:00"),
        ("2023-06-16 Tentative", "Tentative"),
        ("not 2023-06-16", "not"),
        ("2020-01-28 bmo", "bmo"),
        ("Updated June 16, 2023 10:00", "Updated"),
        ("2013-01-28T09:00:00-06:00Textra", "Textra"),
        ("2021-04-13 and 2021-04-14", "2021-04-14"),
        ("2021-04-13 10:00 11:00", "11:00"),
        ("2021041318", "2021041318"),
        ("June 16 123", "123"),
    ],
)
def test_a_token_that_is_not_read_refuses_the_stamp_by_name(written: str, token: str) -> None:
    with pytest.raises(StampError, match=f"'{token}' is not read") as caught:
        read_stamp(written, zone="Europe/Moscow")
    assert caught.value.kind == "not_a_stamp"


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("Jun 16, 2023 10:00 ET", "half_day_unknown"),
        ("Tuesday 13 April 2021 15:37 BST", "zone_ambiguous"),
        ("Mon, 13 Apr 2021 10:00 GMT", "weekday_vs_day"),
        ("2021-04-13 10:00 EST", "zone_season"),
        ("2021-04-13T10:00+03:00 (EDT)", "zones_disagree"),
        ("13 p.m. 2021-04-13 UTC", "no_such_time"),
        ("2021-02-29", "no_such_date"),
        ("04/05/2021", "day_month_order"),
    ],
)
def test_what_a_stamp_leaves_open_is_refused_by_its_kind(written: str, kind: str) -> None:
    with pytest.raises(StampError) as caught:
        read_stamp(written, zone="America/New_York")
    assert caught.value.kind == kind


def test_every_iana_name_and_link_is_a_zone_after_a_clock() -> None:
    from zoneinfo import available_timezones

    fixed = {"EST", "MST", "HST", "CET", "EET", "MET", "WET"}  # seasonal or ambiguous as abbreviations
    names = [n for n in available_timezones() if n not in fixed and n not in ("localtime", "Factory")]
    assert len(names) > 500
    for name in names:
        assert find_zone(name)[1].zone in (name, "UTC") or name in ("Zulu", "UCT", "Universal", "GMT"), name
        stamp = read_stamp(f"April 13, 2021 15:37:00 {name}", zone="Asia/Tokyo")
        local = stamp.start.astimezone(find_zone(name)[0])
        assert (local.hour, local.minute) == (15, 37), name


def test_the_civil_day_needs_no_zone() -> None:
    assert str(written_day("2021-04-13 18:37")) == "2021-04-13"
    assert written_day("soon") is None
