"""Yahoo's names of exchanges and the calendars they trade on."""

from __future__ import annotations

from eventstudy.errors import EventStudyError
from eventstudy.market.calendars import calendar

# Calendar -> the names Yahoo's chart service gives its exchanges (``exchangeName`` of an answer).
NAMES: dict[str, tuple[str, ...]] = {
    "XNYS": (
        *("NMS", "NGM", "NCM", "NAS", "NYQ", "ASE", "PCX", "BTS", "NYS"),
        *("SNP", "DJI", "NIM", "WCB", "CXI", "OPR", "NYB"),
    ),
    "XTSE": ("TOR", "VAN", "CNQ", "NEO"),
    "BVMF": ("SAO",),
    "XMEX": ("MEX",),
    "XBUE": ("BUE",),
    "XSGO": ("SGO",),
    "XLON": ("LSE", "IOB", "FGI"),
    "XDUB": ("ISE", "DUB"),
    "XETR": ("GER",),
    "XFRA": ("FRA",),
    "XPAR": ("PAR",),
    "XAMS": ("AMS",),
    "XBRU": ("BRU",),
    "XLIS": ("LIS",),
    "XMIL": ("MIL",),
    "XMAD": ("MCE",),
    "XSWX": ("EBS", "SWX"),
    "XWBO": ("VIE",),
    "XSTO": ("STO",),
    "XCSE": ("CPH",),
    "XHEL": ("HEL",),
    "XOSL": ("OSL",),
    "ASEX": ("ATH",),
    "XWAR": ("WSE",),
    "XPRA": ("PRA",),
    "XBUD": ("BUD",),
    "XIST": ("IST",),
    "XTAE": ("TLV",),
    "XSAU": ("SAU",),
    "XJSE": ("JNB",),
    "MOEX-SHARES": ("MCX",),
    "XTKS": ("JPX", "OSA", "TYO"),
    "XHKG": ("HKG",),
    "XSHG": ("SHH", "SHZ"),
    "XKRX": ("KSC", "KOE"),
    "XTAI": ("TAI", "TWO"),
    "XBOM": ("BSE", "NSI"),
    "XSES": ("SES",),
    "XIDX": ("JKT",),
    "XKLS": ("KLS",),
    "XBKK": ("SET",),
    "XPHS": ("PHS",),
    "XASX": ("ASX", "CXA"),
    "XNZE": ("NZE",),
}
CALENDAR_OF = {name: code for code, names in NAMES.items() for name in names}


def calendar_of(exchange: str, zone: str) -> str:
    """Return the calendar of an answer's exchange, where it is known and runs on the zone of the answer; else ""."""
    name = CALENDAR_OF.get(exchange, "")
    try:
        return name if name and calendar(name).zone == zone else ""
    except EventStudyError:
        return ""
