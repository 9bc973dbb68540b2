"""The intraday response of a study: whether it is computed, and with which settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from eventstudy.abnormal.models.table import MODELS_BY_CLOCK
from eventstudy.arrays import DAY_US
from eventstudy.errors import Notice
from eventstudy.study.sharding import BlockMap

if TYPE_CHECKING:
    from eventstudy.market.bars import Bars
    from eventstudy.news.items import Event
    from eventstudy.response.response_rows import ResponseSet
    from eventstudy.response.settings import ResponseSettings
    from eventstudy.study.spec import StudySpec


def response_of(
    spec: StudySpec,
    events: Sequence[Event],
    bars: Sequence[Bars],
    regressors: Sequence[object] = (),
    *,
    run: BlockMap = map,
    known: Sequence[Event] = (),
) -> ResponseSet | None:
    """Return the response of every event on every intraday series, or None where the study does not ask for it.

    ``spec.response`` "auto" asks for it when bars are shorter than a day.
    ``regressors`` are the study's market and factors, the market first; those that are intraday bars serve. ``known``
    are further events that may fall into a window.
    """
    intraday = _intraday(bars)
    if spec.response == "off" or not intraday:
        return None
    from eventstudy.response.respond_all import respond_all

    factors = intraday_factors(regressors)
    settings = response_settings(spec, factors=len(factors))
    return respond_all(intraday, events, settings, known, factors, run=run)


def response_notices(
    spec: StudySpec, response: ResponseSet | None, regressors: Sequence[object] = ()
) -> tuple[Notice, ...]:
    """Tell where the response cannot use the study's own model and expects nothing instead."""
    if response is None or "expected" in spec.response_options:
        return ()
    expected = response_settings(spec, factors=len(intraday_factors(regressors))).expected
    if expected == spec.model:
        return ()
    message = (
        f"The model {spec.model!r} cannot be estimated in one time-of-day window of other days, or its factors are "
        f"not intraday bars: the response by the minute expects {expected!r}; the CARs keep {spec.model!r}."
    )
    return (Notice("ES-RESPONSE-MODEL", message),)


def response_needs(spec: StudySpec, response: ResponseSet | None, regressors: Sequence[object]) -> str:
    """Return what the model of the intraday response takes: "market", "factors", ... or "nothing"."""
    if response is None:
        return "nothing"
    return MODELS_BY_CLOCK[response_settings(spec, factors=len(intraday_factors(regressors))).expected].needs


def intraday_factors(regressors: Sequence[object]) -> list[Bars]:
    """Return the regressors that are bars shorter than a day."""
    from eventstudy.market.bars import Bars

    return _intraday([item for item in regressors if isinstance(item, Bars)])


def _intraday(bars: Sequence[Bars]) -> list[Bars]:
    return list(filter(is_intraday, bars))


def is_intraday(bars: Bars) -> bool:
    """Return whether bars are shorter than a day."""
    return bars.step.value // 1000 < DAY_US


def response_settings(spec: StudySpec, *, factors: int = 0) -> ResponseSettings:
    """Return the settings of the response: those of the study, and ``response_options`` on top of them.

    The expected move is that of the study's model, where it can be estimated in the same time-of-day window of other
    days and its factors are bars shorter than a day; otherwise nothing is expected.
    """
    from eventstudy.response.settings import ResponseSettings

    row = MODELS_BY_CLOCK.get(spec.model)
    serves = row is not None and (row.needs not in ("market", "factors") or factors > 0)
    settings: dict[str, Any] = {
        "level": spec.level,
        "expected": spec.model if serves else "zero",
        "expected_options": spec.model_options if serves else {},
        "placebo": spec.placebo,
    }
    if "expected" in spec.response_options:
        settings["expected_options"] = {}
    return ResponseSettings(**{**settings, **spec.response_options})
