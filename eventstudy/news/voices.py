"""Who speaks in public, what is published, and the words that take a sentence out of the public: literal tables."""

from __future__ import annotations

import re

# Heads of the subject of "said": institutions and offices whose words are public when they are spoken.
VOICES_EN = (
    r"agenc(?:y|ies)|administration|airlines?|airport|army|association|authorit(?:y|ies)|automaker|bank|board|bourse|"
    r"brokerage|builder|bureau|cabinet|carmaker|carrier|central bank|chain|chancellor|commission(?:er)?|committee|"
    r"company|conglomerate|congress|consortium|corporation|council|court|department|depository|developer|drugmaker|"
    r"embassy|exchange|executive|exporter|factory|fed|federation|firm|foundation|fund|giant|government|governor|"
    r"group|house|importer|institute|insurer|issuer|judge|justice|king|kremlin|lender|maker|manufacturer|mayor|miner|"
    r"minister|ministry|monarch|newspaper|network|office|officials?|operator|organi[sz]ation|palace|parliament|party|"
    r"pentagon|platform|pope|port|premier|presiden(?:t|ts|cy)|producer|prosecutor|provider|publisher|queen|railway|"
    r"refiner|regulator|reserve|retailer|secretariat|secretary|senate|service|spokes(?:man|woman|person)|startup|"
    r"statement|supplier|team|telescope|trade union|treasury|tribunal|union|university|utility|vatican|watchdog|"
    r"white house|wire|chairman|chairwoman|chair|ceo|chief|director|leaders?|negotiators|ministers|companies|banks|"
    r"exchanges|governments|regulators|parties|allies"
)
VOICES_RU = (
    r"агентств\w*|администраци\w*|аэропорт\w*|банк\w*|бирж\w*|бюро|ведомств\w*|верховн\w+ суд\w*|вице-премьер\w*|"
    r"глав[аы]|госдум\w*|госдеп\w*|газет\w*|губернатор\w*|дворец|дом\b|департамент\w*|директор\w*|дум[аы]|завод\w*|"
    r"зам\w*|канцлер\w*|кабмин\w*|кабинет\w*|комисси\w*|комитет\w*|компани\w*|концерн\w*|корпораци\w*|кремл\w*|"
    r"комитет\w*|лидер\w*|мэр\w*|министерств\w*|министр\w*|минфин\w*|мин[а-яё]{3,}|мид\w*|мосбирж\w*|надзор\w*|"
    r"оператор\w*|организаци\w*|офис\w*|парламент\w*|пентагон\w*|посольств\w*|правительств\w*|правлени\w*|премьер\w*|"
    r"президент\w*|пресс-\w+|представител\w+|прокуратур\w*|производител\w*|регулятор\w*|резерв\w*|росстат\w*|"
    r"рос[а-яё]{4,}|секретар\w*|сенат\w*|совет\w*|союз\w*|спикер\w*|суд\w*|ритейлер\w*|телеканал\w*|университет\w*|"
    r"управлени\w*|фирм\w*|фонд\w*|холдинг\w*|центр\w*|центробанк\w*|цб|фрс|ецб|мвф|оон|опек\w*|чиновник\w*|штаб\w*|"
    r"служб\w*|генсек\w*|банки|власти|групп\w+|сет[ьи]|авиакомпани\w*|эмитент\w*|застройщик\w*|федераци\w*|биржи"
)
# What is published: heads of the subject of "was released", or of the object of "published".
PUBLISHED_EN = (
    r"announcements?|bulletin|budget|communiqu[eé]|cpi|data|decisions?|declaration|decree|deal|estimates?|figures|"
    r"filing|forecasts?|gdp|guidance|index|inflation|it|jobs|law|leak|merger|minutes|news|notice|numbers|order|"
    r"outage|outcome|outlook|payrolls?|plan|press release|projections?|readout|read-out|records?|reports?|"
    r"resignation|results?|rule|ruling|sanctions?|statements?|statistics|survey|takeover|this|verdict|votes?|warning|"
    r"earnings|accord|agreement|appointment|acquisition|details|treaty|tariffs?|text|filing|tweet|post|flash|"
    r"headline|release|disclosure|package|communique|notice"
)
# A stamp that says of itself that it is the release's: "Release time: ...", "Время сообщения — ...".
RELEASE_STAMP = re.compile(
    r"\b(?:release[- ]?time|time of (?:the )?release|released(?: to the (?:public|press|media))?(?=\s*:)|"
    r"(?:дата и )?время (?:раскрытия|сообщения|публикации)|обнародован[аоы]?(?=\s*:))\s*[:—–-]?\s*$",
    re.IGNORECASE,
)
# What has no time of its own, and what has one: "announced the recall at 9:40", but "announced a meeting at 9:40".
SETTLED = re.compile(
    rf"\b(?:{PUBLISHED_EN}|recall|appointment|dividends?|buy-?backs?|repurchase|increases?|cuts?|rise|hike|reduction|"
    rf"sale of (?:its|the|his|a)|"
    r"raise|rights issue|offering|downgrade|upgrade|loss(?:es)?|profits?|default|ban|devaluation|move|measures?|"
    r"package|stimulus|easing|tightening|changes?|revision|recommendation|approval|award|contract|settlement|fine|"
    r"penalty|probe|investigation|inquiry|layoffs|restructuring|bankruptcy|insolvency|(?:key|policy|base|interest|"
    r"lending) rates?|peg|cyberattack)\b|\b(?:решени|результат|отч[её]т|данн|показател|прибыл|убыт|дивиденд|повышени|"
    r"снижени|сокращени|увеличени|выкуп|отзыв|отказ|назначени|отставк|увольнени|сделк|слияни|поглощени|дефолт|"
    r"банкротств|санкци|пошлин|запрет|мер[ыаех]|изменени|предупреждени|прогноз|рейтинг|штраф|контракт|соглашени|"
    r"договор|заявлени|сообщени|релиз|пресс-релиз|постановлени|указ|приказ|предел|ставк|кибератак|смен|дол[яеию]|"
    r"кадров|недостовер|пресс-релиз)\w*",
    re.IGNORECASE,
)
TIMED = re.compile(
    r"\b(?:meetings?|conferences?|calls?|webcast|hearings?|votes?|elections?|summit|talks|strikes?|auctions?|"
    r"tenders?|listing|launch|start|opening|closing|events?|session|trading|maintenance|shutdown|holiday|visit|trip|"
    r"ceremony|match|game|concert|speech|address|briefing|publication|deadline|expiry|breach|attacks?|explosion|"
    r"blast|quake|earthquake|fire|crash|accident|outage|closure|curfew|ceasefire|truce|blackout|tests?|drill|"
    r"departure|arrival|flights?|delays?|halt|suspension|effective|release|upgrade|downgrade|rollout|update|payable|"
    r"valid|exchange rates?|prices?|traffic|temperatures?|readings?|levels?|data on|figures (?:on|for)|into|bonds?|"
    r"gilts|delisting|death|arrest|raid|shooting|launching|resumption|testimony|interview|appearance|(?:встреч|"
    r"собрани|заседани|совещани|конференци|выбор|торг|аукцион|тендер|размещени|открыти|начал|старт|запуск|переговор|"
    r"визит|саммит|забастовк|митинг|голосовани|матч|концерт|перенос|авари|пожар|взрыв|задержани|арест|атак|сбо|"
    r"отключени|рейс|задержк|вылет|прил[её]т|учени|брифинг|выступлени|эфир|слушани|праздник|перерыв|остановк|"
    r"приостановк|прекращени|гибел|смерт|дтп|обстрел|землетрясени|обыск|выплат|подписани|вступлени|курс)\w*|дн(?:е|"
    r"ём|ю)|дат[аеы])\b",
    re.IGNORECASE,
)
PUBLISHED_RU = re.compile(
    r"\b(?:решени|сообщени|заявлени|релиз|пресс-релиз|отч[её]т|данные|результат|указ|приказ|постановлени|новост|пост|"
    r"документ|молни|протокол|прогноз|итог|стат|запис|твит|публикаци|информаци|факт)\w*|\bоб?\s",
    re.IGNORECASE,
)
# "was halted": what the public sees stop and go on.
TRADED_EN = r"trading|shares?|stocks?|market|futures|bonds?|units|dealings|securities|session"
UNREAL = re.compile(
    r"\b(?:novels?|films?|movies?|drama|episode|fictional|fiction|imagine|suppose|supposing|scenario|drills?|"
    r"rehearsal|simulations?|simulated|mock|hoax|fake[ds]?|bogus|parody|satir\w+|spoof\w*|hackers|impostors?|"
    r"prank\w*|april fools?|dreams?|dreamt|hypothetical\w*|would have|purported\w*|so-called|template|in the (?:book|"
    r"game|comic|sketch|story|play|show|series|plot)|ai-generated|deepfake\w*|chatbots?|правда ли|дипфейк\w*|"
    r"робот\w*|автоответчик\w*|чат-бот\w*|for example|роман[еау]?|фильм\w*|сериал\w*|учени(?:я|й|ях)|учебн\w+|"
    r"фейк\w*|пародийн\w*|сатирич\w*|розыгрыш\w*|хакер\w*|взломан\w*|фальшив\w*|поддельн\w*|представьте|представим|"
    r"в (?:книге|игре|рассказе|пьесе|повести|сериале|комедии)|приснил\w*|допустим|предположим|гипотетич\w*|к примеру|"
    r"например|шутк\w*|шутлив\w*)\b",
    re.IGNORECASE,
)
# Said or done, and not before the public.
CLOSED = re.compile(
    r"\b(?:privately|private|secret(?:ly)?|sealed?|confidential\w*|classified|internal(?:ly)?|intranet|diary|(?:said|"
    r"says) (?:little|nothing|no more|no)|off[- ]camera|over (?:lunch|dinner|drinks|coffee|breakfast)|"
    r"according to (?:\w+ ){0,3}(?:sources?|theor(?:y|ies)|rumou?rs?|legend|friends|insiders|documents?|lawsuits?|"
    r"indictment|complaint|investigators|prosecutors|filings? by|testimony)|to (?:its|his|her|"
    r"their) (?!(?:web ?)?sites?\b|pages?\b|accounts?\b|\w+ parliament\b)\w+|по (?:словам|данным|"
    r"версии) (?:следстви\w*|истц\w*|ответчик\w*|свидетел\w*|источник\w*|собеседник\w*)|негласно|неофициально|"
    r"по версии \w+|в (?:частн|личн)\w+ (?:бесед|разговор|переписк|встреч)\w*|"
    r"согласно (?:иску|материалам|обвинению)|(?:to|told|with|for) (?:(?:his|her|its|their|the|all|some|"
    r"senior) )*(?:staff|employees?|workers|aides?|colleagues?|wife|husband|friends?|famil(?:y|ies)|relatives|"
    r"clients?|subscribers|allies|lawyers?|insiders?)|in an? (?:\w+ )?(?:memo|note|letter|e-?mail|text message|chat)|"
    r"members only|closed[- ]door|closed doors|in camera|off the record|on background|leaked|drafts?|transcripts?|"
    r"recordings?|testimony|testified|deposition|affidavit|under oath|in custody|phone call|by (?:tele)?phone|"
    r"telephone call|dinner|opposing side|in an? (?:closed |private )?(?:meeting|call|conversation|chat)|(?:to|told|"
    r"informed) (?:the |its |a )?(?:regulators?|auditors?|lenders?|creditors?|shareholders?|partners?|police|cabinet|"
    r"board|court clerk|investigators?|doctors?)|minutes show\w*|показал\w* протокол\w*|из протокола|(?:unaware|"
    r"without (?:telling|informing|announcing))|закрыт\w+|по секрету|в (?:\w+ )?(?:письме|записке|переписке)|"
    r"регулятор(?:у|ам)|аудитор(?:у|ам)|кредитор(?:у|ам)|партн[её]р(?:у|ам)|акционер(?:у|ам)|адвокат(?:у|ам)|"
    r"конфиденциальн\w*|внутренн(?:ем|ей|ий|яя|юю|его) (?:письм|записк|совещан|меморандум|приказ|документ)\w*|"
    r"секретн\w*|тайн\w*|сотрудник(?:ам|ами|ов)|подчин[её]нн\w*|коллег(?:ам|ами)|жене|мужу|друз\w+|родн(?:ым|ыми)|"
    r"дневник\w*|служебн\w*|кулуарн\w*|клиентам|инсайдер\w*|черновик\w*|по телефону|в телефонном|полиции|"
    r"следовател\w+|допрос\w*)\b",
    re.IGNORECASE,
)
# What tells that the public learned it at another time than it was done.
LATER = re.compile(
    r"\b(?:made public|bec(?:ame|ome) public|went public|bec(?:ame|ome) known|came to light|emerged|surfaced|"
    r"kept (?:secret|quiet|private|under wraps|from)|under (?:embargo|seal|wraps)|embargo(?:ed)?|(?:was|"
    r"were) (?:only|not) (?:made public |later )?(?:announced|published|released|disclosed|reported|revealed)|"
    r"only (?:announced|published|released|disclosed|revealed)|not (?:been )?(?:made public|announced|published|"
    r"released|disclosed) (?:until|till|before|for|at the time|then)|undisclosed|withheld|(?:hours?|days?|weeks?|"
    r"months?) later|until then|learn(?:ed|t) (?:of|about) it|news broke|reached the (?:public|market|press)|"
    r"(?:press|market|public) was told|never (?:published|released|announced|made public)|(?:had|has) been out|"
    r"(?:came|come|got|was) (?:out|public|known) (?:only|much later|not until)|(?:вышл|стал|появил)\w* (?:лишь|только)|"
    r"everyone knew|everybody knew|nobody (?:heard|noticed|knew)|узнал\w* об этом|новость разошлась|"
    r"все (?:уже )?знали|никто не (?:услышал|заметил)|не было (?:опубликован|обнародован)\w*|до публики|"
    r"дошло \w* ?только|утекл\w+|об этом (?:уже )?писал\w*|first reported|earlier reported|previously reported|"
    r"had (?:already |earlier |previously )?(?:been )?(?:reported|leaked|announced|published)|стало известно позже|"
    r"позднее стало|стало известно лишь|стало известно только|держал\w* в (?:тайне|секрете)|под эмбарго|"
    r"лишь (?:через|спустя|на следующий)|обнародовал\w* (?:лишь|только)|не (?:публиковал|объявлял|обнародовал|"
    r"раскрывал|сообщал)\w*|(?:через|спустя) \w+ (?:час|дн|день|недел|месяц)\w*|ранее сообщал\w*|уже сообщал\w*)\b",
    re.IGNORECASE,
)
# A text that looks back tells of its event as history; the news is another.
LOOKS_BACK = re.compile(
    r"\b(?:(?:\w+|\d+) (?:years?|decades?) (?:on|later|ago|after|earlier|since|before)|(?:months|weeks) (?:on|later|"
    r"ago)|a (?:decade|generation) (?:on|later|ago)|since then|(?:has|have|had) (?:now|since)|never did|remember|"
    r"recall that|(?:days?|weeks?) after|anniversary|in hindsight|looking back|(?:лет|года?|месяц\w*|"
    r"недел\w+) (?:спустя|назад)|(?:спустя|через) (?:\w+ )?(?:лет|год\w*|месяц\w*)|десятилети\w+ (?:спустя|назад)|"
    r"годовщин\w*|с тех пор|теперь|помните|напомним|(?:через|спустя) [\w ]{0,12}(?:д[не]|недел)\w* после|"
    r"оглядываясь)\b",
    re.IGNORECASE,
)
WITHDRAWN = re.compile(
    r"\b(?:(?:time|date|hour|minute|stamp|day)s? (?:\w+ ){0,5}(?:is|was|are|were) (?:\w+ )?(?:wrong|incorrect|"
    r"mistaken|disputed|false|unclear|unconfirmed|approximate|an estimate)|give or take|was a lie|none of (?:this|"
    r"it) (?:happened|is true)|so (?:it|he|she|they) (?:claims?|says?|say)|(?:was|is|were|by|in) (?:a |"
    r"an )?(?:mistake|error)|(?:sample|test|satirical|generated) (?:article|text|story)|is (?:a )?(?:satire|test|"
    r"sample|draft|guess|translation)|for testing|lorem ipsum|clock was|times? (?:are|is|may be|"
    r"might be) (?:approximate|local|in local|off|wrong|estimates?)|from the archives?|reprint(?:ed)?|"
    r"first published in|это (?:был\w* )?(?:ложь|сатира|тестов\w+|ошибка|тест|черновик|шутка|архив)|по ошибке|"
    r"из архива|ничего (?:этого )?не было|так (?:он|она|они|оно) утвержда\w+|часы (?:отставали|спешили)|"
    r"время (?:\w+ )?(?:местное|приблизительн\w+)|дата не|для проверки|(?:впервые )?опубликован\w* в \d{4} году|"
    r"перепечатк\w*|untrue|not true|unconfirmed|not (?:yet )?confirmed|не подтвержд\w*|to be confirmed|tbc|"
    r"plus or minus|or thereabouts|неправда|неверно|ошибочно|едва ли|вряд ли|говорят|плюс-минус|уточняется|"
    r"(?:withdrew|retracted|deleted|rescinded|recalled) (?:it|(?:the|its|this|that) (?:statement|announcement|report|"
    r"post|tweet|story|release|notice))|(?:statement|announcement|report|post|tweet|story|"
    r"release) was (?:later )?(?:withdrawn|retracted|deleted|false|fake)|(?:отозвал|удалил)\w* (?:это |"
    r"сво[её] )?(?:заявлени|сообщени|публикаци|отч[её]т|пост|запис)\w*)\b",
    re.IGNORECASE,
)
# A heading that says what kind of text it is: none of these tells news.
LABELLED = re.compile(
    r"^\W*(?:archives?|flashback|throwback|from the archives?|tests?|sample|draft|fiction|quiz|example|correction|"
    r"corrected|timeline|chronology|on this day|this day in history|today in history|obituary|podcast|transcript|"
    r"satire|opinion|sponsored|advertisement|rumou?rs?|unconfirmed|yesterday['’]s|retro|recap|explainer|fact ?check|"
    r"analysis|архив|из архива|тест|пример|черновик|поправка|исправлено|хронология|в этот день|сатира|мнение|реклама|"
    r"на правах рекламы|слухи?|опровержение|ретро|вчерашн\w+|не подтвержд\w+|некролог|анализ)\b[^\n:.]{0,30}(?::|\n)",
    re.IGNORECASE,
)
# Verbs of those who speak after others did: the news was out by then, since when they do not say.
REPEATS = re.compile(
    r"(?:confirm(?:s|ed)|acknowledge[sd]|add(?:s|ed)|noted|reiterate[sd]|repeat(?:s|ed)|подтвердил\w*|отметил\w*|"
    r"уточнил\w*|повторил\w*|добавил\w*|напомнил\w*|призвал\w*|пообещал\w*|comment(?:s|ed)|respond(?:s|ed)|react(?:s|"
    r"ed)|replie[sd]|answer(?:s|ed)|follow(?:s|ed)|accept(?:s|ed)|welcome[sd]|critici[sz]e[sd]|condemn(?:s|ed)|"
    r"dismisse[sd]|praise[sd]|прокомментировал\w*|отреагировал\w*|ответил\w*|приветствовал\w*|осудил\w*|"
    r"раскритиковал\w*|поддержал\w*)",
    re.IGNORECASE,
)
AGAIN = re.compile(
    r"\b(?:again|once more|as (?:it|he|she|they) (?:had )?(?:said|announced|reported)|what everyone|repeated|"
    r"reiterated|confirming|first to report|(?:an |the )?earlier (?:reports?|rumou?rs?)|as reported|media reports?|"
    r"press reports?|rumou?rs?|снова|вновь|ещё раз|повторно|подтвердив\w*|подтверждая|слух\w*|ранее сообщал\w*)\b",
    re.IGNORECASE,
)
# Happenings that were known to come: their minute is a timetable's, not that of news.
TIMETABLE = re.compile(
    r"\b(?:deadline|was due|were due|bids?|expir\w+|ex-dividend|dividends? (?:was|were) paid|paid (?:its|a|"
    r"the) dividends?|elections?(?: \w+){0,2} held|(?:as|previously|already) (?:planned|scheduled|announced|agreed|"
    r"expected)|(?:announced|agreed|scheduled|reported) (?:last|in|earlier|weeks|months|days|a)|dated|"
    r"kick(?:ed)? ?off|(?:trading|markets?|exchange|session|bourse|stocks?|shops?|stores?|offices?|polls?|"
    r"polling stations|registration|auction|tender|subscription|flights?|trains?|museum|library|doors)\s+(?:had |"
    r"have )?(?:opened|closed|began|started|ended|arrived|departed|left|landed)|opened (?:its|the|their) doors|"
    r"дедлайн\w*|срок\w*|истек\w*|ист[её]к\w*|заявк\w*|(?:торги|биржа|рынок|сессия|магазин|офис|банк|участки|"
    r"музей)\s+(?:открыл|закрыл|начал|закончил|завершил)\w*|дивиденд\w* выплатил\w*|как и (?:планировал|ожидал)\w*|"
    r"от \d{1,2} (?:январ|феврал|март|апрел|мая|июн|июл|август|сентябр|октябр|ноябр|декабр)\w*)\b",
    re.IGNORECASE,
)
