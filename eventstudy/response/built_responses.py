"""Responses that are built from their numbers when they are first looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import Any, NamedTuple, overload

from eventstudy.abnormal.placebo.balance import PlaceboBalance
from eventstudy.arrays import FloatArray, value
from eventstudy.response.build_response import response_at
from eventstudy.response.measured_events import MeasuredEvents
from eventstudy.response.values import Response


class UnbuiltResponse(NamedTuple):
    """One response to be built: a row of the numbers of a group, and its p-values over all instruments."""

    found: MeasuredEvents
    row: int
    joint: FloatArray

    @property
    def event(self) -> str:
        """Identifier of its event."""
        return self.found.events[self.row].id

    @property
    def placebo_days(self) -> int:
        """Number of its placebo days."""
        return int(self.found.measured.placebo_days[self.row])

    @property
    def balance(self) -> PlaceboBalance | None:
        """The event day beside its placebo days, if the settings match them."""
        return self.found.balances[self.row]

    def built(self) -> Response:
        """Return the response."""
        return response_at(self.found, self.row, joint=self.joint)


@value
class Responses(Sequence[Response]):
    """Responses in order; each is built when it is first looked at, and kept.

    Attributes
    ----------
    rows : tuple of UnbuiltResponse or Response
    """

    rows: tuple[UnbuiltResponse | Response, ...]
    _built: dict[int, Response] = field(init=False, default_factory=dict, compare=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return Responses, (self.rows,)

    def content(self) -> tuple[Response, ...]:
        """Return them all."""
        return tuple(self)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Response]:
        return (self._at(place) for place in range(len(self.rows)))

    @overload
    def __getitem__(self, at: int) -> Response: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Response, ...]: ...
    def __getitem__(self, at: int | slice) -> Response | tuple[Response, ...]:
        places = range(len(self.rows))[at]
        return self._at(places) if isinstance(places, int) else tuple(map(self._at, places))

    def _at(self, place: int) -> Response:
        row = self.rows[place]
        if isinstance(row, Response):
            return row
        if place not in self._built:
            self._built[place] = row.built()
        return self._built[place]
