"""Where a time stands in its sentence: the past verb it belongs to, or why none that states news.

A time is that of an act only if it stands in the clause of a verb in the past that is neither denied nor to come, with
no other verb in the way. Only closed classes of words are listed; verbs of the past are known by their endings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

Verb = Literal["", "said", "happened"]


@dataclass(frozen=True, slots=True)
class ClausePlace:
    """The verb a time belongs to, and in words why it is not accepted as the time of news; empty if it may be.

    ``elsewhere`` is set where the act was in a named place, so that its day may be that of another clock.
    """

    verb: Verb = ""
    reason: str = ""
    elsewhere: bool = False


TO_COME = "the act is to come"
_WORD = re.IGNORECASE
_RELATIVE = re.compile(r"\b(?:that|which|who|whom|whose|котор\w+)\b", _WORD)
_SUBORDINATE = re.compile(
    r"\b(?:that|which|who|whom|whose|what|when|where|why|how|while|after|before|since|until|till|if|unless|whether|as|"
    r"because|although|though|once|than|despite|between|котор\w+|что|чтобы|когда|где|если|после|до|перед|пока|как|"
    r"хотя|поскольку|кто|чем|между|ли)\b",
    _WORD,
)
_PREPOSITION = re.compile(r"after|before|since|until|till|despite|between|than|as|после|до|перед|между", _WORD)
_BREAK = re.compile(r"[,;:()…]|\s[—–-]\s|\b(?:and|but|or|и|а|но|или)\b")
_NOT = re.compile(
    r"\b(?:not|never|nor|neither|no|none|nobody|nothing|hardly|little|few|\w+n['’]t|не|ни|нет|никто|никогда|ничего)\b",
    _WORD,
)
_TO_COME = re.compile(
    r"\b(?:will|shall|would|may|might|can|could|should|must|cannot|set|due|scheduled|expected|supposed|planned|did|"
    r"does|do|let|бы|может|могут|мог\w*|будет|будут|должн\w+|должен|to (?!(?:its|their|the|his|her|a|an|all)\b)[a-z]+|"
    r"[а-яё]{3,}(?:ть|ться|тись|чь))\b"
)
_SAID = re.compile(
    r"\b(?:said|says|tells?|told|announc(?:ed|es)|report(?:ed|s)|declar(?:ed|es)|stat(?:ed|es)|publish(?:ed|es)|"
    r"releas(?:ed|es)|disclos(?:ed|es)|confirm(?:ed|s)|accus(?:ed|es)|unveil(?:ed|s)|issu(?:ed|es)|warn(?:ed|s)|"
    r"testified|decid(?:ed|es)|rais(?:ed|es)|cuts?|approv(?:ed|es)|order(?:ed|s)|resign(?:ed|s)|сообщ(?:ил\w*|ает|ают|"
    r"ено)|заяв(?:ил\w*|ляет)|объяв(?:ил\w*|лен\w?)|рассказ(?:ал\w*|ывает)|опубликова(?:л\w*|н\w*)|сказал\w*|"
    r"передал\w*|подтверд(?:ил\w*|ает)|снизил\w*|повысил\w*|пишет|решил\w*|отозвал\w*)\b",
    _WORD,
)
_PAST = re.compile(
    r"\b(?:was|were|had|has|have|is|are|held|fell|rose|made|met|spoke|began|took|gave|sent|won|lost|hit|came|went|"
    r"became|left|got|struck|beat|kept|paid|built|found|ran|led|put|shot|sold|bought|quit|wrote|saw|knew|heard|grew|"
    r"stood|drew|broke|[a-z]{2,}ed|[а-яё]{2,}(?:л|ла|ло|ли|лся|лась|лось|лись)|"
    r"[а-яё]{3,}(?:[её]н|[её]на|[её]но|[её]ны|ан|ана|ано|аны|ят|ята|ято|яты))\b"
)
# What follows a noun that a time qualifies: "the letter dated Monday was published".
_FINITE = re.compile(
    r"\s*(?:,\s*)?(?:was|were|is|are|has|have|had|will|would|did|does|may|might|could|can|shall|should|must|takes?|"
    r"[a-z]{2,}ed|said|says|showed|fell|rose|took|came|went)\b"
)
# "almost announced", "reportedly said": an adverb before a verb of saying changes what was said.
_ADVERB = re.compile(r"\b(?:[a-z]{3,}ly|almost|just|once|[а-яё]{4,}о)\s+$", _WORD)
_LEADING = re.compile(r"\W*(?:(?:on|at|in|late|early|earlier|by|of|во?|на|с|рано|уже|ещ[её])\s+)*(?:the\s+)?", _WORD)
_PREPOSED = re.compile(
    r"(?:^|[\s(])(?:on|of|at|in|by|from|late|early|earlier|since|until|before|after|во?|на|ко?|со?|до|после|the)\s+$",
    _WORD,
)
_NAMING = re.compile(r"\b(?:a|an|the|every|each|another)\s+$", _WORD)
_IN_PLACE = re.compile(r"\b(?:[Ii]n|[Вв]о?) (?=[A-ZА-ЯЁ])")
_ABOUT = re.compile(r"\s+(?:of|about|обо?|о)\s+\w", _WORD)
_STATE = re.compile(r"(?:was|were|is|are|has|have|had)", _WORD)
_EARLIER = re.compile(r"\b(?:earlier|previously|already|first to|first reported|ранее|слух\w*)\b", _WORD)
_STOP = re.compile(r"[.!?…][\"”»')\]]*\s*$")


@dataclass(frozen=True, slots=True)
class _Clause:
    """The words of a clause before a time and after it, and the subordinating words before it."""

    before: str
    after: str
    opened: tuple[re.Match[str], ...]
    after_comma: bool


def place_of(sentence: str, start: int, end: int, *, weekday: bool = False) -> ClausePlace:
    """Return the place of the words ``sentence[start:end]``; ``weekday`` where they are a weekday and nothing else."""
    if "?" in sentence:
        return ClausePlace(reason="the sentence is a question")
    clause = _clause(sentence, start, end)
    verbs = _verbs(clause.before)
    reason = ""
    if clause.opened:
        reason = _subordinate(clause, verbs)
    if not reason and weekday and _NAMING.search(sentence[:start]):
        reason = "the weekday belongs to a name"
    if not reason and _EARLIER.search(sentence, end):
        reason = "its sentence speaks of something earlier"
    found = _verb_before(clause, verbs) if verbs else _verb_after(clause, sentence[end:], weekday=weekday)
    place = verbs and _IN_PLACE.search(clause.before, verbs[-1].end)
    return ClausePlace(found.verb, reason or found.reason, elsewhere=bool(place))


def _clause(sentence: str, start: int, end: int) -> _Clause:
    marks = [m for m in _BREAK.finditer(sentence, 0, start) if not m[0].isalpha() or _verbs(sentence[m.end() : start])]
    first = marks[-1].end() if marks else 0
    before, after = sentence[first:start], sentence[end:]
    comma = bool(marks) and sentence[:first].rstrip().endswith(",")
    return _Clause(before, _until_break(after), tuple(_SUBORDINATE.finditer(before)), comma)


@lru_cache(maxsize=512)
def states_act(sentence: str) -> bool:
    """Return whether a complete sentence, ended by its stop, has a verb in the past."""
    return bool(_STOP.search(sentence) and _verbs(sentence))


def _until_break(text: str) -> str:
    stops = [m.start() for m in (_BREAK.search(text), _SUBORDINATE.search(text)) if m]
    return text[: min(stops, default=len(text))]


class _VerbGroup(NamedTuple):
    """Neighboring verbs of a clause: where they begin and end, and whether one is of saying or deciding."""

    start: int
    end: int
    verb: Verb


def _verbs(text: str) -> list[_VerbGroup]:
    """Return the groups of verbs of a clause in their order."""
    kinds: tuple[tuple[re.Pattern[str], Verb], ...] = ((_SAID, "said"), (_PAST, "happened"))
    groups: list[_VerbGroup] = []
    for one in sorted(_VerbGroup(m.start(), m.end(), kind) for p, kind in kinds for m in p.finditer(text)):
        if groups and one.start <= groups[-1].end + 1:
            start, end, verb = groups[-1]
            groups[-1] = _VerbGroup(start, max(end, one.end), "said" if "said" in (one.verb, verb) else one.verb)
        else:
            groups.append(one)
    return groups


def _subordinate(clause: _Clause, verbs: list[_VerbGroup]) -> str:
    """Return why a time behind a subordinating word belongs to another act; empty if the main verb follows that."""
    opened = clause.opened[-1]
    inner = [v for v in verbs if v.start >= opened.end()]
    outer = [v for v in verbs if v.end <= opened.start()]
    if _PREPOSITION.fullmatch(opened[0]) and not inner and outer:
        return ""
    if _RELATIVE.fullmatch(opened[0]) and not outer and len(inner) >= 2 and not clause.after_comma:
        return ""
    return "it stands in a subordinate clause"


def _verb_before(clause: _Clause, verbs: list[_VerbGroup]) -> ClausePlace:
    first, last, verb = verbs[-1]
    if _STATE.fullmatch(clause.before, first, last):
        return ClausePlace(reason="its clause states no act")
    if _FINITE.match(clause.after):
        return ClausePlace(verb, "it qualifies a noun")
    if len(verbs) >= 2 and not clause.opened and clause.before[verbs[-2].end : first].strip():
        return ClausePlace(verb, "another verb stands between it and the act")
    if _NOT.search(clause.before):
        return ClausePlace(verb, "the act is denied")
    if _TO_COME.search(clause.before):
        return ClausePlace(verb, TO_COME)
    if verb == "said" and _ADVERB.search(clause.before[:first]):
        return ClausePlace(verb, "an adverb changes the act")
    if verb == "said" and _ABOUT.match(clause.before, last):
        return ClausePlace(verb, "it may be the time of what was said")
    return ClausePlace(verb)


def _verb_after(clause: _Clause, rest: str, *, weekday: bool) -> ClausePlace:
    """Return the place of a time before its verb: "On Monday, the bank said", "The bank on Monday said"."""
    leading = _LEADING.fullmatch(clause.before) is not None
    after = clause.after
    if leading and not after.strip() and rest[len(after) : len(after) + 1] == ",":
        after = _until_break(rest[len(after) + 1 :])
    verbs = _verbs(after)
    if not verbs:
        return ClausePlace(reason="no verb of its clause is in the past")
    first, last, verb = verbs[0]
    preposed = _PREPOSED.search(clause.before) is not None
    named = weekday and not preposed and not (leading and not _FINITE.match(clause.after))
    if named or (leading and not preposed and _FINITE.match(clause.after)):
        return ClausePlace(verb, "it is the subject of its sentence, or part of a name")
    if _NOT.search(clause.before) or _NOT.search(after[: last + 12]):
        return ClausePlace(verb, "the act is denied")
    if _TO_COME.search(after[:last]) or _TO_COME.search(clause.before):
        return ClausePlace(verb, TO_COME)
    if verb == "said" and _ADVERB.search(after[:first]):
        return ClausePlace(verb, "an adverb changes the act")
    return ClausePlace(verb)
