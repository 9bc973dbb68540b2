"""Was it a public act? A narrow frame is accepted, everything outside it is a happening that became known later.

An act is public when a public voice does it in the main clause of its sentence: "[place or time] The bank said at
10:00 that ...", "Its results were published at 10:00". Who speaks behind doors, in a novel, to his staff, or as a
witness, does not make news at that minute; such a time only bounds the beginning.
"""

from __future__ import annotations

import re

from eventstudy.news.links import has_object
from eventstudy.news.voices import (
    AGAIN,
    CLOSED,
    LABELLED,
    LATER,
    LOOKS_BACK,
    PUBLISHED_EN,
    PUBLISHED_RU,
    REPEATS,
    SETTLED,
    TIMED,
    TIMETABLE,
    TRADED_EN,
    UNREAL,
    VOICES_EN,
    VOICES_RU,
    WITHDRAWN,
)
from eventstudy.news.words import Act

_CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
_BREAK = re.compile(r"[,;:](?=\s)|\s[-–—]\s|[“”\"«»]")
_LEAD_WORDS = re.compile(
    r"^[\s,]*(?:(?:but|and|so|then|meanwhile|separately|also|later|earlier|late|early|shortly|just|on|at|in|the|same|"
    r"day|morning|afternoon|evening)\b[\s,]*)*(?=The\b|the\b|An?\b|a\b|[A-Z0-9]|its\b|his\b|her\b|their\b|it\b|he\b|"
    r"she\b|shares\b|trading\b|results\b|figures\b|data\b)"
)
_VOICE = re.compile(rf"\b(?:{VOICES_EN})\b(?:['’]s)?", re.IGNORECASE)
_VOICE_RU = re.compile(rf"\b(?:{VOICES_RU})\b", re.IGNORECASE)
_PUBLISHED = re.compile(rf"\b(?:{PUBLISHED_EN})\b", re.IGNORECASE)
_TRADED = re.compile(rf"\b(?:{TRADED_EN})\b", re.IGNORECASE)
# Words that cannot stand inside the subject of a main clause.
_CLAUSAL = re.compile(
    r"\b(?:when|while|before|after|if|although|though|because|since|that|who|which|whose|as|until|unless|where|had|"
    r"has|have|was|were|is|are|be|been|being|to|not|never)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?:[A-ZА-ЯЁ][\w&.’'-]*\s*)+")
_NOBODY = re.compile(
    r"(?:he|she|they|i|we|you|who|one|someone|somebody|nobody|everyone|people|users?|witness(?:es)?|neighbou?rs?|"
    r"analysts?|sources?|traders?|police|prosecutors|suspects?|victims?|residents?|patients?|customers?|employees?|"
    r"workers?|students?|teachers?|fans?|players?|coaches|mr|mrs|ms|miss|relatives|friends?|women|men|children|"
    r"parents|drivers?|passengers?|pilots?|tourists?|experts?|economists?|investors?|dealers?|brokers?|survivors?|"
    r"protesters|soldiers?|imagine|suppose|had|here|there|this|that|nothing|everything)",
    re.IGNORECASE,
)
_NOBODY_RU = re.compile(
    r"\b(?:он|она|они|свидетел\w*|очевид\w+|сосед\w*|пациент\w*|клиент\w*|друг|друзья|жена|муж|источник\w*|"
    r"собеседник\w*|жител\w*|жительниц\w*|подозреваем\w*|обвиняем\w*|пассажир\w*|пилот\w*|водител\w*|аналитик\w*|"
    r"эксперт\w*|трейдер\w*|пользовател\w*|студент\w*|учител\w*|врач\w*|родственник\w*|мужчин\w*|женщин\w*|"
    r"школьник\w*|турист\w*|инвестор\w*|сотрудник\w*)\b",
    re.IGNORECASE,
)
# A clause that is not the main one, and an adverb that changes what was done.
_CLAUSAL_RU = re.compile(
    r"\b(?:что|чтобы|хотя|пока|поскольку|так как|перед тем|после того|до того|когда|если|как только|с тех пор|вопреки|"
    r"несмотря|котор\w+|прежде чем|будто|словно|раз)\b",
    re.IGNORECASE,
)
_ADVERB_RU = re.compile(
    r"\b(?!(?:официально|одновременно|дополнительно|совместно|внепланово|экстренно|окно|зерно|кино)\b)"
    r"(?:\w+(?:но|ее|ше)|кажется|видимо|вроде|чуть|едва|почти|якобы),?\s+$",
    re.IGNORECASE,
)
_SAYS = re.compile(
    r"(?:said|says|told|tells|announce[sd]?|report(?:s|ed)?|declare[sd]|state[sd]|disclose[sd]|warn(?:s|ed)|tweeted|"
    r"wrote|writes|posted|unveil(?:s|ed))",
    re.IGNORECASE,
)
_GIVES_OUT = re.compile(
    r"(?:publish(?:es|ed)|releas(?:es|ed)|issue[sd]|posted|unveil(?:s|ed)|disclose[sd])", re.IGNORECASE
)
_APPEARS = re.compile(r"(?:came|went|became|appeared|hit|flashed|made)", re.IGNORECASE)
_ANNOUNCED = re.compile(r"\b(?:announcement|disclosure)\b", re.IGNORECASE)
# What "comes out", and where it "hits".
_OUT = re.compile(
    r"\b(?:announcement|communiqu[eé]|confirmation|data|decision|disclosure|figures|filing|flash|headline|minutes|"
    r"news|notice|post|readout|release|report|results?|ruling|statement|tweet|verdict)\b",
    re.IGNORECASE,
)
_WIRES = re.compile(
    r"\s+(?:the |its |a )?(?:[\w'’-]+ ){0,2}(?:wires?|tape|screens|terminals?|newswires?|database|site|website|feed)\b",
    re.IGNORECASE,
)
_TAKES_OBJECT = re.compile(r"(?:announce[sd]?|disclose[sd]|unveil(?:s|ed)|reveal(?:s|ed))", re.IGNORECASE)
_STOPS = re.compile(r"(?:halt|suspend|stopp|resum)\w*", re.IGNORECASE)
# What may follow "said at 10:00" and show that the time was the speaker's own.
_LINK = re.compile(
    r"(?:\s+(?:morning|afternoon|evening))?\s*(?:,\s*(?:that|citing|adding|an?|as|in|on|with|and|but|according|after|"
    r"just|minutes|hours)\b|(?:that|in an?|on (?:its|his|her|the|twitter|telegram|x)|via|through|to|of|it|he|she|they|"
    r"there|and|but|citing|after|as|for|about|with|the (?:results?|minutes|decision|statement|figures|data))\b|"
    r"[.;:(\"“]|$)",
    re.IGNORECASE,
)
_COMMANDS = re.compile(r"(?:order(?:s|ed)|impose[sd]|declare[sd])", re.IGNORECASE)
_COMMANDED = re.compile(r"\b(?:that|to|a|an|war|martial|emergency|bankruptcy|sanctions|tariffs|curfew|restrictions)\b")
_STATE = re.compile(
    r"\b(?:had|has|have|would|will|is|are|can|could|may|might|should|plans?|expects?|must|stood|stands?|remain(?:s|"
    r"ed)|stayed|knew|wanted|agreed|hoped)\b",
    re.IGNORECASE,
)
_COPULA = re.compile(r"\b(?:was|were)\b(?!\s+(?:\w+ly\s+)?\w+(?:ed|en|own|ost|old|ent|ut)\b)", re.IGNORECASE)
_EVENTFUL = re.compile(
    r"\b(?:\w{3,}ed|went|fell|rose|broke|struck|hit|began|took|lost|left|came|met|shot|found|was|were)\b"
)
_SHOWED = re.compile(r"\s*,?\s*(?:show(?:s|ed)?|said|says|indicate[sd]|reveal(?:s|ed)|$|[.]|the\b)", re.IGNORECASE)
_GIVEN_OUT_RU = re.compile(
    r"(?:объявлен|опубликован|раскрыт|обнародован|распростран[её]н|размещ[её]н)[аоы]?|появил\w*|вышл[аои]|вышел",
    re.IGNORECASE,
)
# "had said on Monday": what it tells of came before the news of this text.
_BEFORE_THAT = re.compile(r"\bhad\s+(?:\w+ly\s+|also\s+|already\s+|earlier\s+|then\s+|been\s+)*$", re.IGNORECASE)


# "disclosed at 10:00 to the seller": not before the public.
_ADDRESSED = re.compile(
    r"\s*,?\s*to (?:the|an?|its|his|her|their)\b(?! (?:public|markets?|press|media|wires?|\w* ?exchange|parliament|"
    r"house|senate|congress|nation|country|world|reporters|journalists)\b)",
    re.IGNORECASE,
)


def unreal(sentence: str) -> str:
    """Return the word that takes a sentence out of this world: a novel, a drill, a parody, a statement withdrawn."""
    found = UNREAL.search(sentence)
    return found[0] if found else "?" if sentence.rstrip().endswith("?") else ""


def timetable(sentence: str) -> str:
    """Return the words by which a happening was known to come: a deadline, an opening, a dividend's day."""
    found = TIMETABLE.search(sentence)
    return found[0] if found else ""


def history(text: str) -> str:
    """Return the words by which a text looks back on its event, or takes it back."""
    found = LABELLED.match(text) or LOOKS_BACK.search(text) or WITHDRAWN.search(text)
    return found[0].strip() if found else ""


def hidden(text: str) -> bool:
    """Return whether a text tells that what was done became known at another time."""
    return LATER.search(text) is not None


def _is_aside(sentence: str, verb: re.Match[str], end: int) -> bool:
    """Return whether who said it only stands aside: "At 10:00, the firm said, the plant exploded" times the blast."""
    between, after = sentence[end : verb.start()], sentence[verb.end() :]
    return end <= verb.start() and between.startswith(",") and re.match(r"(?:\s+[\w.«»-]+){0,3}\s*,", after) is not None


def is_release(sentence: str, verb: re.Match[str]) -> bool:
    """Return whether a verb only tells when a paper came out: "a statement released at 10:00"."""
    before = sentence[: verb.start()].split()
    return bool(_GIVES_OUT.fullmatch(verb[0]) and before and _PUBLISHED.fullmatch(before[-1].strip(",(")))


def publicity(sentence: str, verb: re.Match[str], start: int, end: int) -> Act:
    """Return whether an act was public at the time at ``start:end``, a repetition, or a mere happening.

    ``verb`` is the act's own word: the participle of "was released", the verb of "the bank said".
    """
    outside: Act = "private" if _SAYS.fullmatch(verb[0]) or REPEATS.fullmatch(verb[0]) else "happening"
    if CLOSED.search(sentence):
        return outside
    if _BEFORE_THAT.search(sentence, 0, verb.start()) or _is_aside(sentence, verb, end):
        return "happening"
    clause = sentence[_clause_start(sentence, min(verb.start(), start)) : verb.start()]
    subject = sentence[end : verb.start()] if start < verb.start() else clause
    # "The bank on Tuesday said", "Пресс-служба в 19:20 сообщила": the subject stands before the time.
    subject = subject if subject.strip(" ,") else sentence[_clause_start(sentence, start) : start]
    if _CYRILLIC.search(sentence):
        voiced = _is_voiced_ru(sentence, subject, verb, start, end)
    elif re.search(r"\b(?:was|were|been|is|are)\s+(?:\w+ly\s+|also\s+|then\s+)?$", subject):
        voiced = _is_given_out(subject, verb[0])
    else:
        voiced = _is_voiced(sentence, subject, verb, start, end)
    if not voiced:
        return outside
    return "repeat" if REPEATS.fullmatch(verb[0]) or AGAIN.search(sentence) else "public"


def _clause_start(sentence: str, before: int) -> int:
    """Return where the clause that ends at a place begins; a time or a name between commas is skipped over."""
    marks = list(_BREAK.finditer(sentence, 0, before))
    if marks and not sentence[marks[-1].end() : before].strip():
        return 0
    return marks[-1].end() if marks else 0


def _plain_subject(subject: str) -> str:
    subject = re.sub(r"\([^()]*\)\s*", "", subject)
    found = _LEAD_WORDS.match(subject)
    plain = (subject[found.end() :] if found else subject).strip(" ,()")
    return re.sub(
        r"(?<=\w)(?:\s+(?:on|at|late|early|in))+$|\s+(?:had|has|have)(?: (?:also|since|just|already))?$", "", plain
    )


def _is_given_out(subject: str, verb: str) -> bool:
    """Return whether the subject of a passive is something published, or something the public sees stop."""
    head = re.sub(r"\s+(?:was|were|been|is|are|has|have|had)\b.*$", "", _plain_subject(subject))
    if _CLAUSAL.search(head) or len(head.split()) > 10:
        return False
    if re.fullmatch("announced|disclosed|unveiled|revealed", verb) and (_heads(SETTLED, head) or _heads(TIMED, head)):
        return not re.search(r"\b(?:flights?|trains?|departure|arrival)$", head)
    return _heads(_TRADED if _STOPS.fullmatch(verb) else _ANNOUNCED if verb == "made" else _PUBLISHED, head)


def _heads(wanted: re.Pattern[str], subject: str) -> bool:
    """Return whether the head of a subject is one of the words wanted."""
    noun = re.split(r"\s+(?:of|on|for|by|from|in|at|to)\s+", subject)[0]
    return any(m.end() == len(noun) for m in wanted.finditer(noun))


def _is_voiced(sentence: str, subject: str, verb: re.Match[str], start: int, end: int) -> bool:
    """Return whether a public voice does the act in the main clause."""
    plain = _plain_subject(subject)
    if verb.end() <= start and is_release(sentence, verb):
        return _SHOWED.match(sentence, end) is not None
    if _APPEARS.fullmatch(verb[0]):
        rest = sentence[verb.end() :]
        if re.match(r"\s+(?:in)?to\b", rest) or re.match(r"\s*of\b", sentence[end:]):
            return False
        if verb[0].casefold() == "hit" and not _WIRES.match(rest):
            return False
        return _heads(_OUT, plain) or bool(
            re.match(r"\s+(?:public|live|known)\b", sentence[verb.end() :]) and is_voice(plain)
        )
    if not is_voice(plain):
        return False
    after = sentence[max(end, verb.end()) :]
    if _ADDRESSED.match(after):
        return False
    # "said 10:00 GMT was the cut-off": the time is what was said.
    if re.match(r"\s*(?:was|were|is|are|would|will|as|had|marks?)\b", after):
        return False
    if has_object(verb[0], sentence[verb.end() : start], sentence[start:end]) or _TAKES_OBJECT.fullmatch(verb[0]):
        return True
    if _GIVES_OUT.fullmatch(verb[0]) and not _SAYS.fullmatch(verb[0]):
        return _PUBLISHED.search(sentence, verb.end(), max(end, verb.end()) + 60) is not None
    if _COMMANDS.fullmatch(verb[0]):
        return (
            _COMMANDED.match(after.lstrip()) is not None or _COMMANDED.search(sentence, verb.end(), start) is not None
        )
    if verb.end() > start or _LINK.match(after):
        return True
    return not _SAYS.fullmatch(verb[0]) or _tells_a_state(after)


def _tells_a_state(after: str) -> bool:
    """Return whether what is told without "that" cannot own the time: "said at 10:00 the deal was off"."""
    told = re.split(r"[,.;:]", after.lstrip(" ,"), maxsplit=1)[0]
    state = min((m.start() for p in (_STATE, _COPULA) for m in p.finditer(told)), default=None)
    eventful = _EVENTFUL.search(told)
    return state is not None and (eventful is None or state <= eventful.start())


def is_voice(plain: str) -> bool:
    """Return whether a subject is a public institution, an office, or a name."""
    words = plain.split()
    if not words or len(words) > 12 or _CLAUSAL.search(plain):
        return False
    if re.search(
        r"(?<!\bof )(?<!\bat )(?<!\bfor )(?<!\bin )(?<!\bfrom )(?<!\bwith )(?<!\bby )(?<!\band )(?<!^)\b(?:the|an?|"
        r"its)\b",
        plain,
    ):
        return False
    head = re.split(r"\s+(?:of|for|at|in|from|on)\s+", plain)[0]
    names = head.split()
    if any(_NOBODY.fullmatch(w.strip(".,'’")) for w in (names[0], names[-1])):
        return False
    if plain.casefold() == "it" or any(m.end() == len(head) for m in _VOICE.finditer(head)):
        return True
    article = names[0].casefold() in ("the", "a", "an")
    return _NAME.fullmatch(" ".join(names[1:] if article else names)) is not None and not (
        len(names) == 1 and names[0].endswith("s") and names[0][1:].islower()
    )


def _is_voiced_ru(sentence: str, subject: str, verb: re.Match[str], start: int, end: int) -> bool:
    stop = _BREAK.search(sentence, max(end, verb.end()))
    rest = sentence[verb.end() : min(start, verb.end() + 60)] if verb.end() <= start else ""
    tail = sentence[max(end, verb.end()) : stop.start() if stop else len(sentence)][:40]
    around = f"{subject} {rest} {tail if not subject.strip() else ''}"
    if _NOBODY_RU.search(around):
        return False
    if _CLAUSAL_RU.search(sentence, 0, verb.start()) or _ADVERB_RU.search(sentence[: verb.start()]):
        return False
    if _GIVEN_OUT_RU.fullmatch(verb[0]):
        return PUBLISHED_RU.search(f"{subject} {rest} {tail}") is not None
    if re.match(
        r"(?:стал\w*\s+)?известн|(?:остановил|приостановил|возобновил|объявил|опубликовал)и", verb[0], re.IGNORECASE
    ):
        return True
    return (
        _VOICE_RU.search(around) is not None
        or re.search(r"(?<!^)\b[А-ЯЁA-Z][\w-]+", around.strip()) is not None
        or (re.fullmatch(r"\s*[А-ЯЁA-Z][\w-]*\s*", subject) is not None)
    )
