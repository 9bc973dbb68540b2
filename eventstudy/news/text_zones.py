"""Whose clock: zone names tied to IANA zones, and the way from a local clock reading to instants."""

from __future__ import annotations

import re
from collections.abc import Mapping
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
        IANA name; the offsets of any date come from there and never from this table.
    season : str
        The abbreviation the zone must show on that date ("EST" is no April time in New York); empty for names
        that mean the local clock all year.
    clock : int
        12 where a bare "9:30" is half a day short, 24 where it is complete.
    """

    zone: str
    season: str = ""
    clock: int = 24


def _fixed_names(rows: Mapping[str, tuple[str, int]]) -> dict[str, ZoneName]:
    return {name.casefold(): ZoneName(zone, name, clock) for name, (zone, clock) in rows.items()}


# Abbreviations as the IANA database (2026a) prints them for the zone on the right; each is valid only on dates on
# which the zone really shows it. Names that different zones print for different offsets are in AMBIGUOUS instead.
_SEASONAL = _fixed_names(
    {
        "MSK": ("Europe/Moscow", 24),
        "MSD": ("Europe/Moscow", 24),
        "EST": ("America/New_York", 12),
        "EDT": ("America/New_York", 12),
        "CDT": ("America/Chicago", 12),
        "MDT": ("America/Denver", 12),
        "PDT": ("America/Los_Angeles", 12),
        "CET": ("Europe/Paris", 24),
        "CEST": ("Europe/Paris", 24),
        "EET": ("Europe/Helsinki", 24),
        "EEST": ("Europe/Helsinki", 24),
        "WET": ("Europe/Lisbon", 24),
        "WEST": ("Europe/Lisbon", 24),
        "JST": ("Asia/Tokyo", 24),
        "KST": ("Asia/Seoul", 24),
        "HKT": ("Asia/Hong_Kong", 24),
        "AEST": ("Australia/Sydney", 12),
        "AEDT": ("Australia/Sydney", 12),
        "NZST": ("Pacific/Auckland", 12),
        "NZDT": ("Pacific/Auckland", 12),
        "SAST": ("Africa/Johannesburg", 24),
    }
)
# Words for the local clock of a place, whatever the season.
_LOCAL: dict[str, ZoneName] = {
    **dict.fromkeys(["utc", "gmt", "z", "greenwich mean time", "coordinated universal time"], ZoneName("UTC")),
    **dict.fromkeys(["по гринвичу", "гринвичу", "всемирного времени"], ZoneName("UTC")),
    **dict.fromkeys(["мск", "moscow time", "moscow", "moscow standard time"], ZoneName("Europe/Moscow")),
    **dict.fromkeys(["московскому времени", "московского времени", "москве", "мск."], ZoneName("Europe/Moscow")),
    **dict.fromkeys(["et", "eastern time", "eastern", "new york time"], ZoneName("America/New_York", clock=12)),
    **dict.fromkeys(["времени нью-йорка", "нью-йоркскому времени"], ZoneName("America/New_York")),
    **dict.fromkeys(["ct", "central time", "chicago time"], ZoneName("America/Chicago", clock=12)),
    **dict.fromkeys(["mt", "mountain time"], ZoneName("America/Denver", clock=12)),
    **dict.fromkeys(["pt", "pacific time"], ZoneName("America/Los_Angeles", clock=12)),
    **dict.fromkeys(["london time", "uk time"], ZoneName("Europe/London", clock=12)),
    **dict.fromkeys(["лондонскому времени", "времени лондона"], ZoneName("Europe/London")),
    **dict.fromkeys(["frankfurt time", "berlin time"], ZoneName("Europe/Berlin")),
    **dict.fromkeys(["центральноевропейскому времени"], ZoneName("Europe/Berlin")),
    **dict.fromkeys(["paris time"], ZoneName("Europe/Paris")),
    **dict.fromkeys(["kyiv time", "kiev time", "киевскому времени"], ZoneName("Europe/Kyiv")),
    **dict.fromkeys(["tokyo time"], ZoneName("Asia/Tokyo")),
    **dict.fromkeys(["beijing time", "shanghai time", "пекинскому времени"], ZoneName("Asia/Shanghai")),
    **dict.fromkeys(["hong kong time"], ZoneName("Asia/Hong_Kong")),
    **dict.fromkeys(["sydney time"], ZoneName("Australia/Sydney", clock=12)),
    **dict.fromkeys(["japan time", "japan standard time"], ZoneName("Asia/Tokyo")),
    **dict.fromkeys(["china time", "china standard time"], ZoneName("Asia/Shanghai")),
    **dict.fromkeys(["india time", "indian standard time"], ZoneName("Asia/Kolkata", clock=12)),
    **dict.fromkeys(["korea time", "korea standard time"], ZoneName("Asia/Seoul")),
    **dict.fromkeys(["central european time", "central european summer time"], ZoneName("Europe/Berlin")),
    **dict.fromkeys(["newfoundland time"], ZoneName("America/St_Johns", clock=12)),
    **dict.fromkeys(["british time", "british summer time"], ZoneName("Europe/London", clock=12)),
}
# Russian names a clock by the adjective of its town: "по омскому времени".
_TOWNS_RU: dict[str, str] = {
    "калининградскому": "Europe/Kaliningrad",
    "самарскому": "Europe/Samara",
    "саратовскому": "Europe/Saratov",
    "волгоградскому": "Europe/Volgograd",
    "екатеринбургскому": "Asia/Yekaterinburg",
    "уральскому": "Asia/Yekaterinburg",
    "омскому": "Asia/Omsk",
    "новосибирскому": "Asia/Novosibirsk",
    "томскому": "Asia/Tomsk",
    "красноярскому": "Asia/Krasnoyarsk",
    "иркутскому": "Asia/Irkutsk",
    "читинскому": "Asia/Chita",
    "якутскому": "Asia/Yakutsk",
    "владивостокскому": "Asia/Vladivostok",
    "сахалинскому": "Asia/Sakhalin",
    "магаданскому": "Asia/Magadan",
    "камчатскому": "Asia/Kamchatka",
    "минскому": "Europe/Minsk",
    "ташкентскому": "Asia/Tashkent",
    "алма-атинскому": "Asia/Almaty",
    "бакинскому": "Asia/Baku",
    "тбилисскому": "Asia/Tbilisi",
    "ереванскому": "Asia/Yerevan",
    "токийскому": "Asia/Tokyo",
    "гонконгскому": "Asia/Hong_Kong",
    "венскому": "Europe/Vienna",
    "парижскому": "Europe/Paris",
    "берлинскому": "Europe/Berlin",
    "женевскому": "Europe/Zurich",
    "брюссельскому": "Europe/Brussels",
    "стамбульскому": "Europe/Istanbul",
    "чикагскому": "America/Chicago",
    "сиднейскому": "Australia/Sydney",
    "дубайскому": "Asia/Dubai",
}
_LOCAL |= {f"{adjective} времени": ZoneName(zone) for adjective, zone in _TOWNS_RU.items()}
_LOCAL |= dict.fromkeys(["времени астаны", "времени алма-аты"], ZoneName("Asia/Almaty"))
_LOCAL |= dict.fromkeys(["времени парижа"], ZoneName("Europe/Paris"))
_LOCAL |= dict.fromkeys(["времени токио"], ZoneName("Asia/Tokyo"))
_LOCAL |= dict.fromkeys(["времени пекина"], ZoneName("Asia/Shanghai"))
_LOCAL |= dict.fromkeys(["времени стамбула"], ZoneName("Europe/Istanbul"))
ZONE_NAMES: dict[str, ZoneName] = {**_SEASONAL, **_LOCAL}

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
}

# The quoted venue's own clock, used only for a time said "according to" it.
VENUES: dict[str, ZoneName] = {
    **dict.fromkeys(["moscow exchange", "moscow stock exchange", "moex", "micex"], ZoneName("Europe/Moscow")),
    **dict.fromkeys(["мосбирж", "московской бирж", "московская бирж", "ммвб"], ZoneName("Europe/Moscow")),
    **dict.fromkeys(["new york stock exchange", "nyse", "nasdaq"], ZoneName("America/New_York", clock=12)),
    **dict.fromkeys(["london stock exchange"], ZoneName("Europe/London", clock=12)),
    **dict.fromkeys(["deutsche boerse", "deutsche börse", "xetra"], ZoneName("Europe/Berlin")),
    **dict.fromkeys(["tokyo stock exchange"], ZoneName("Asia/Tokyo")),
}

# Places whose clock may be meant where a sentence names them beside a time without a zone.
PLACES: dict[str, str] = {
    **dict.fromkeys(["moscow", "москве"], "Europe/Moscow"),
    **dict.fromkeys(["new york", "washington", "нью-йорке", "вашингтоне"], "America/New_York"),
    **dict.fromkeys(["london", "лондоне"], "Europe/London"),
    **dict.fromkeys(["frankfurt", "berlin", "берлине", "франкфурте"], "Europe/Berlin"),
    **dict.fromkeys(["geneva", "zurich", "женеве", "цюрихе"], "Europe/Zurich"),
    **dict.fromkeys(["paris", "париже"], "Europe/Paris"),
    **dict.fromkeys(["brussels", "брюсселе"], "Europe/Brussels"),
    **dict.fromkeys(["vienna", "вене"], "Europe/Vienna"),
    **dict.fromkeys(["kyiv", "kiev", "киеве"], "Europe/Kyiv"),
    **dict.fromkeys(["minsk", "минске"], "Europe/Minsk"),
    **dict.fromkeys(["istanbul", "ankara", "стамбуле", "анкаре"], "Europe/Istanbul"),
    **dict.fromkeys(["tokyo", "токио"], "Asia/Tokyo"),
    **dict.fromkeys(["beijing", "shanghai", "пекине", "шанхае"], "Asia/Shanghai"),
    **dict.fromkeys(["hong kong", "гонконге"], "Asia/Hong_Kong"),
    **dict.fromkeys(["singapore", "сингапуре"], "Asia/Singapore"),
    **dict.fromkeys(["sydney", "сиднее"], "Australia/Sydney"),
    **dict.fromkeys(["dubai", "дубае"], "Asia/Dubai"),
    **dict.fromkeys(["chicago", "чикаго"], "America/Chicago"),
    **dict.fromkeys(["москва"], "Europe/Moscow"),
    **dict.fromkeys(["самара"], "Europe/Samara"),
    **dict.fromkeys(["екатеринбург"], "Asia/Yekaterinburg"),
    **dict.fromkeys(["новосибирск"], "Asia/Novosibirsk"),
    **dict.fromkeys(["владивосток"], "Asia/Vladivostok"),
    **dict.fromkeys(["санкт-петербург"], "Europe/Moscow"),
    **dict.fromkeys(["лондон"], "Europe/London"),
    **dict.fromkeys(["вашингтон", "нью-йорк"], "America/New_York"),
    **dict.fromkeys(["минск"], "Europe/Minsk"),
    **dict.fromkeys(["киев"], "Europe/Kyiv"),
    **dict.fromkeys(["пекин"], "Asia/Shanghai"),
    **dict.fromkeys(["франкфурт", "берлин"], "Europe/Berlin"),
    **dict.fromkeys(["брюссель"], "Europe/Brussels"),
    **dict.fromkeys(["женева", "цюрих"], "Europe/Zurich"),
    **dict.fromkeys(["вена"], "Europe/Vienna"),
    **dict.fromkeys(["париж"], "Europe/Paris"),
    **dict.fromkeys(["стамбул", "анкара"], "Europe/Istanbul"),
    **dict.fromkeys(["ottawa", "toronto", "оттаве"], "America/Toronto"),
    **dict.fromkeys(["canberra"], "Australia/Sydney"),
    **dict.fromkeys(["wellington", "auckland"], "Pacific/Auckland"),
    **dict.fromkeys(["vladivostok", "владивостоке"], "Asia/Vladivostok"),
}

_OFFSET = re.compile(r"(?:(?:UTC|GMT)\s?)?([+\u2212-])(\d{1,2})(?::?([0-5]\d))?", re.IGNORECASE)
_MOSCOW_PLUS = re.compile(r"(?:МСК|MSK)\s?([+\u2212-])\s?(\d{1,2})", re.IGNORECASE)


@lru_cache(maxsize=1)
def _cities() -> dict[str, str]:
    """Return the towns that name an IANA zone: "istanbul" -> Europe/Istanbul; those of two zones are left out."""
    found: dict[str, set[str]] = {}
    for name in available_timezones():
        area, _, town = name.rpartition("/")
        if area in _AREAS and town.casefold() not in _DIRECTIONS:
            found.setdefault(town.casefold().replace("_", " "), set()).add(name)
    return {town: min(names) for town, names in found.items() if len(names) == 1}


_AREAS = frozenset({"Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"})
_DIRECTIONS = frozenset({"west", "north", "south", "east", "act", "nsw", "easter", "center", "lhi"})


def city_zone(town: str) -> str:
    """Return the zone of a town by the table of places, or by the zone that IANA names after it; empty if unknown."""
    folded = " ".join(town.casefold().split())
    return PLACES.get(folded) or _cities().get(folded, "")


@lru_cache(maxsize=1024)
def find_zone(name: str) -> tuple[tzinfo, ZoneName]:
    """Return the zone a name means: an IANA name, an offset, or a row of ``ZONE_NAMES``.

    Raises
    ------
    StampError
        ``zone_ambiguous`` with its readings, or ``zone_unknown``.
    """
    folded = " ".join(name.casefold().split())
    if folded in ZONE_NAMES:
        row = ZONE_NAMES[folded]
        return (UTC if row.zone == "UTC" else ZoneInfo(row.zone)), row
    if folded in AMBIGUOUS:
        raise StampError(
            "zone_ambiguous",
            f"{name!r} is the clock of more than one place: {', '.join(AMBIGUOUS[folded])}.",
            readings=AMBIGUOUS[folded],
            remedy="Say which, for example timezone = 'Europe/London'.",
        )
    town = city_zone(folded.removesuffix(" time")) if folded.endswith(" time") else ""
    if town:
        return ZoneInfo(town), ZoneName(town)
    offset = _OFFSET.fullmatch(name)
    if offset:
        zone = _fixed(offset[1], int(offset[2]), int(offset[3] or 0), name)
        return zone, ZoneName(name)
    # "МСК+2" is how Russian regions name their clock: Moscow's offset and two hours more.
    regional = _MOSCOW_PLUS.fullmatch(name)
    if regional:
        return _fixed(regional[1], int(regional[2]), 0, name, base=3), ZoneName(name)
    return _iana(name), ZoneName(name)


def _fixed(sign: str, hours: int, minutes: int, name: str, *, base: int = 0) -> timezone:
    total = (hours * 60 + minutes) * (1 if sign == "+" else -1) + base * 60
    if not -12 * 60 <= total <= 14 * 60:
        raise StampError("zone_unknown", f"No clock on earth is at the offset {name!r}; known are -12:00 to +14:00.")
    return timezone(timedelta(minutes=total))


def _iana(name: str) -> ZoneInfo:
    try:
        if "/" not in name:
            raise ZoneInfoNotFoundError(name)
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise StampError(
            "zone_unknown",
            f"{name!r} is not a known zone.",
            remedy="Use an IANA name such as 'Europe/Moscow', or an offset such as '+03:00'.",
        ) from None


def local_to_utc(local: datetime, zone: tzinfo) -> tuple[datetime, ...]:
    """Return every instant at which the clock of ``zone`` shows ``local``: none in a gap, two in a fold."""
    try:
        readings = {local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
        return tuple(sorted(at for at in readings if at.astimezone(zone).replace(tzinfo=None, fold=0) == local))
    except OverflowError:
        return ()


def instant_of(local: datetime, zone_name: str) -> datetime:
    """Return the one instant at which the named clock shows ``local``.

    Raises
    ------
    StampError
        ``dst_gap`` if the clock never shows it, ``dst_fold`` if it shows it twice, ``zone_season`` if the name is
        not in force on that date, or what ``find_zone`` raises.
    """
    zone, row = find_zone(zone_name)
    found = local_to_utc(local.replace(tzinfo=None, fold=0), zone)
    if row.season and found:
        named = tuple(at for at in found if at.astimezone(zone).tzname() == row.season)
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


_HALF_DAY_PLACES = ("America/", "Australia/", "US/", "Canada/", "Pacific/Auckland", "Europe/London", "Europe/Dublin")


def half_day_clock(name: str) -> bool:
    """Return whether a bare "9:30" on this clock may be morning or evening."""
    _, row = find_zone(name)
    return row.clock == 12 or row.zone.startswith((*_HALF_DAY_PLACES, "Asia/Kolkata", "Asia/Karachi", "Asia/Manila"))
