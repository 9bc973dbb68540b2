"""What a reader of files is given beside the description."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from eventstudy.market.instruments import Instrument
from eventstudy.market.quality.problems import DailyCloses
from eventstudy.market.sources.price_table import PriceTable
from eventstudy.market.sources.reach import Around


@dataclass(frozen=True)
class Reading:
    """What is passed to a reader of files beside the description.

    Attributes
    ----------
    wanted : collection of str or None
        Only these instruments are checked and returned, None for all.
    around : Around or None
        The events that rows are needed for; a dataset reads no others. None for all rows.
    given : Instrument or None
        The instrument of a single series, where more than its code is known.
    against : DailyCloses or None
    offline : bool
        Keep services from the network.
    any_sign : bool
        Whether prices at or below zero are data, as in a study of differences.
    tables : dict
        Tables read before, by file and by what decides how it is read.
    """

    wanted: Collection[str] | None = None
    given: Instrument | None = None
    against: DailyCloses | None = None
    offline: bool = False
    any_sign: bool = False
    around: Around | None = None
    tables: dict[tuple[str, str], PriceTable] = field(default_factory=dict)
