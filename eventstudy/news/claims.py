"""Price claims in text: "the dollar fell by 1.2 rubles to 76.16 as of 18:53" as a value that prices can check."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from eventstudy.news.zones import VENUES


@dataclass(frozen=True, slots=True)
class PriceClaim:
    """What a text says a price did.

    Attributes
    ----------
    subject : str
        ``"USD/RUB"``, ``"EUR/RUB"``, an index or a ticker. A claim on the rouble against the dollar is stored as
        USD/RUB, so up is always a dearer subject.
    change : float or None
        Signed, in ``unit``.
    unit : str
        ``"RUB"``, ``"kopecks"``, ``"USD"``, ``"percent"``, ``"points"`` or empty.
    level : float or None
        The price named, in the currency of the subject (index points for an index).
    at : str
        The time as written ("18:53"), empty where none is said.
    venue : str
        The exchange quoted, empty where none is.
    against : str
        What the change is measured from: ``"previous close"``, ``"open"`` or ``"unsaid"``.
    text, start, end
        The words and where they stand in the text.
    """

    subject: str
    change: float | None
    unit: str
    level: float | None
    at: str = ""
    venue: str = ""
    against: str = "unsaid"
    text: str = ""
    start: int = 0
    end: int = 0

    @property
    def price_change(self) -> float | None:
        """The change in price units; None where the text gives none that needs no reference price."""
        if self.change is None:
            return None
        if self.unit == "percent":
            return None if self.level is None else self.level - self.level / (1 + self.change / 100)
        return self.change / 100 if self.unit == "kopecks" else self.change


_NUMBER = r"\d{1,3}(?:[ \u00a0\u202f,]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?"
_UNIT = (
    r"%|percent\b|per cent\b|pct\b|процент\w*|kop(?:eck|ek)s?\b|копе\w+|коп\b\.?|"
    r"ro?ubles?\b|руб\w*\.?|₽|dollars?\b|доллар\w*|points?\b|пункт\w*|п\.п\."
)
_SUBJECTS: tuple[tuple[str, str], ...] = (
    (r"(?:MOEX|Moscow Exchange) (?:Russia )?index|индекс\w* (?:Мосбиржи|Московской биржи|ММВБ)|\bIMOEX\b", "IMOEX"),
    (r"\bRTSI?\b(?: index)?|индекс\w* РТС", "RTSI"),
    (r"\bS&P[ -]?500\b", "S&P 500"),
    (r"\bDow Jones\b|\bthe Dow\b", "DJIA"),
    (r"\bNasdaq(?: Composite)?(?= (?:index|rose|fell|gained|lost))", "NASDAQ"),
    (r"\bBrent\b", "BRENT"),
    (r"\bSberbank\b|\bСбер\w*|\bSBER\b", "SBER"),
    (r"\bVTB\b|\bВТБ\b|\bVTBR\b", "VTBR"),
    (r"\bGazprom\b(?! Neft)|\bГазпром\w*\b(?!\W{0,2}[Нн]ефт)", "GAZP"),
    (r"\b(?:the |US )?dollar\b|\bдоллар\w*", "USD"),
    (r"\b(?:the )?euro\b(?!zone| zone| area)|\bевро\b(?!зон)", "EUR"),
    (r"\b(?:the )?yuan\b|\bюан\w+", "CNY"),
    (r"\bro?uble\b|\bрубл(?:ь|я|ю|ём|ем)\b(?! за)", "RUB"),
)
_SUBJECT = re.compile("|".join(f"(?P<s{i}>{pattern})" for i, (pattern, _) in enumerate(_SUBJECTS)), re.IGNORECASE)
_DOWN = (
    r"fell|falls?|dropped|drops?|lost|loses|declined|declines|decreased|slid|slumped|plunged|sank|dipped|weakened|"
    r"depreciated|shed|down|упал\w*|снизил\w*|подешевел\w*|потерял\w*|опустил\w*|просел\w*|ослаб\w*|рухнул\w*|"
    r"снижается|падает|дешевеет|теряет|сократил\w*"
)
_UP = (
    r"rose|rises?|gained|gains?|added|climbed|jumped|surged|advanced|increased|grew|soared|strengthened|firmed|"
    r"appreciated|rallied|up|вырос\w*|подорожал\w*|укрепил\w*|поднял\w*|прибавил\w*|подскочил\w*|растет|растёт|"
    r"дорожает|укрепляется|повысил\w*"
)
_VERB = re.compile(rf"\b(?:(?P<down>{_DOWN})|(?P<up>{_UP}))\b", re.IGNORECASE)
_CHANGE = re.compile(
    rf"(?:\b(?:by|на|{_DOWN}|{_UP})\s+)(?:about |around |almost |nearly |почти |примерно )?"
    rf"(?P<sign>\$)?(?P<number>{_NUMBER})(?:\s?(?P<unit>{_UNIT}))?",
    re.IGNORECASE,
)
_LEVEL = re.compile(
    rf"\b(?:to|до|at|на уровне|составил\w*)\s+(?P<sign>\$)?(?P<number>{_NUMBER})(?![:\d])(?:\s?(?P<unit>{_UNIT}))?",
    re.IGNORECASE,
)
_AT = re.compile(r"\b(?:as of|at|by|as at|на|к|в|по состоянию на)\s+(?P<at>\d{1,2}[:.]\d\d)(?!\d)", re.IGNORECASE)
_AGAINST = (
    (
        re.compile(r"previous (?:session'?s? )?clos\w+|previous day|предыдущ\w+ закрыти\w+|вчерашн\w+", re.I),
        "previous close",
    ),
    (re.compile(r"(?:from|since|against) the open(?:ing)?\b|с (?:начала торгов|открытия)", re.I), "open"),
)
_VENUE = re.compile("|".join(re.escape(v) + r"\w*" for v in sorted(VENUES, key=len, reverse=True)), re.IGNORECASE)
# "may fall", "did not fall", "не снизился": no claim about what a price did.
_NOT_DONE = re.compile(
    r"\b(?:may|might|could|can|will|would|should|must|to|not|never|n['’]t|не|может|могут|будет|должен|мог\w*|бы|если|if)\s*$",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
# How a unit begins -> its name.
_UNIT_NAMES: Mapping[str, str] = {
    **dict.fromkeys(["%", "per", "pct", "процент", "п.п"], "percent"),
    **dict.fromkeys(["kop", "коп"], "kopecks"),
    **dict.fromkeys(["ro", "ru", "руб", "₽"], "RUB"),
    **dict.fromkeys(["dollar", "доллар"], "USD"),
    **dict.fromkeys(["point", "пункт"], "points"),
}
_MARKET = re.compile(
    r"\b(?:shares?|stocks?|prices?|oil|crude|dollar|euro|ro?uble|yuan|index|futures|bonds?|yields?|акци\w+|доллар\w*|"
    r"евро|рубл\w+|юан\w+|индекс\w*|нефт\w+|котировк\w+)\b",
    re.IGNORECASE,
)


def speaks_of_price(clause: str) -> bool:
    """Return whether a clause reports a price move."""
    return bool(_MARKET.search(clause) and _VERB.search(clause))


def find_claims(text: str, sentences: tuple[tuple[int, int], ...]) -> tuple[PriceClaim, ...]:
    """Return the price claims of a text, in order; ``sentences`` are its character spans."""
    found = []
    for start, stop in sentences:
        if stop - start <= 2_000 and _DIGIT.search(text, start, stop):
            found += _claims_of(text[start:stop], start)
    return tuple(found)


def _claims_of(sentence: str, offset: int) -> list[PriceClaim]:
    verbs = list(_VERB.finditer(sentence))
    if not verbs:
        return []
    subjects = [s for s in _SUBJECT.finditer(sentence) if not _is_unit(sentence, s) and not _is_other_side(sentence, s)]
    claims = []
    for number, subject in enumerate(subjects):
        stop = subjects[number + 1].start() if number + 1 < len(subjects) else len(sentence)
        verb = next((v for v in verbs if subject.end() <= v.start() < stop), None)
        if verb is None or _NOT_DONE.search(sentence, subject.end(), verb.start()):
            continue
        claim = _claim(sentence, subject, verb, stop)
        if claim is not None:
            claims.append(replace(claim, start=claim.start + offset, end=claim.end + offset))
    return claims


def _is_unit(sentence: str, subject: re.Match[str]) -> bool:
    """Return whether "rubles" or "dollars" only names the unit of the number before it."""
    return bool(re.search(r"\d\s?$", sentence[: subject.start()]))


def _is_other_side(sentence: str, subject: re.Match[str]) -> bool:
    """Return whether a currency only names what the subject is measured against: "against the dollar", "к евро"."""
    return bool(re.search(r"(?:\bagainst|\bversus|\bvs\.?|\bк)\s+$", sentence[: subject.start()], re.IGNORECASE))


def _claim(sentence: str, subject: re.Match[str], verb: re.Match[str], stop: int) -> PriceClaim | None:
    russian = bool(_CYRILLIC.search(sentence))
    change = next((m for m in _CHANGE.finditer(sentence, verb.start(), stop) if m["unit"] or m["sign"]), None)
    level = _LEVEL.search(sentence, verb.end(), stop)
    if level is not None and _unit_of(level) in ("percent", "kopecks"):
        level = None
    if change is None and level is None:
        return None
    # The time may stand behind the change or, as in Russian, before the verb.
    at = _AT.search(sentence, verb.end(), stop) or _AT.search(sentence, subject.end(), verb.start())
    venue = _VENUE.search(sentence)
    size = None if change is None else _number(change["number"], russian)
    sign = -1.0 if verb["down"] else 1.0
    name, inverse = _subject(sentence, str(subject.lastgroup), change, level, russian)
    ends = [m.end() for m in (change, level, at) if m is not None]
    return PriceClaim(
        subject=name,
        change=None if size is None else sign * size * (-1 if inverse else 1),
        unit="" if change is None else _unit_of(change),
        level=None if level is None else _number(level["number"], russian),
        at="" if at is None else at["at"].replace(".", ":"),
        venue="" if venue is None or subject.start() <= venue.start() < subject.end() else venue[0],
        against=next((name for pattern, name in _AGAINST if pattern.search(sentence)), "unsaid"),
        text=sentence[subject.start() : max(ends)],
        start=subject.start(),
        end=max(ends),
    )


def _subject(
    sentence: str, group: str, change: re.Match[str] | None, level: re.Match[str] | None, russian: bool
) -> tuple[str, bool]:
    """Return the canonical subject and whether the text quoted the other side of the pair (the rouble's)."""
    name = _SUBJECTS[int(group[1:])][1]
    units = {_unit_of(m) for m in (change, level) if m is not None}
    if name == "RUB":
        other = re.search(r"(?:against the|к)\s+(euro|евро|yuan|юаню)", sentence, re.IGNORECASE)
        pair = {"e": "EUR/RUB", "е": "EUR/RUB", "y": "CNY/RUB", "ю": "CNY/RUB"}
        return (pair[other[1][0].casefold()] if other else "USD/RUB"), True
    if name in ("USD", "EUR", "CNY"):
        if units & {"RUB", "kopecks"} or re.search(r"ro?uble|рубл", sentence, re.IGNORECASE) or russian:
            return f"{name}/RUB", False
        if name == "EUR" and "USD" in units:
            return "EUR/USD", False
    return name, False


def _unit_of(match: re.Match[str]) -> str:
    return "USD" if match["sign"] else _unit(match["unit"] or "")


def _unit(written: str) -> str:
    folded = written.casefold()
    return next((name for start, name in _UNIT_NAMES.items() if folded.startswith(start)), "")


def _number(written: str, russian: bool) -> float:
    """Return a number; the comma is decimal in Russian and groups thousands in English."""
    plain = re.sub(r"[ \u00a0\u202f]", "", written)
    if russian and plain.count(",") == 1:
        return float(plain.replace(".", "").replace(",", "."))
    return float(plain.replace(",", ""))
