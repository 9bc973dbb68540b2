"""What is traded: its code, its board, its calendar, and what "up" means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from eventstudy.errors import DataError, expect
from eventstudy.renamed import named_fields

# What the column of instruments is called in lists of events and news, the best name first.
INSTRUMENT_COLUMNS = (
    *("instrument", "instruments", "ticker", "symbol", "permno", "secid", "tic", "oftic", "isin", "ric", "gvkey"),
    "cusip",
)

# A longer text is not a code: a column of words was taken for that of the instruments.
MOST_LETTERS = 200


@named_fields
@dataclass(frozen=True, slots=True)
class Instrument:
    """One thing with a price.

    Attributes
    ----------
    code : str
        The exchange's own code, for example ``"SBER"`` or ``"USD000UTSTOM"``.
    board : str
        The board that makes the price (``"TQBR"``, ``"CETS"``, ``"SNDX"``, ``"RFUD"``); empty where there is none.
    calendar : str
        A name of ``CALENDARS``; ``"24/7"`` where the market never closes.
    quote : str
        What a higher price means in words: ``"RUB per USD"`` says that up is a weaker rouble.
    sign : int
        ``+1`` when a higher price is the move a reader calls "up", ``-1`` when it is the opposite
        (USD/RUB in a table of rouble strength).
    valid_from, valid_to : datetime.date or None
        First and last trading day with a price; None where open.
    successors : tuple of str
        Where the price lives on after ``valid_to``.
    note : str
        What a careful user must know, for example that RTSI uses the central bank's rate since 2024-06-13.

    Examples
    --------
    >>> Instrument("SBER", "TQBR", "MOEX-SHARES", "RUB")
    <Instrument SBER, TQBR, MOEX-SHARES, RUB>
    """

    code: str
    board: str = ""
    calendar: str = "24/7"
    quote: str = ""
    sign: int = 1
    valid_from: date | None = None
    valid_to: date | None = None
    successors: tuple[str, ...] = ()
    note: str = ""

    def __repr__(self) -> str:
        return f"<Instrument {', '.join(filter(None, (self.code, self.board, self.calendar, self.quote)))}>"

    def __post_init__(self) -> None:
        expect("Instrument.code", self.code, str, "Pass the code as text, for example 'SBER'.")
        for name in ("board", "calendar", "quote"):
            expect(f"Instrument.{name}", getattr(self, name), str, "Pass text.")
        expect("Instrument.sign", self.sign, int, "Pass 1 or -1.")
        for name in ("valid_from", "valid_to"):
            expect(f"Instrument.{name}", getattr(self, name), (date, type(None)), "Pass a datetime.date.")
        if not self.code.strip():
            raise DataError("An instrument needs a code.", remedy="Name it as the exchange does, for example 'SBER'.")
        if len(self.code) > MOST_LETTERS:
            raise DataError(
                f"The code of an instrument has {len(self.code):,} letters, more than {MOST_LETTERS}: "
                f"{self.code[:40]}...",
                remedy="Name the column of the instruments, or shorten their codes.",
            )
        if self.sign not in (-1, 1):
            raise DataError(f"The sign of {self.code} is {self.sign}; allowed are 1 and -1.")
        if self.valid_from and self.valid_to and self.valid_from > self.valid_to:
            raise DataError(f"{self.code} would end on {self.valid_to}, before it begins on {self.valid_from}.")


_ROUBLE = "RUB per USD"
_NO_EXCHANGE_DOLLAR = "The Moscow Exchange stopped trading dollar, euro and Hong Kong dollar pairs on 2024-06-13."

INSTRUMENTS: dict[str, Instrument] = {
    one.code: one
    for one in (
        Instrument(
            "USD000UTSTOM",
            "CETS",
            "MOEX-FX",
            quote=_ROUBLE,
            valid_to=date(2024, 6, 11),
            successors=("CNYRUB_TOM", "Si", "USDRUBF"),
            note=_NO_EXCHANGE_DOLLAR,
        ),
        Instrument(
            "EUR_RUB__TOM",
            "CETS",
            "MOEX-FX",
            quote="RUB per EUR",
            valid_to=date(2024, 6, 11),
            successors=("CNYRUB_TOM", "Eu", "EURRUBF"),
            note=_NO_EXCHANGE_DOLLAR,
        ),
        Instrument("CNYRUB_TOM", "CETS", "MOEX-FX", quote="RUB per CNY"),
        Instrument("Si", "RFUD", "MOEX-FUTURES", quote="RUB per 1000 USD", note="A chain of quarterly contracts."),
        Instrument("Eu", "RFUD", "MOEX-FUTURES", quote="RUB per 1000 EUR", note="A chain of quarterly contracts."),
        Instrument("USDRUBF", "RFUD", "MOEX-FUTURES", quote=_ROUBLE),
        Instrument("EURRUBF", "RFUD", "MOEX-FUTURES", quote="RUB per EUR"),
        Instrument("IMOEX", "SNDX", "MOEX-INDEX", quote="points", note="Ends 18:50; IMOEX2 goes on in the evening."),
        Instrument("IMOEX2", "SNDX", "MOEX-INDEX2", quote="points", valid_from=date(2020, 6, 22)),
        Instrument(
            "RTSI",
            "RTSI",
            "MOEX-INDEX",
            quote="points (USD)",
            note="Since 2024-06-13 converted at the Bank of Russia's rate: a step around 17:55 each day is not news.",
        ),
        *(Instrument(code, "TQBR", "MOEX-SHARES", quote="RUB") for code in ("SBER", "VTBR", "SIBN", "GAZP", "LKOH")),
        *(Instrument(code, "TQBR", "MOEX-SHARES", quote="RUB") for code in ("MTLR", "RASP", "TRNFP", "GMKN", "ROSN")),
        *(
            Instrument(code, "", "24/5", note="Yahoo's indicative quotes.")
            for code in ("RUB=X", "USDRUB=X", "EURUSD=X")
        ),
        Instrument(
            "USDRUB",
            "ECB",
            "ECB-FIXING",
            quote=_ROUBLE,
            valid_from=date(2005, 4, 1),
            valid_to=date(2022, 3, 1),
            successors=("USD000UTSTOM", "CNYRUB_TOM", "Si"),
            note="Cross of the ECB's euro reference rates; the ECB stopped quoting the rouble after 2022-03-01.",
        ),
    )
}


@lru_cache(maxsize=4_096)
def instrument(code: str) -> Instrument:
    """Return the instrument of that code: a row of ``INSTRUMENTS``, or a plain one that never closes.

    Examples
    --------
    >>> instrument("USD000UTSTOM").successors
    ('CNYRUB_TOM', 'Si', 'USDRUBF')
    >>> instrument("XYZ").calendar
    '24/7'
    """
    return INSTRUMENTS.get(code) or Instrument(code)
