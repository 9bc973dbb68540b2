"""The words around a time that the scorer's features look for, English and Russian."""

from __future__ import annotations

import re

SAID = re.compile(
    r"\b(?:said|says|saying|told|announc\w+|report(?:s|ed)|declar(?:es?|ed)|stat(?:es|ed)|publish(?:es|ed)|releas(?:es|ed)|"
    r"disclos(?:es|ed)|confirm(?:s|ed)|accus(?:es|ed)|unveil(?:s|ed)|issu(?:es|ed)|warn(?:s|ed)|testified|decid(?:es|ed)|"
    r"raised?|cuts?|approv(?:es|ed)|order(?:s|ed)|resign(?:s|ed)|сообщ\w+|заяв\w+|объяв\w+|рассказ\w+|опубликова\w+|"
    r"сказал\w*|передал\w*|подтверд\w+|снизил\w*|повысил\w*|пишет|решил\w*)\b",
    re.IGNORECASE,
)
PAST = re.compile(
    r"\b(?:was|were|had|has|have|held|fell|rose|cut|made|met|spoke|began|took|gave|sent|won|lost|hit|came|went|became|"
    r"[a-z]{3,}ed|[а-яё]{2,}(?:л|ла|ло|ли|лся|лась|лось|лись)|[а-яё]+ен[аоы]?)\b",
    re.IGNORECASE,
)
SCHEDULED = re.compile(
    r"\b(?:will(?!iam)|shall|to be|set to|due|scheduled?|expect\w*|plans?|planned|likely|upcoming|ahead of|"
    r"(?:is|are|was|were) to|"
    r"будет|будут|состоится|пройд[её]т|ожида\w+|запланирован\w*|намерен\w*|должн\w+|должен|предсто\w+|планиру\w+)\b",
    re.IGNORECASE,
)
DOUBTFUL = re.compile(
    r"\b(?:not|never|nor|neither|no|cannot|\w+n['’]t|denied|denies|if|could|might|may|would|should|unless|whether|"
    r"reportedly|allegedly|rumou?r\w*|не|ни|нет|никогда|опроверг\w*|если|бы|якобы|возможно|может|могут|слух\w*)\b"
)
# The verb beside a time, with nothing but a preposition between; an acting verb may have its object there.
BEFORE = re.compile(r"(?P<verb>[^\W\d_]+)(?:\s+(?:late|early|earlier))?[\s,]+(?:(?:on|at|in|by|в|во)\s+)?$")
ACTED = re.compile(
    r"\b(?:raised?|cuts?|approv\w+|order\w+|publish\w+|releas\w+|unveil\w*|issu\w+|disclos\w+|снизил\w*|"
    r"повысил\w*|опубликовал\w*|решил\w*)(?: [\w'’-]+){1,3}[\s,]+(?:(?:on|at|in|by|в|во)\s+)?$",
    re.IGNORECASE,
)
AFTER = re.compile(r"(?:\s+(?:morning|afternoon|evening|утром|вечером|дн[её]м))?[\s,]+(?P<verb>[^\W\d_]+)")
INFINITIVE = re.compile(r"\bto [a-z]{3,}\b")
# Words after a day that make it another one: "April 12 last year", "on Monday a week ago".
QUALIFIED = re.compile(
    r"\s*,?\s*(?:last (?:year|month|week)|a (?:week|month|year) (?:ago|earlier)|of last (?:week|month|year)|"
    r"next (?:week|month)|"
    r"\((?:19|20)[0-9]{2}\)|['’][0-9]{2}\b|прошлого (?:года|месяца)|(?:неделю|месяц|год) назад|на прошлой неделе|"
    r"or \b|или\b)",
    re.IGNORECASE,
)
EITHER = re.compile(r"[0-9]\s+(?:or|или)\s+$")
DENIED = re.compile(
    r"\b(?:did|does|has|have|had|was|were) (?:not|never)\b|\b(?:did|does|has|was|were)n['’]t\b|"
    r"\bnever (?:came|happened|took)|"
    r"\b(?:так и )?не (?:[а-яё]+(?:л|ла|ло|ли|лся|лась|лось|лись))\b|\bfalse\b",
    re.IGNORECASE,
)
