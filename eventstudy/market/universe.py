"""Universe: the series of many instruments, read once from one description, and those that were left out and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import TYPE_CHECKING

from eventstudy.arrays import value
from eventstudy.errors import DataError, did_you_mean
from eventstudy.renamed import named_fields

if TYPE_CHECKING:
    from eventstudy.market.bars import Bars
    from eventstudy.market.returns import Returns


@value
class LeftOut:
    """An instrument whose series could not be used."""

    instrument: str
    reason: str


@named_fields
@value
class Universe:
    """Series of many instruments; iterate over it, or take one by its code.

    Attributes
    ----------
    series : tuple of Bars or Returns
        In the order of the source.
    left_out : tuple of LeftOut
        Instruments whose series could not be used, with the reason.
    recognized : tuple of str
        One line for each file: what it was recognized as.

    Examples
    --------
    >>> from eventstudy.simulate import demo_market
    >>> universe = Universe(demo_market().bars)
    >>> len(universe), universe["SBER"].instrument.code
    (3, 'SBER')
    """

    series: tuple[Bars | Returns, ...]
    left_out: tuple[LeftOut, ...] = field(default=())
    recognized: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.series)

    def __iter__(self) -> Iterator[Bars | Returns]:
        return iter(self.series)

    def __getitem__(self, code: str) -> Bars | Returns:
        for one in self.series:
            if one.instrument.code == code:
                return one
        reason = next((out.reason for out in self.left_out if out.instrument == code), "")
        if reason:
            raise DataError(f"{code} was left out: {reason}")
        advice = did_you_mean(code, self.codes) or "Name it as the prices do, or give the file of its prices."
        raise DataError(f"There is no instrument {code!r} in the prices.", remedy=advice)

    @property
    def codes(self) -> tuple[str, ...]:
        """The instruments, in order."""
        return tuple(one.instrument.code for one in self.series)

    def __repr__(self) -> str:
        out = f", {len(self.left_out)} left out" if self.left_out else ""
        return f"<Universe: {len(self)} instruments{out}>"
