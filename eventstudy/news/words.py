"""Literal tables of the words for time, English and Russian, and what each is agreed to mean."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

Meaning = Literal["at", "by", "before", "after", "since", "about"]
Act = Literal["public", "repeat", "private", "happening", "price"]
Role = Literal["event", "publication", "update", "embargo", "schedule", "uncertain", "background", "quoted"]

# Month -> the ways it is written; English is matched with its capital, Russian in any case of the noun.
MONTHS_EN: tuple[str, ...] = (
    *("January|Jan", "February|Feb", "March|Mar", "April|Apr", "May", "June|Jun", "July|Jul", "August|Aug"),
    *("September|Sept|Sep", "October|Oct", "November|Nov", "December|Dec"),
)
MONTHS_RU: tuple[str, ...] = (
    *("январ[яьюе]|янв", "феврал[яьюе]|фев(?:р)?", "март[ауе]?|мар", "апрел[яьюе]|апр", "ма[яйюе]", "июн[яьюе]|июн"),
    *("июл[яьюе]|июл", "август[ауе]?|авг", "сентябр[яьюе]|сен(?:т)?", "октябр[яьюе]|окт", "ноябр[яьюе]|ноя"),
    "декабр[яьюе]|дек",
)
WEEKDAYS_EN: tuple[str, ...] = (
    *("Monday|Mon", "Tuesday|Tues|Tue", "Wednesday|Wed", "Thursday|Thurs|Thur|Thu", "Friday|Fri"),
    *("Saturday|Sat", "Sunday|Sun"),
)
WEEKDAYS_RU: tuple[str, ...] = (
    *("понедельник(?:а|у|ом|е)?|пн", "вторник(?:а|у|ом|е)?|вт", "сред(?:а|ы|е|у|ой)|ср", "четверг(?:а|у|ом|е)?|чт"),
    *("пятниц(?:а|ы|е|у|ей)|пт", "суббот(?:а|ы|е|у|ой)|сб", "воскресень(?:е|я|ю|ем|и)|вс"),
)
# Alone, a Russian weekday is a time only in the accusative after "в": "среда" is also the environment.
WEEKDAY_ALONE_RU: tuple[str, ...] = (
    *("понедельник", "вторник", "среду", "четверг", "пятницу", "субботу", "воскресенье"),
)

# Days counted from the day of the text; None where the word has two readings and is refused.
RELATIVE_DAYS: dict[str, int | None] = {
    "today": 0,
    "tonight": 0,
    "yesterday": -1,
    "tomorrow": 1,
    "the day before yesterday": -2,
    "сегодня": 0,
    "вчера": -1,
    "завтра": 1,
    "позавчера": -2,
    "послезавтра": 2,
    "накануне": -1,
    "накануне чего-то": None,
    "this morning": 0,
    "this afternoon": 0,
    "this evening": 0,
    "last night": None,
    "overnight": None,
    "the next day": None,
    "the following day": None,
    "the previous day": None,
    "the day before": None,
    "на следующий день": None,
    "днем ранее": None,
    "днём ранее": None,
    "в тот же день": None,
}

# What stands before a time or a date -> which side of it is bounded. Longest first; matched at the end of the words
# just before the time.
MEANINGS: tuple[tuple[str, Meaning], ...] = (
    (r"not (?:before|until|till)|no (?:earlier|sooner) than|at or after|on or after|не ранее(?: чем)?(?: в)?", "since"),
    (r"не раньше(?: чем)?(?: в)?|начиная с", "since"),
    (
        r"no later than|not later than|at or before|on or before|не позднее(?: чем)?(?: в)?|не позже(?: чем)?(?: в)?",
        "by",
    ),
    (r"as (?:of|at)|by|until|till|up to|по состоянию на|по данным на|на момент|к|ко|до|на|по|through", "by"),
    (r"(?:just |shortly |right |soon |immediately |a little )?before|prior to|ahead of|незадолго до|перед", "before"),
    (r"(?:just |shortly |right |soon |immediately |a little )?(?:after|past)|following", "after"),
    (r"(?:вскоре |сразу |чуть )?после|(?:вскоре |сразу )после", "after"),
    (r"since|from|starting(?: at| from)?|beginning(?: at)?|effective(?: from)?|с|со", "since"),
    (r"(?:at )?(?:about|around|approximately|roughly|nearly|almost|some time around|circa|near|c\.|~)", "about"),
    (r"(?:в )?(?:около|примерно(?: в)?|приблизительно(?: в)?|порядка|почти(?: в)?|ориентировочно(?: в)?)", "about"),
    (r"at|on|в|во|@", "at"),
)

# A part of a day is wide on purpose: both ends are agreed bounds, in local clock time of that day.
PARTS_OF_DAY: tuple[tuple[str, timedelta, timedelta], ...] = (
    (r"morning|утром|утра", timedelta(0), timedelta(hours=12)),
    (r"afternoon|дн[её]м", timedelta(hours=12), timedelta(hours=19)),
    (r"evening|вечером|вечера", timedelta(hours=16), timedelta(hours=24)),
    (r"late|поздно", timedelta(hours=12), timedelta(hours=24)),
    (r"early|рано", timedelta(0), timedelta(hours=12)),
    (r"earlier", timedelta(0), timedelta(hours=24)),
)
# Nights belong to two days; these words are refused beside a date.
NIGHT = r"night|ночью|в ночь на|overnight"

# The word that governs a time, looked for in its own sentence, nearest before it; table order breaks ties.
ROLES: tuple[tuple[str, Role], ...] = (
    (r"embargo\w*|эмбарго|not for (?:release|publication)|for release|hold until", "embargo"),
    (
        r"(?:last )?updated|^\W*update|updating|(?:date ?)?modified|corrected|correction|amended|revised|"
        r"обновлен\w*|обновлён\w*|измен[её]н[аоы]?",
        "update",
    ),
    (r"исправлен\w*|уточнен\w*|refiled|recasts|adds (?:details|quote|background)", "update"),
    (
        r"^\W*(?:first |originally )?(?:published|posted)|first (?:published|posted)|publication date|"
        r"date ?published|pub ?date|article:published_time|^\W*опубликован[ао]?:?",
        "publication",
    ),
    (r"дата публикации|публикаци[яи]:|date ?line|^\s*(?:date|sent)", "publication"),
    (
        r"will(?!iam)|shall|is due|are due|due (?:on|at|to|by)|(?<![\w-])scheduled?|schedules|planned|plans?|"
        r"expect\w*|upcoming",
        "schedule",
    ),
    (
        r"next|tomorrow|coming|set (?:for|to)|is to|are to|slated|going to|(?:wanted|intended|hoped|meant|refused|"
        r"failed|declined|supposed) to|promised|pledged|vowed|ahead of|to be held|forthcoming|tentatively",
        "schedule",
    ),
    (
        r"будет|будут|состоится|состоятся|пройд[её]т|пройдут|запланир\w+|намечен\w*|ожида\w+|предсто\w+|назначен\w*",
        "schedule",
    ),
    (
        r"планир\w+|намерен\w*|хоте\w+|обеща\w+|намерева\w+|собира\w+|готовит\w*|хо(?:чет|тят)|начн[её]тся|начнутся|"
        r"объявит|опубликует|примет|рассмотрит|проведет|проведёт|должн\w+",
        "schedule",
    ),
    (
        r"could|(?-i:may)|might|would|should|if|whether|unless|denied|denies|false|rumou?r\w*|allegedly|reportedly|"
        r"privately|secretly|sealed|leaked",
        "uncertain",
    ),
    (
        r"если|якобы|бы|опроверг\w*|ложн\w+|слух\w*|тайно|секретно|возможно|вероятно|может|могут|предположительно",
        "uncertain",
    ),
    (
        r"not(?! (?:later|before|until|till|earlier|only))|never|neither|nor|cannot|nothing|nobody|\w+n['’]t",
        "uncertain",
    ),
    (r"no(?! (?:later|earlier|sooner))|не(?! (?:позднее|позже|ранее|раньше|только))|ни|нет|без|никогда", "uncertain"),
    (
        r"years? ago|months? ago|weeks? ago|days? ago|hours? ago|minutes? ago|last (?:year|month|week)|anniversary",
        "background",
    ),
    (
        r"лет назад|год(?:а|у)? назад|месяц\w* назад|недел\w+ назад|дн\w+ назад|час\w* назад|минут\w* назад",
        "background",
    ),
    (
        r"compared with|compared to|versus|по сравнению|в прошлом году|годовщин\w+|since then|previously|back in",
        "background",
    ),
    (
        r"(?<!не )ранее|as far back as",
        "background",
    ),
)

# Verbs of acts that are public when they are done, and verbs of prices; every other verb tells of a happening, which
# may become known later.
PUBLIC_ACTS = (
    r"said|says|told|tells|announce[sd]?|report(?:s|ed)?|publish(?:es|ed)|releas(?:es|ed)|posted|declare[sd]|"
    r"state[sd]|disclose[sd]|confirm(?:s|ed)|warn(?:s|ed)|raise[sd]|cuts?|hike[sd]|lower(?:s|ed)|increase[sd]|keeps?|"
    r"kept|leaves|left|halt(?:s|ed)|suspend(?:s|ed)|stopped|resume[sd]|resign(?:s|ed)|order(?:s|ed)|impose[sd]|"
    r"unveil(?:s|ed)|issue[sd]|revealed|came|went|became|appeared|hit|flashed|made|comment(?:s|ed)|respond(?:s|ed)|"
    r"react(?:s|ed)|replie[sd]|answer(?:s|ed)|follow(?:s|ed)|accept(?:s|ed)|welcome[sd]|critici[sz]e[sd]|condemn(?:s|"
    r"ed)|dismisse[sd]|praise[sd]|прокомментировал\w*|отреагировал\w*|ответил\w*|приветствовал\w*|осудил\w*|"
    r"раскритиковал\w*|поддержал\w*|повторил\w*|добавил\w*|напомнил\w*|tweeted|wrote|writes|acknowledge[sd]|add(?:s|"
    r"ed)|noted|downgrade[sd]|upgrade[sd]|reiterate[sd]|repeat(?:s|ed)|сообщил\w*|сообщает|сообщают|заявил\w*|"
    r"заявляет|заявляют|объявил\w*|опубликовал\w*|рассказал\w*|сказал\w*|передал\w*|передает|передаёт|написал\w*|"
    r"пишет|снизил\w*|повысил\w*|сохранил\w*|остановил\w*|приостановил\w*|подтвердил\w*|отметил\w*|уточнил\w*|"
    r"предупредил\w*|выпустил\w*|разместил\w*|обнародовал\w*|известно|выступил\w*|призвал\w*|пообещал\w*|"
    r"объявлен[аоы]?|опубликован[аоы]?|раскрыт[аоы]?|обнародован[аоы]?|распростран[её]н[аоы]?|размещ[её]н[аоы]?|"
    r"раскрыл\w*|распространил\w*|появил\w*|вышл[аои]|вышел|известн[аыо]"
)
PRICE_MOVES = (
    r"fell|rose|dropped|gained|lost|climbed|slid|jumped|surged|plunged|traded|declined|advanced|weakened|strengthened|"
    r"slumped|sank|dipped|rallied|firmed|shed|упал\w*|вырос\w*|подешевел\w*|подорожал\w*|укрепил\w*|ослаб\w*|"
    r"опустил\w*|поднял\w*|прибавил\w*|потерял\w*|просел\w*|торговал\w*|составил\w*|открыл\w*|закрыл\w*"
)
