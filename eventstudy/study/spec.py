"""The settings of a study: each validated, all hashable to a digest, TOML in and out."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError

from eventstudy.abnormal.placebo.settings import MatchSettings, PlaceboSettings
from eventstudy.abnormal.windows import Clock, Window
from eventstudy.arrays import Alternative, AnchorName, Missing, ReturnKind, Span
from eventstudy.errors import Problem, SpecError, expect
from eventstudy.market.sources.description import DataSpec, Settings
from eventstudy.reactions.settings import GroupSettings, RegressionSettings, SpecificationSettings, SurpriseSettings
from eventstudy.renamed import hint, new_name
from eventstudy.show.card import card
from eventstudy.show.numbers import span
from eventstudy.study.own_calendars import plain
from eventstudy.study.spec_rules import RULES

Pair = tuple[int, int]
# Settings of who computes, on which no number depends.
COMPUTE = {"memory", "scheduler"}
Level = Annotated[float, Field(gt=0.5, lt=1.0)]


class StudySpec(Settings):
    """All settings of a study.

    The study file has the same settings under other keys; ``eventstudy schema --text`` lists them.

    Parameters
    ----------
    name : str
        Short name of the study, used in file names.
    title : str
        Title of the report.
    events_file : str
        Event file, relative to the study file.
    events : tuple of str
        Event ids to study; empty for all events of the file.
    event_dates : {"interval", "trading_day"}
        How a date without a time is aligned with bars: as the complete day on the exchange's clock, so that tau = 0 may
        hold two trading days, or as that trading day (the next one if the market is closed).
    event_timezone : str
        IANA time zone of times in the event file that have no UTC offset.
    data : tuple of DataSpec
        Price or return series; may be empty if data are passed to ``run_study``.
    market : DataSpec or None
        Market series of models that need one; with an instrument and no path it is one of ``data``.
    factors : tuple of DataSpec
        Regressors of the model ``factor``, risk-free rate of ``capm``.
    calendars : dict of str to dict
        Trading hours by the name of the calendar they override and extend: ``{"rows": [...]}``, each row with
        ``dates``, or ``first``, ``last`` and ``on`` ("weekdays", "weekend", "every day"), and with ``sessions`` or
        ``closed``; or ``{"file": "hours.toml"}``. With ``zone`` the rows are the entire calendar.
    returns : {"log", "simple", "difference"}
        Kind of returns that are computed from prices. Differences (``P_t - P_{t-1}``) are in the units of the series:
        yields, spreads, prices at or below zero.
    span : {"own", "drop"}
        Market and factor returns of a bar that spans several of theirs (holidays, halts, thin trading): compounded
        between the closes of the series, or such bars dropped.
    missing : {"auto", "no bar", "return"}
        What a row of a table of returns is between two returns of an instrument, if it has no return itself: not a bar
        of the instrument, so that windows skip it and the next return spans it; or a bar whose return is missing.
        "auto" takes such rows for no bars; if no gap is a single row, as of returns computed from prices, the last row
        of each gap is a bar whose return is missing.
    anchor : {"bracket", "earliest", "latest"}
        Alignment of the event interval with bars: "bracket" takes the last close at or before ``earliest`` and the
        first at or after ``latest``; the others treat one end of the interval as the event time.
    estimation : (int, int) or None
        Estimation window relative to tau = 0, in units of ``estimation_clock``; None for models without parameters.
    event : (int, int)
        Event window relative to tau = 0, in units of ``clock``.
    windows : tuple of (int, int)
        Windows inside the event window that are reported and tested; empty for the event window.
    clock : {"bars", "minutes", "days"}
        Time unit of the event window and the reported windows.
    estimation_clock : {"bars", "minutes", "days"} or None
        Time unit of the estimation window; None for that of ``clock``.
    min_observations : int
        Fewest usable returns in the estimation window; events with fewer are excluded.
    model : str
        Expected-return model, a row of ``MODELS``.
    model_options : dict
        Options of the model; ``eventstudy models NAME`` lists them.
    tests : tuple of str
        Significance tests, rows of ``TESTS``.
    test_options : dict of str to dict
        Options of tests by the name of the test; ``eventstudy tests NAME`` lists them.
    primary : str
        Test on which the finding rests: "auto" for that of the study's design (``DESIGNS``), or a row of ``TESTS``. It
        is computed even if ``tests`` does not name it.
    primary_window : (int, int) or None
        Window on which the finding rests, one of ``windows``; None for the first that contains tau = 0.
    adjust : str
        Adjustment of p-values for several tests, a row of ``ADJUSTMENTS``; empty for none.
    level : float
        Confidence level of intervals and bands, between 0.5 and 1, exclusive.
    alternative : {"two-sided", "greater", "less"}
        Alternative hypothesis of every test; the interval of a one-sided test has one end.
    placebo : PlaceboSettings
        Which other days the events are compared with, in tests and in the intraday response.
    response : {"auto", "on", "off"}
        Whether the intraday response is computed; "auto" if bars are shorter than a day and events are few.
    response_options : dict
        Settings of the intraday response, those of ``ResponseSettings``.
    measure : {"car", "bhar"}
        What is tested across events: cumulative or buy-and-hold abnormal returns.
    variable : {"return", "absolute_return", "squared_return", "standardized_return", "log_range", "log_volume"}
        Outcome variable. "standardized_return" is the intraday return over the volatility of its time of day and of the
        day before, for any model and test; the others are intended for ``constant_mean`` and the placebo test.
    overlaps : {"auto", "keep", "drop_later", "merge", "exclude_from_estimation"}
        Treatment of events of one instrument. "auto" uses all and leaves other events' windows out of every estimation
        window, except where fewer than ``min_observations`` returns would remain; "keep" leaves nothing out; the others
        treat event windows that overlap.
    diagnostics : {"auto", "on", "off"}
        Whether normality, autocorrelation, ARCH effects, stale prices and pre-trend of every estimation window are
        tested; "auto" for small studies.
    groups : GroupSettings or None
        Groups of events that are averaged, tested and compared.
    surprise : SurpriseSettings or None
        Regression of the CAR up to every bar on the surprise in the news.
    regressions : tuple of RegressionSettings
        Regressions of the CAR on columns of the events.
    specifications : SpecificationSettings or None
        Choices of which every combination is computed and compared.
    memory : str
        Memory that one worker may use for its shard of a dataset, such as "1GB"; empty for 1 GB. It changes no number.
    scheduler : str
        Address of the Dask scheduler that ``eventstudy run`` computes on; empty for none.
    seed : int
        Seed of all random numbers.

    Raises
    ------
    SpecError
        With every problem at once.

    Examples
    --------
    >>> spec = StudySpec(model="market", estimation=(-250, -11), event=(-5, 5), windows=[(0, 1)], tests=["bmp"])
    >>> spec
    <StudySpec 'study': model market; event (-5, 5); estimation (-250, -11); windows [+0, +1]; tests bmp>
    >>> print(spec.to_toml())
    [window]
    estimation = [-250, -11]
    event = [-5, 5]
    report = [[0, 1]]
    <BLANKLINE>
    [model]
    name = "market"
    <BLANKLINE>
    [inference]
    tests = ["bmp"]
    <BLANKLINE>
    """

    name: str = "study"
    title: str = ""
    events_file: str = ""
    events: tuple[str, ...] = ()
    event_dates: Literal["interval", "trading_day"] = "interval"
    event_timezone: str = ""
    data: tuple[DataSpec, ...] = ()
    market: DataSpec | None = None
    factors: tuple[DataSpec, ...] = ()
    calendars: Annotated[dict[str, Any], BeforeValidator(plain)] = Field(default_factory=dict)
    returns: ReturnKind = "log"
    span: Span = "own"
    missing: Missing = "auto"
    anchor: AnchorName = "bracket"
    estimation: Pair | None = None
    event: Pair = (0, 0)
    windows: tuple[Pair, ...] = ()
    clock: Clock = "bars"
    estimation_clock: Clock | None = None
    min_observations: Annotated[int, Field(ge=1)] = 20
    model: str = "zero"
    model_options: dict[str, Any] = Field(default_factory=dict)
    tests: tuple[str, ...] = ("time_series_t",)
    test_options: dict[str, Any] = Field(default_factory=dict)
    primary: str = "auto"
    primary_window: Pair | None = None
    adjust: str = ""
    level: Level = 0.95
    alternative: Alternative = "two-sided"
    placebo: PlaceboSettings = PlaceboSettings()
    response: Literal["auto", "on", "off"] = "auto"
    response_options: dict[str, Any] = Field(default_factory=dict)
    measure: Literal["car", "bhar"] = "car"
    variable: Literal[
        "return", "absolute_return", "squared_return", "standardized_return", "log_range", "log_volume"
    ] = "return"
    overlaps: Literal["auto", "keep", "drop_later", "merge", "exclude_from_estimation"] = "auto"
    diagnostics: Literal["auto", "on", "off"] = "auto"
    groups: GroupSettings | None = None
    surprise: SurpriseSettings | None = None
    regressions: tuple[RegressionSettings, ...] = ()
    specifications: SpecificationSettings | None = None
    memory: str = ""
    scheduler: str = ""
    seed: Annotated[int, Field(ge=0)] = 0

    def __repr__(self) -> str:
        parts = [f"model {self.model}", f"event {self.event}"]
        parts += [f"estimation {self.estimation}"] if self.estimation else []
        parts += [f"windows {', '.join(map(str, self.test_windows))}", f"tests {', '.join(self.tests)}"]
        return f"<StudySpec {self.name!r}: {'; '.join(parts)}>"

    def __init__(self, **settings: Any) -> None:
        try:
            super().__init__(**{key: _tupled(value) for key, value in settings.items()})
        except ValidationError as refused:
            found = list(_field_problems(refused))
        else:
            found = []
        spoiled = {key.partition(".")[0].partition("[")[0] for key, _ in found}
        settled = {key: _tupled(value) for key, value in settings.items() if key not in spoiled}
        found += [(key, message) for rule in RULES for key, message in rule(settled)]
        if found:
            raise SpecError(Problem("StudySpec", 0, 0, key, message) for key, message in found)

    @property
    def learning_clock(self) -> Clock:
        """The clock of the estimation window."""
        return self.estimation_clock or self.clock

    @property
    def test_windows(self) -> tuple[Window, ...]:
        return tuple(Window(*pair) for pair in (self.windows or (self.event,)))

    @property
    def unit(self) -> str:
        """Unit of abnormal returns in tables and figures: "bp" for returns, otherwise that of the outcome variable."""
        if self.variable == "return":
            return "units of the series" if self.returns == "difference" else "bp"
        return {"absolute_return": "bp", "log_volume": "log points"}.get(self.variable, self.variable.replace("_", " "))

    def __str__(self) -> str:
        windows = ", ".join(map(str, self.test_windows))
        return (
            f"{self.name}: model {self.model}, anchor {self.anchor}, windows {windows}, tests {', '.join(self.tests)}"
        )

    def _repr_html_(self) -> str:
        rows = [
            ("model", self.model),
            ("anchor", self.anchor),
            ("estimation window", f"{span(self.estimation)} {self.learning_clock}" if self.estimation else "none"),
            ("event window", f"{span(self.event)} {self.clock}"),
            ("reported windows", ", ".join(span((window.start, window.stop)) for window in self.test_windows)),
            ("tests", ", ".join(self.tests)),
            ("data", ", ".join(row.instrument or row.path or ", ".join(row.instruments) for row in self.data)),
            ("digest", self.digest()[:16]),
        ]
        return card(self.title or self.name, rows)

    def digest(self) -> str:
        """Return the SHA-256 of the settings, independent of the order in which they were written.

        Where a study is computed is not part of it.
        """
        settings = self.model_dump(mode="json", exclude=COMPUTE)
        canonical = json.dumps(settings, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()

    @classmethod
    def from_toml(cls, path: str | Path) -> StudySpec:
        """Read a study file; every problem is reported at once with ``file:line:column``."""
        from eventstudy.study.spec_toml import read_spec

        expect("path", path, (str, Path), "Pass the name of a study file.")
        return read_spec(Path(path), cls)

    def to_toml(self) -> str:
        """Return the study as the text of a study file; reading it back gives an equal spec."""
        from eventstudy.study.spec_toml import write_spec

        return write_spec(self)


def _tupled(value: Any) -> Any:
    """Return TOML's and Python's lists as tuples, so that a spec is immutable all the way down."""
    if isinstance(value, Window):
        return value.start, value.stop
    if isinstance(value, list | tuple):
        return tuple(map(_tupled, value))
    if isinstance(value, dict):
        return {key: _tupled(entry) for key, entry in value.items()}
    return value


# Settings with two forms, and how to write either.
FORMS = {
    "instruments": 'write "*" or a list of codes, ["AAA", "BBB"]',
    "known_events": 'write "drop", "keep", or the weight of such a day between 0 and 1',
    "columns": 'write a table of roles, { close = "NAME" }, or a list of the names of all columns',
}


def _field_problems(refused: ValidationError) -> Iterator[tuple[str, str]]:
    seen = set()
    for error in refused.errors(include_url=False):
        form = next((place for place, part in enumerate(error["loc"]) if part in FORMS), None)
        if form is not None:
            where = error["loc"][: form + 1]
            if where not in seen:
                value = refused_value(refused, where)
                yield _key(where), f"found {_as_written(value)}; {FORMS[str(where[-1])]}."
            seen.add(where)
            continue
        key = _key(error["loc"])
        if error["type"] == "extra_forbidden":
            known = _settings_of(key).model_fields
            name = str(error["loc"][-1])
            yield key, f"unknown key. {hint('setting', name, known)} Known are {', '.join(known)}."
        else:
            yield key, f"found {_as_written(error['input'])}; {_broken_rule(error)}."


# Settings that are tables with settings of their own; a dot or a place in a list follows them in a key.
TABLES: Mapping[str, type[Settings]] = {
    "data": DataSpec,
    "market": DataSpec,
    "factors": DataSpec,
    "groups": GroupSettings,
    "surprise": SurpriseSettings,
    "regressions": RegressionSettings,
    "specifications": SpecificationSettings,
    "placebo": PlaceboSettings,
    "placebo.match": MatchSettings,
}


def _settings_of(key: str) -> type[Settings]:
    """Return the class whose setting a key names."""
    table = re.sub(r"\[\d+\]", "", key).rpartition(".")[0]
    return TABLES.get(table, StudySpec)  # a key that nobody knows may hold dots of its own


def _key(place: tuple[int | str, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")


def refused_value(refused: ValidationError, where: tuple[int | str, ...]) -> Any:
    """Return what was written for a setting with two forms."""
    return next(e["input"] for e in refused.errors(include_url=False) if e["loc"][: len(where)] == where)


# What a value should have been, in the words of a study file; {} are filled from the rule that was broken.
WORDING: Mapping[str, str] = {
    "string_type": "write text in quotes",
    "int_type": "write an integer",
    "int_parsing": "write an integer",
    "int_from_float": "write an integer",
    "float_type": "write a number",
    "float_parsing": "write a number",
    "bool_type": "write true or false",
    "bool_parsing": "write true or false",
    "tuple_type": "write a list in brackets",
    "model_type": "write a table: {{ name = value }}",
    "dict_type": "write a table: {{ name = value }}",
    "missing": "a second bound is missing, as in [-5, 5]",
    "too_long": "at most {max_length} values belong here",
    "literal_error": "allowed are {expected}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
}


def _broken_rule(error: Mapping[str, Any]) -> str:
    words = WORDING.get(error["type"])
    rule = words.format(**error.get("ctx", {})) if words else str(error["msg"]).removeprefix("Value error, ")
    given = error["input"] if error["type"] == "literal_error" else None
    new = new_name("value", given) if isinstance(given, str) else ""
    return f"{rule}; it is now called {new!r}" if new else rule


def _as_written(value: Any) -> str:
    return repr(list(value) if isinstance(value, tuple) else value)
