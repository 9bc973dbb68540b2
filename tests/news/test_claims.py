"""What a text says a price did, as a value: subject, signed change, unit, level, time, venue, and against what."""

from __future__ import annotations

import pytest

from eventstudy.news.claims import PriceClaim, find_claims
from eventstudy.news.sentences import sentences

Row = tuple[str, float | None, str, float | None, str, str, str]

# Read by hand. A rouble that gains is a dollar that loses; the comma is decimal in Russian, groups in English.
CLAIMS: list[tuple[str, Row]] = [
    (
        "The dollar fell by 1.2 rubles to 76.16 rubles as of 18:53, according to data from the Moscow Exchange.",
        ("USD/RUB", -1.2, "RUB", 76.16, "18:53", "Moscow Exchange", "unsaid"),
    ),
    (
        "Курс доллара к 18:53 мск снизился на 1,2 рубля, до 76,16 рубля, свидетельствуют данные Мосбиржи.",
        ("USD/RUB", -1.2, "RUB", 76.16, "18:53", "Мосбиржи", "unsaid"),
    ),
    ("Доллар подешевел на 20 копеек, до 75,95 рубля.", ("USD/RUB", -20.0, "kopecks", 75.95, "", "", "unsaid")),
    ("Евро подорожал на 15 копеек и составил 90,44 рубля.", ("EUR/RUB", 15.0, "kopecks", 90.44, "", "", "unsaid")),
    (
        "The ruble strengthened by 1.5% against the dollar to 76.16.",
        ("USD/RUB", -1.5, "percent", 76.16, "", "", "unsaid"),
    ),
    ("Рубль укрепился к евро на 1,01 рубля, до 90,7.", ("EUR/RUB", -1.01, "RUB", 90.7, "", "", "unsaid")),
    ("Рубль ослаб к юаню на 2 копейки, до 11,6 рубля.", ("CNY/RUB", 2.0, "kopecks", 11.6, "", "", "unsaid")),
    (
        "The MOEX index rose 1.46% to 3,560.2 points by 18:50.",
        ("IMOEX", 1.46, "percent", 3560.2, "18:50", "", "unsaid"),
    ),
    ("Индекс РТС вырос на 2,5%, до 1475,3 пункта.", ("RTSI", 2.5, "percent", 1475.3, "", "", "unsaid")),
    ("Индекс Мосбиржи прибавил 12,5 пункта.", ("IMOEX", 12.5, "points", None, "", "", "unsaid")),
    (
        "Shares of Sberbank gained 3.2% to 282.5 rubles from the previous close.",
        ("SBER", 3.2, "percent", 282.5, "", "", "previous close"),
    ),
    ("Акции Газпрома упали на 1,3% с открытия.", ("GAZP", -1.3, "percent", None, "", "", "open")),
    ("Brent rose $1.20 to $64.50 a barrel.", ("BRENT", 1.2, "USD", 64.5, "", "", "unsaid")),
    ("The euro fell 0.3% to $1.1912.", ("EUR/USD", -0.3, "percent", 1.1912, "", "", "unsaid")),
    ("The S&P 500 lost 12 points to 4,141.", ("S&P 500", -12.0, "points", 4141.0, "", "", "unsaid")),
    (
        "The dollar fell 1.2 rubles from the open to 76.16 at 18:53.",
        ("USD/RUB", -1.2, "RUB", 76.16, "18:53", "", "open"),
    ),
]


def claims(text: str) -> tuple[PriceClaim, ...]:
    return find_claims(text, sentences(text))


@pytest.mark.parametrize(("text", "row"), CLAIMS, ids=[text[:40] for text, _ in CLAIMS])
def test_a_claim_is_read_as_it_stands(text: str, row: Row) -> None:
    (found,) = claims(text)
    assert (
        *(found.subject, found.change, found.unit, found.level),
        *(found.at, found.venue, found.against),
    ) == row
    assert text[found.start : found.end] == found.text


@pytest.mark.parametrize(
    "text",
    [
        "The dollar may fall to 70 rubles.",
        "The dollar did not fall to 70 rubles.",
        "The dollar will fall by 2 rubles to 70.",
        "Доллар может подешеветь до 70 рублей.",
        "Доллар не подешевел до 70 рублей.",
        "The meeting fell on 13 April.",
        "",
    ],
)
def test_what_did_not_happen_or_is_no_price_is_no_claim(text: str) -> None:
    assert claims(text) == ()


def test_a_change_in_percent_or_kopecks_is_told_in_price_units() -> None:
    # 282.5 after +3.2 %: the base is 282.5 / 1.032 = 273.740..., the change 8.7597; 20 kopecks are 0.20 roubles.
    (share,) = claims("Shares of Sberbank gained 3.2% to 282.5 rubles.")
    (dollar,) = claims("Доллар подешевел на 20 копеек, до 75,95 рубля.")
    assert share.price_change == pytest.approx(282.5 - 282.5 / 1.032)
    assert dollar.price_change == pytest.approx(-0.20)
