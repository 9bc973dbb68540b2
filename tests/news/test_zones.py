"""Local time to instants: every zone at every change of its clock, against another library as oracle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstudy.errors import StampError
from eventstudy.news.stamps import read_stamp, stamp_of_local
from eventstudy.news.zones import AMBIGUOUS, ZONE_NAMES, find_zone, instant_of, local_to_utc

ZONES = sorted(z for z in available_timezones() if "/" in z and not z.startswith(("posix/", "right/")))
STEP = timedelta(days=14)


def changes(name: str) -> list[datetime]:
    """Return the instants from 1990 to 2037 at which the zone's offset changes, to the second, by bisection."""
    zone = ZoneInfo(name)
    found: list[datetime] = []
    at, end = datetime(1990, 1, 1, tzinfo=UTC), datetime(2038, 1, 1, tzinfo=UTC)
    while at < end:
        low, high = at, at + STEP
        if low.astimezone(zone).utcoffset() != high.astimezone(zone).utcoffset():
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // 2
                middle = middle.replace(microsecond=0)
                same = middle.astimezone(zone).utcoffset() == low.astimezone(zone).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            found.append(high)
        at += STEP
    return found


def oracle(local: datetime, name: str) -> tuple[datetime, ...]:
    """Return the instants of a local reading as the package ``whenever`` has them."""
    whenever = pytest.importorskip("whenever")
    plain = whenever.PlainDateTime(local.year, local.month, local.day, local.hour, local.minute, local.second)
    try:
        return (_utc(plain.assume_tz(name, disambiguation="raise")),)
    except whenever.SkippedTime:
        return ()
    except whenever.RepeatedTime:
        return tuple(sorted(_utc(plain.assume_tz(name, disambiguation=d)) for d in ("earlier", "later")))


def _utc(zoned: object) -> datetime:
    return datetime.fromtimestamp(zoned.timestamp(), tz=UTC)  # type: ignore[attr-defined]


def compare(name: str) -> int:
    zone, count = ZoneInfo(name), 0
    for at in changes(name):
        offsets = [(at + timedelta(seconds=s)).astimezone(zone).utcoffset() for s in (-1, 0)]
        for offset in offsets:
            assert offset is not None
            for second in (-1, 0, 1):
                local = (at + offset + timedelta(seconds=second)).replace(tzinfo=None)
                expected = oracle(local, name)
                assert local_to_utc(local, zone) == expected, f"{name} {local}"
                check_named(local, name, expected)
                count += 1
    return count


def check_named(local: datetime, name: str, expected: tuple[datetime, ...]) -> None:
    if len(expected) == 1:
        assert instant_of(local, name) == expected[0]
        return
    with pytest.raises(StampError) as caught:
        instant_of(local, name)
    assert caught.value.kind == ("dst_fold" if expected else "dst_gap")
    assert len(caught.value.readings) == len(expected)


SAMPLE = ["Europe/Moscow", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Tehran"]


@pytest.mark.parametrize("name", [*SAMPLE, *Random(20210413).sample(ZONES, 12)])
def test_changes_of_the_clock_agree_with_another_library(name: str) -> None:
    compare(name)


@pytest.mark.slow
@pytest.mark.reference
def test_all_zones_at_all_changes_from_1990_to_2037() -> None:
    count = sum(compare(name) for name in ZONES)
    assert count > 100_000


def test_moscow_by_hand() -> None:
    # UTC+3/+4 until 27 March 2011, UTC+4 until 26 October 2014 02:00, UTC+3 since.
    assert instant_of(datetime(2010, 7, 1, 12), "MSD") == datetime(2010, 7, 1, 8, tzinfo=UTC)  # noqa: DTZ001
    assert instant_of(datetime(2012, 1, 1, 12), "MSK") == datetime(2012, 1, 1, 8, tzinfo=UTC)  # noqa: DTZ001
    assert instant_of(datetime(2014, 10, 27, 12), "MSK") == datetime(2014, 10, 27, 9, tzinfo=UTC)  # noqa: DTZ001
    with pytest.raises(StampError, match="MSD"):
        instant_of(datetime(2010, 7, 1, 12), "MSK")  # noqa: DTZ001


def test_the_table_names_only_zones_that_exist_and_seasons_that_they_show() -> None:
    for name, row in ZONE_NAMES.items():
        zone, _ = find_zone(name)
        if row.season and row.zone != "UTC":
            shown = {datetime(y, m, 1, tzinfo=UTC).astimezone(zone).tzname() for y in (2009, 2021) for m in (1, 7)}
            assert row.season in shown, f"{row.zone} never shows {row.season}"
    assert not set(AMBIGUOUS) & set(ZONE_NAMES)
    for readings in AMBIGUOUS.values():
        offsets = {ZoneInfo(z).utcoffset(datetime(2021, m, 1)) for z in readings for m in (1, 7)}  # noqa: DTZ001
        assert len(offsets) > 1


@pytest.mark.parametrize(
    ("written", "start"),
    [
        ("Tue, 13 Apr 2021 17:32:00 MSK", "2021-04-13T14:32:00+00:00"),
        ("Tue, 13 Apr 2021 17:32:00 МСК", "2021-04-13T14:32:00+00:00"),
        ("Tue, 13 Apr 2021 17:32:00 ET", "2021-04-13T21:32:00+00:00"),
        ("13 Apr 2021 17:32:00 -0000", "2021-04-13T17:32:00+00:00"),
        ("2021-04-13T17:32Z", "2021-04-13T17:32:00+00:00"),
        ("2021-04-13 17:32:00+05:30", "2021-04-13T12:02:00+00:00"),
        ("20210413T173200Z", "2021-04-13T17:32:00+00:00"),
        ("13.04.2021 17:32 Europe/Moscow", "2021-04-13T14:32:00+00:00"),
    ],
)
def test_stamps_that_other_readers_get_wrong(written: str, start: str) -> None:
    assert read_stamp(written).start.isoformat() == start


@given(st.datetimes(datetime(1990, 1, 1), datetime(2037, 12, 31)), st.sampled_from(ZONES))  # noqa: DTZ001
def test_a_stamp_shows_the_clock_it_was_read_from(local: datetime, name: str) -> None:
    local = local.replace(second=0, microsecond=0)
    if len(local_to_utc(local, ZoneInfo(name))) != 1:
        with pytest.raises(StampError, match="clock"):
            stamp_of_local(local, "minute", name)
        return
    stamp = stamp_of_local(local, "minute", name)
    assert stamp.start.astimezone(ZoneInfo(name)).replace(tzinfo=None) == local
    assert stamp.end - stamp.start == timedelta(seconds=59, microseconds=999_999)


@given(st.text(max_size=60))
def test_any_text_is_a_stamp_or_a_named_refusal(text: str) -> None:
    try:
        bounds = (read_stamp(text, zone="UTC").start, read_stamp(text, zone="UTC").end)
    except StampError:
        return
    assert bounds[0] <= bounds[1]
