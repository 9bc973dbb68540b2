"""The study as it was asked: every setting, validated when made, hashable to a digest, TOML in and out."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from eventstudy.abnormal.windows import Clock, Window, WindowSpec
from eventstudy.arrays import Alternative, AnchorName, LabelSide, ReturnKind

Pair = tuple[int, int]
Level = Annotated[float, Field(gt=0.5, lt=1.0)]


class Settings(BaseModel):
    """Strict, frozen, no unknown keys: the base of every section."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=False)


class DataSpec(Settings):
    """One price series: which source, and everything a file does not say about itself.

    ``timezone`` and ``label`` have no default on purpose: a bar series without them cannot be read honestly.
    """

    instrument: str
    source: str = "file"
    path: str = ""
    preset: str = "generic"
    columns: dict[str, str] = Field(default_factory=dict)
    timezone: str = ""
    label: LabelSide | None = None
    step: str = ""
    calendar: str = ""
    closes_at: str = ""
    board: str = ""
    quote: str = ""
    sign: Literal[-1, 1] = 1
    first: str = ""
    last: str = ""


class StudySpec(Settings):
    """All settings of a study.

    Parameters
    ----------
    name : str
        Short name, used in file names.
    title : str
        The finding's subject, as a reader should see it.
    events_file : str
        Path of a reviewed events file, relative to the study file.
    events : tuple of str
        Only these event ids; empty for all.
    data : tuple of DataSpec
        Series to study; may stay empty when data is given to ``run_study``.
    market : DataSpec or None
        The benchmark of models that need one.
    factors : tuple of DataSpec
        Further regressors.
    returns : {"log", "simple"}
    anchor : {"bracket", "earliest", "latest"}
        How the event interval is laid on the bars.
    estimation : (int, int) or None
        Estimation window in units of ``clock`` relative to tau = 0; None for models without parameters.
    event : (int, int)
        Event window.
    windows : tuple of (int, int)
        Windows that are reported and tested; empty means the whole event window.
    clock : {"bars", "minutes", "days"}
    min_observations : int
    model : str
        Row of ``MODELS``; ``model_options`` go to it.
    tests : tuple of str
        Rows of ``TESTS``; ``test_options`` go to them.
    adjust : str
        Row of ``ADJUSTMENTS`` or empty.
    level : float
        Confidence level of bands, between 0.5 and 1.
    alternative : {"two-sided", "greater", "less"}
    placebo_days : int or None
        Same-clock days before the event; None for all complete ones.
    placebo_after : bool
        Also use days after the event.
    overlaps : {"keep", "drop_later", "merge", "exclude_from_estimation"}
    seed : int
        Root of every random draw.
    """

    name: str = "study"
    title: str = ""
    events_file: str = ""
    events: tuple[str, ...] = ()
    data: tuple[DataSpec, ...] = ()
    market: DataSpec | None = None
    factors: tuple[DataSpec, ...] = ()
    returns: ReturnKind = "log"
    anchor: AnchorName = "bracket"
    estimation: Pair | None = None
    event: Pair = (0, 0)
    windows: tuple[Pair, ...] = ()
    clock: Clock = "bars"
    min_observations: Annotated[int, Field(ge=1)] = 20
    model: str = "zero"
    model_options: dict[str, Any] = Field(default_factory=dict)
    tests: tuple[str, ...] = ("time_series_t",)
    test_options: dict[str, Any] = Field(default_factory=dict)
    adjust: str = ""
    level: Level = 0.95
    alternative: Alternative = "two-sided"
    placebo_days: Annotated[int, Field(ge=1)] | None = None
    placebo_after: bool = False
    overlaps: Literal["keep", "drop_later", "merge", "exclude_from_estimation"] = "keep"
    seed: int = 0

    @model_validator(mode="after")
    def _windows_fit(self) -> StudySpec:
        _ = self.window_spec
        for pair in self.windows:
            if pair[0] > pair[1] or pair[0] < self.event[0] or pair[1] > self.event[1]:
                raise ValueError(f"the window {list(pair)} must lie inside the event window {list(self.event)}")
        return self

    @property
    def window_spec(self) -> WindowSpec:
        estimation = None if self.estimation is None else Window(*self.estimation)
        return WindowSpec(estimation, Window(*self.event), self.min_observations, self.clock)

    @property
    def test_windows(self) -> tuple[Window, ...]:
        return tuple(Window(*pair) for pair in (self.windows or (self.event,)))

    def digest(self) -> str:
        """Return the SHA-256 of the settings, independent of the order in which they were written."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()

    @classmethod
    def from_toml(cls, path: str | Path) -> StudySpec:
        """Read a study file; every problem is reported at once with ``file:line:column``."""
        from eventstudy.study.spec_toml import read_spec

        return read_spec(Path(path))
