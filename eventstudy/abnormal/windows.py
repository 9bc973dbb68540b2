"""Windows in event time: tau counts bars, tau = 0 is the bar (or merged bars) that first contains the news."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from eventstudy.errors import UsageError

Clock = Literal["bars", "minutes", "days"]


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """The bars from ``start`` to ``stop``, both included."""

    start: int
    stop: int

    def __post_init__(self) -> None:
        if self.start > self.stop:
            raise UsageError(
                f"The window [{self.start}, {self.stop}] ends before it starts.", remedy="Exchange the two."
            )

    def __len__(self) -> int:
        return self.stop - self.start + 1

    def __str__(self) -> str:
        return f"[{self.start:+d}, {self.stop:+d}]"


@dataclass(frozen=True, slots=True)
class WindowSpec:
    """Which bars estimate the model and which bars are studied.

    Attributes
    ----------
    estimation : Window or None
        Bars that the expected-return model is estimated on; None for models without parameters.
    event : Window
        Bars that are studied.
    min_observations : int
        Valid estimation bars below which an event is not used.

    Raises
    ------
    UsageError
        If the estimation window does not end before the event window starts.
    """

    estimation: Window | None
    event: Window
    min_observations: int = 20

    def __post_init__(self) -> None:
        if self.estimation is not None and self.estimation.stop >= self.event.start:
            raise UsageError(
                f"The estimation window {self.estimation} must end before the event window {self.event} starts, "
                "or the model would learn from the reaction it is to judge.",
                remedy=f"Let it end at {self.event.start - 1} or earlier.",
            )
        if self.estimation is not None and self.estimation.stop > -1:
            raise UsageError(
                f"The estimation window {self.estimation} reaches tau = 0, the bar that contains the news.",
                remedy="Let it end at -1 or earlier.",
            )
