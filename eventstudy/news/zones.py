"""Zone names tied to IANA zones, and the way from a local clock reading to instants."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from eventstudy.errors import StampError


@dataclass(frozen=True, slots=True)
class ZoneName:
    """What a written zone name means.

    Attributes
    ----------
    zone : str
        IANA name, or the offset as written; the offsets of any date come from there and never from this table.
    season : str
        The abbreviation the zone must show on that date ("EST" is not an April time in New York), or ``standard`` or
        ``summer``; empty for names that mean the local clock all year.
    clock : int
        12 where a bare "9:30" lacks its half of the day, 24 where it is complete.
    """

    zone: str
    season: str = ""
    clock: int = 24


# Abbreviations as the IANA database prints them for the zone on the right; each is valid only on dates on which the
# zone shows it. Names that different zones print for different offsets are in AMBIGUOUS instead.
_SEASONAL = {
    **dict.fromkeys(["MSK", "MSD"], "Europe/Moscow"),
    **dict.fromkeys(["EST", "EDT"], "America/New_York"),
    "CDT": "America/Chicago",
    "MDT": "America/Denver",
    "PDT": "America/Los_Angeles",
    "AKST": "America/Anchorage",
    "AKDT": "America/Anchorage",
    "HST": "Pacific/Honolulu",
    **dict.fromkeys(["CET", "CEST"], "Europe/Paris"),
    **dict.fromkeys(["EET", "EEST"], "Europe/Helsinki"),
    **dict.fromkeys(["WET", "WEST"], "Europe/Lisbon"),
    "JST": "Asia/Tokyo",
    "KST": "Asia/Seoul",
    "HKT": "Asia/Hong_Kong",
    "PKT": "Asia/Karachi",
    "WIB": "Asia/Jakarta",
    "WITA": "Asia/Makassar",
    "WIT": "Asia/Jayapura",
    **dict.fromkeys(["AEST", "AEDT"], "Australia/Sydney"),
    "ACST": "Australia/Adelaide",
    "ACDT": "Australia/Adelaide",
    "AWST": "Australia/Perth",
    **dict.fromkeys(["NZST", "NZDT"], "Pacific/Auckland"),
    "SAST": "Africa/Johannesburg",
    "CAT": "Africa/Maputo",
    "EAT": "Africa/Nairobi",
    "WAT": "Africa/Lagos",
}
# Names that more than one zone prints, with different offsets: never resolved, the readings are shown.
AMBIGUOUS: dict[str, tuple[str, ...]] = {
    "ist": ("Asia/Kolkata", "Asia/Jerusalem", "Europe/Dublin"),
    "cst": ("America/Chicago", "Asia/Shanghai", "America/Havana"),
    "bst": ("Europe/London", "Asia/Dhaka", "Pacific/Bougainville"),
    "pst": ("America/Los_Angeles", "Asia/Manila", "Asia/Karachi"),
    "mst": ("America/Denver", "Asia/Kuala_Lumpur", "Asia/Yangon"),
    "ast": ("America/Halifax", "Asia/Riyadh"),
    "gst": ("Asia/Dubai", "Atlantic/South_Georgia"),
    "sst": ("Pacific/Pago_Pago", "Asia/Singapore"),
    "adt": ("America/Halifax", "Asia/Baghdad"),
    "amt": ("America/Manaus", "Asia/Yerevan"),
    "ect": ("America/Guayaquil", "Europe/Paris"),
    "wst": ("Pacific/Apia", "Australia/Perth"),
    "edgar": ("UTC", "America/New_York"),  # EDGAR's acceptance times: see news/dumps.py
}
# "... time", "... standard time", "... summer time": the clock of a region, in English.
_REGIONS: dict[str, str] = {
    "eastern": "America/New_York",
    "central": "America/Chicago",
    "mountain": "America/Denver",
    "pacific": "America/Los_Angeles",
    "alaska": "America/Anchorage",
    "atlantic": "America/Halifax",
    "newfoundland": "America/St_Johns",
    "central european": "Europe/Berlin",
    "eastern european": "Europe/Helsinki",
    "western european": "Europe/Lisbon",
    "uk": "Europe/London",
    "british": "Europe/London",
    "greenwich mean": "UTC",
    "coordinated universal": "UTC",
    "universal": "UTC",
    "gmt": "UTC",
    **dict.fromkeys(["japan", "japanese"], "Asia/Tokyo"),
    "china": "Asia/Shanghai",
    "singapore": "Asia/Singapore",
    "gulf": "Asia/Dubai",
    "israel": "Asia/Jerusalem",
    **dict.fromkeys(["india", "indian"], "Asia/Kolkata"),
    **dict.fromkeys(["korea", "korean"], "Asia/Seoul"),
    "australian eastern": "Australia/Sydney",
    "new zealand": "Pacific/Auckland",
}
# Towns whose zone IANA names after another town, or that a Russian text names: English names | stems of the Russian.
_TOWNS: tuple[tuple[str, str], ...] = (
    ("Europe/Moscow", "moscow st petersburg | москв московск мск санкт-петербург"),
    ("Europe/Kaliningrad", "| калининград"),
    ("Europe/Samara", "| самар"),
    ("Europe/Saratov", "| саратов"),
    ("Europe/Volgograd", "| волгоград"),
    ("Asia/Yekaterinburg", "| екатеринбург уральск екб"),
    ("Asia/Omsk", "| омск"),
    ("Asia/Novosibirsk", "| новосибирск"),
    ("Asia/Tomsk", "| томск"),
    ("Asia/Krasnoyarsk", "| красноярск"),
    ("Asia/Irkutsk", "| иркутск"),
    ("Asia/Chita", "| читинск"),
    ("Asia/Yakutsk", "| якутск"),
    ("Asia/Vladivostok", "| владивосток"),
    ("Asia/Sakhalin", "| сахалин"),
    ("Asia/Magadan", "| магадан"),
    ("Asia/Kamchatka", "| камчат"),
    ("Europe/Minsk", "| минск"),
    ("Europe/Kyiv", "kyiv kiev | киев"),
    ("Asia/Tashkent", "| ташкент"),
    ("Asia/Almaty", "astana nur-sultan | астан алма-ат алмат"),
    ("Asia/Baku", "| бакинск баку"),
    ("Asia/Tbilisi", "| тбилис"),
    ("Asia/Yerevan", "| ереван"),
    ("Asia/Tokyo", "| токи"),
    ("Asia/Hong_Kong", "| гонконг"),
    ("Asia/Shanghai", "beijing | пекин шанха"),
    ("Asia/Singapore", "| сингапур"),
    ("Asia/Dubai", "abu-dhabi | дуба"),
    ("Asia/Kolkata", "delhi mumbai | дели мумба"),
    ("Europe/London", "| лондон"),
    ("Europe/Vienna", "| вен венск"),
    ("Europe/Paris", "| париж"),
    ("Europe/Berlin", "frankfurt | берлин франкфурт центральноевропейск"),
    ("Europe/Zurich", "geneva | женев цюрих"),
    ("Europe/Brussels", "| брюссел"),
    ("Europe/Istanbul", "ankara | стамбул анкар"),
    ("America/New_York", "washington | нью-йорк вашингтон"),
    ("America/Chicago", "| чикаг"),
    ("America/Toronto", "ottawa | оттав торонто"),
    ("Australia/Sydney", "canberra | сидне"),
    ("Pacific/Auckland", "wellington | веллингтон"),
    ("UTC", "| гринвич всемирн"),
)
# The quoted venue's clock, used only for a time said "according to" it.
VENUES: dict[str, str] = {
    **dict.fromkeys(["moscow exchange", "moscow stock exchange", "moex", "micex"], "Europe/Moscow"),
    **dict.fromkeys(["мосбирж", "московской бирж", "московская бирж", "ммвб"], "Europe/Moscow"),
    **dict.fromkeys(["new york stock exchange", "nyse", "nasdaq"], "America/New_York"),
    **dict.fromkeys(["london stock exchange"], "Europe/London"),
    **dict.fromkeys(["deutsche boerse", "deutsche börse", "xetra"], "Europe/Berlin"),
    **dict.fromkeys(["tokyo stock exchange"], "Asia/Tokyo"),
}
_TWELVE_HOURS: tuple[str, ...] = (
    *("America/", "Australia/", "US/", "Canada/", "Pacific/Auckland", "Europe/London", "Europe/Dublin"),
    *("Asia/Kolkata", "Asia/Karachi", "Asia/Manila", "EST", "CST", "MST", "PST", "GB", "NZ"),
)
_AREAS = frozenset({"Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"})
_DIRECTIONS = frozenset({"west", "north", "south", "east", "act", "nsw", "easter", "center", "lhi"})
_OFFSET = re.compile(r"(?:(?:UTC|GMT)\s?)?([+\u2212-])(\d{1,2})(?::?([0-5]\d))?", re.IGNORECASE)
_MOSCOW_PLUS = re.compile(r"(?:МСК|MSK)\s?([+\u2212-])\s?(\d{1,2})", re.IGNORECASE)
_DOTTED = re.compile(r"(?:[a-zа-я]\.\s?){1,5}[a-zа-я]?\.?", re.IGNORECASE)
_REGION = re.compile(r"(?P<name>[a-z .-]+?)(?: (?P<season>standard|daylight|summer))?(?: time)?")
_RUSSIAN = re.compile(
    r"(?:(?:по )?(?P<a>[а-яё-]+?)(?:о?му|ого|ое|ому) врем\w+|(?:по )?врем\w+ (?P<b>[а-яё-]+)|по (?P<c>[а-яё-]+))"
)


def _row(zone: str, season: str = "") -> ZoneName:
    return ZoneName(zone, season, 12 if zone.startswith(_TWELVE_HOURS) else 24)


ZONE_NAMES: dict[str, ZoneName] = {
    **{name.casefold(): _row(zone, name) for name, zone in _SEASONAL.items()},
    **{name: _row("UTC") for name in ("utc", "gmt", "z", "zulu")},
    "et": _row("America/New_York"),
    "ct": _row("America/Chicago"),
    "mt": _row("America/Denver"),
    "pt": _row("America/Los_Angeles"),
    "мск": _row("Europe/Moscow"),
    "msk": _row("Europe/Moscow", "MSK"),
    "мсд": _row("Europe/Moscow", "MSD"),
}


@lru_cache(maxsize=1)
def _cities() -> dict[str, str]:
    """Return town -> zone: the towns IANA names a zone after, unless two zones share one, and the table above."""
    found: dict[str, set[str]] = {}
    for name in available_timezones():
        area, _, town = name.rpartition("/")
        if area.partition("/")[0] in _AREAS and town.casefold() not in _DIRECTIONS:
            found.setdefault(town.casefold().replace("_", " "), set()).add(name)
    towns = {town: min(names) for town, names in found.items() if len(names) == 1}
    for zone, words in _TOWNS:
        english = words.partition("|")[0].replace("st petersburg", "st-petersburg").split()
        towns |= {name.replace("-", " "): zone for name in english}
    return towns


@lru_cache(maxsize=1)
def _iana_names() -> dict[str, str]:
    """Return every IANA name and link by its name in small letters."""
    return {name.casefold(): name for name in available_timezones() if not name.startswith(("posix/", "right/"))}


def _russian_town(word: str) -> str:
    stems = [(stem, zone) for zone, words in _TOWNS for stem in words.partition("|")[2].split()]
    fits = [(len(stem), zone) for stem, zone in stems if word.startswith(stem) and len(word) - len(stem) <= 4]
    return max(fits)[1] if fits else ""


def city_zone(town: str) -> str:
    """Return the zone of a town, in English or Russian; empty if unknown."""
    folded = " ".join(town.casefold().split())
    return _cities().get(folded, "") or (_russian_town(folded) if folded[:1] > "z" else "")


@lru_cache(maxsize=4096)
def find_zone(name: str) -> tuple[tzinfo, ZoneName]:
    """Return the zone a name means: an IANA name or link, an offset, an abbreviation, or the clock of a town.

    Others are refused as ``zone_ambiguous`` with their readings, or as ``zone_unknown``.
    """
    folded = " ".join(name.casefold().strip(" ,;").split())
    if _DOTTED.fullmatch(folded):
        folded = folded.replace(".", "").replace(" ", "")
    folded = re.sub(r"^(?:u\.?s\.?|the)\s+", "", folded).rstrip(".")
    if folded in AMBIGUOUS:
        raise StampError(
            "zone_ambiguous",
            f"{name!r} is the clock of more than one place: {', '.join(AMBIGUOUS[folded])}.",
            readings=AMBIGUOUS[folded],
            remedy="Say which, for example timezone = 'Europe/London'.",
        )
    row = ZONE_NAMES.get(folded) or _named(folded)
    if row is not None:
        return (UTC if row.zone == "UTC" else ZoneInfo(row.zone)), row
    offset = _OFFSET.fullmatch(folded)
    # "МСК+2" is how Russian regions name their clock: Moscow's offset and two hours more.
    regional = _MOSCOW_PLUS.fullmatch(folded)
    if offset:
        return _fixed(offset[1], int(offset[2]), int(offset[3] or 0), name), ZoneName(name)
    if regional:
        return _fixed(regional[1], int(regional[2]), 0, name, base=3), ZoneName(name)
    raise StampError(
        "zone_unknown",
        f"{name!r} is not a known zone.",
        remedy="Use an IANA name such as 'Europe/Moscow', or an offset such as '+03:00'.",
    )


def _named(folded: str) -> ZoneName | None:
    """Return the row of a region, a town or an IANA name, given in small letters."""
    region = _REGION.fullmatch(folded)
    if region and region["name"] in _REGIONS and (folded != region["name"] or region["name"] in _BARE_REGIONS):
        season = {"standard": "standard", "daylight": "summer", "summer": "summer"}.get(region["season"] or "", "")
        zone = _REGIONS[region["name"]]
        return _row(zone, "" if zone == "UTC" else season)
    if folded.endswith(" time") and (town := city_zone(folded.removesuffix(" time").removesuffix(" standard"))):
        return _row(town)
    russian = _RUSSIAN.fullmatch(folded)
    if russian and (town := _russian_town(russian["a"] or russian["b"] or russian["c"])):
        return _row(town) if town != "UTC" else _row("UTC")
    try:
        return None if folded not in _iana_names() else _row(ZoneInfo(_iana_names()[folded]).key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


_BARE_REGIONS = frozenset({"eastern", "central", "mountain", "pacific"})


def _fixed(sign: str, hours: int, minutes: int, name: str, *, base: int = 0) -> timezone:
    total = (hours * 60 + minutes) * (1 if sign == "+" else -1) + base * 60
    if not -12 * 60 <= total <= 14 * 60:
        raise StampError("zone_unknown", f"The offset {name!r} is out of range; it must be between -12:00 and +14:00.")
    return timezone(timedelta(minutes=total))


def local_to_utc(local: datetime, zone: tzinfo) -> tuple[datetime, ...]:
    """Return every instant at which the clock of ``zone`` shows ``local``: none in a gap, two in a fold."""
    try:
        if zone.utcoffset(None) is not None:  # only a clock that is never moved has an offset on no date
            return (local.replace(tzinfo=zone, fold=0).astimezone(UTC),)
        readings = {local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
        return tuple(sorted(at for at in readings if at.astimezone(zone).replace(tzinfo=None, fold=0) == local))
    except OverflowError:
        return ()


def _in_season(at: datetime, zone: tzinfo, season: str) -> bool:
    here = at.astimezone(zone)
    return here.tzname() == season if season.isupper() else bool(here.dst()) == (season == "summer")


def instant_of(local: datetime, zone_name: str) -> datetime:
    """Return the one instant at which the named clock shows ``local``.

    Refused are ``dst_gap`` if the clock never shows it, ``dst_fold`` if it shows it twice, and ``zone_season`` if the
    name is not in force on that date.
    """
    zone, row = find_zone(zone_name)
    found = local_to_utc(local.replace(tzinfo=None, fold=0), zone)
    if row.season and found:
        named = tuple(at for at in found if _in_season(at, zone, row.season))
        if not named:
            shown = " or ".join(sorted({str(at.astimezone(zone).tzname()) for at in found}))
            raise StampError(
                "zone_season",
                f"{zone_name!r} is not in force on {local:%Y-%m-%d}: clocks in {row.zone} then show {shown}.",
                readings=[at.isoformat() for at in found],
                remedy=f"Say whether the clock of {row.zone} or the offset of {zone_name} is meant.",
            )
        found = named
    if len(found) == 1:
        return found[0]
    if not found:
        raise StampError(
            "dst_gap",
            f"The clock of {zone_name} never shows {local:%Y-%m-%d %H:%M}: it is moved forward over it.",
            remedy="Correct the time, or give its offset.",
        )
    raise StampError(
        "dst_fold",
        f"The clock of {zone_name} shows {local:%Y-%m-%d %H:%M} twice: {' and '.join(at.isoformat() for at in found)}.",
        readings=[at.isoformat() for at in found],
        remedy="Give the offset.",
    )


def is_utc_name(name: str) -> bool:
    """Return whether a zone is written as UTC itself, which is how machines write any place's time."""
    folded = name.casefold().strip()
    return folded in ("", "z", "utc", "gmt", "+00:00", "+0000", "+00", "-0000", "-00:00", "etc/utc")


def half_day_clock(name: str) -> bool:
    """Return whether a bare "9:30" on this clock may be morning or evening."""
    return find_zone(name)[1].clock == 12
