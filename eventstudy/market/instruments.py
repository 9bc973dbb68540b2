"""What is traded: its code, its board, its calendar, and what "up" means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from eventstudy.errors import DataError


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

    def __post_init__(self) -> None:
        if not self.code.strip():
            raise DataError("An instrument needs a code.", remedy="Name it as the exchange does, for example 'SBER'.")
        if self.sign not in (-1, 1):
            raise DataError(f"The sign of {self.code} is {self.sign}; allowed are 1 and -1.")
        if self.valid_from and self.valid_to and self.valid_from > self.valid_to:
            raise DataError(f"{self.code} would end on {self.valid_to}, before it begins on {self.valid_from}.")
