"""What the settings of a study must agree on with one another and with the tables of names, each rule by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from typing import Any

from eventstudy.errors import UsageError, did_you_mean
from eventstudy.market.sources.description import DataSpec, Settings
from eventstudy.reactions.formulas import names_in
from eventstudy.renamed import hint
from eventstudy.show.numbers import count_of, span
from eventstudy.study.own_calendars import plain, problems


def _estimation_ends_before_the_event(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    estimation, event = settings.get("estimation"), settings.get("event", (0, 0))
    for key, pair in (("estimation", estimation), ("event", event)):
        if pair is not None and pair[0] > pair[1]:
            yield key, f"the window {list(pair)} ends before it starts; write the smaller bound first."
    if settings.get("estimation_clock") not in (None, settings.get("clock", "bars")):
        return  # days and minutes are compared when the bars are known
    if estimation is not None and estimation[1] >= event[0]:
        yield (
            "estimation",
            (
                f"{list(estimation)} overlaps the event window {list(event)}. End it at {event[0] - 1} or earlier, so "
                "that the event does not affect the estimates."
            ),
        )


def _differences_are_summed(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if settings.get("returns") == "difference" and settings.get("measure") == "bhar":
        yield "measure", "differences of prices do not compound; use measure = 'car', or returns = 'simple'."


def _windows_lie_inside_the_event_window(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    event = settings.get("event", (0, 0))
    for position, pair in enumerate(settings.get("windows", ())):
        if pair[0] > pair[1] or pair[0] < event[0] or pair[1] > event[1]:
            yield f"windows[{position}]", f"the window {list(pair)} does not lie inside the event window {list(event)}."


def _primary_window_is_reported(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    asked = settings.get("primary_window")
    windows = settings.get("windows") or (settings.get("event", (0, 0)),)
    if asked is not None and tuple(asked) not in [tuple(pair) for pair in windows]:
        named = ", ".join(str(list(pair)) for pair in windows)
        yield "primary_window", f"the window {list(asked)} is not reported; choose one of {named}."


def _names_are_known(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    from eventstudy.abnormal.models.table import MODELS
    from eventstudy.inference.multiple import ADJUSTMENTS
    from eventstudy.inference.table import TESTS

    given: list[tuple[str, str, Mapping[str, object]]] = [("model", settings.get("model", "zero"), MODELS)]
    given += [(f"tests[{i}]", name, TESTS) for i, name in enumerate(settings.get("tests", ()))]
    if settings.get("primary", "auto") != "auto":
        given.append(("primary", settings["primary"], {"auto": None, **TESTS}))
    given += [("adjust", settings["adjust"], ADJUSTMENTS)] if settings.get("adjust") else []
    named = [(f"{place}.source", series.get("source", "file")) for place, series in _series(settings)]
    if any(name != "file" for _, name in named):
        from eventstudy.study.bar_sources import bar_sources

        given += [(key, name, bar_sources()) for key, name in named]
    for key, name, table in given:
        if name not in table:
            near = hint("value", name, table)
            yield (
                key,
                " ".join(filter(None, [f"{name!r} is not known.", near, f"Known are {', '.join(sorted(table))}."])),
            )


def _sources_have_what_they_need(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    rows = list(_series(settings))
    if not rows:
        return
    from eventstudy.study.bar_sources import bar_sources

    table = bar_sources()
    for place, series in rows:
        source = table.get(series.get("source", "file"))
        if source is None or (not place.startswith("data") and settings.get("data") and refers_to_data(series)):
            continue
        for key, words in source.needs.items():
            named = series.get(key) or (key == "instrument" and series.get("instruments", "*") != "*")
            if not named:
                yield f"{place}.{key}", words


def refers_to_data(series: Mapping[str, Any]) -> bool:
    """Return whether a market or factor is one of the instruments of the data, named by its code."""
    return bool(series.get("instrument")) and not series.get("path") and series.get("source", "file") == "file"


def _columns_name_roles(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for place, series in _series(settings):
        columns = series.get("columns")
        if not isinstance(columns, Mapping) or not columns:
            continue
        from eventstudy.market.sources.recognize import check_roles

        for role in columns:
            try:
                check_roles({str(role): ""})
            except UsageError as error:
                yield f"{place}.columns.{role}", str(error).removeprefix("columns: ")


def _zones_and_steps_can_be_read(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    from zoneinfo import ZoneInfo, available_timezones

    import pandas as pd

    from eventstudy.market.steps import step_of

    for place, series in _series(settings):
        zone, step = series.get("timezone") or "UTC", series.get("step") or "1D"
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            nearest = did_you_mean(zone, available_timezones())
            yield f"{place}.timezone", f"{zone!r} is not a zone. {nearest} Write an IANA name such as 'Europe/Moscow'."
        try:
            positive = step_of(step) > pd.Timedelta(0)
        except ValueError:
            positive = False
        if not positive:
            yield (
                f"{place}.step",
                f"{step!r} is not the length of a bar; write it as '10min', '1h', '1D', '1W' or '1M'.",
            )


def _series(settings: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    rows = [(f"data[{i}]", row) for i, row in enumerate(settings.get("data", ()))]
    rows += [(f"factors[{i}]", row) for i, row in enumerate(settings.get("factors", ()))]
    rows += [("market", settings["market"])] if settings.get("market") is not None else []
    for place, row in rows:
        yield place, row.model_dump() if isinstance(row, DataSpec) else row


def _memory_is_a_size(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if not settings.get("memory"):
        return
    from eventstudy.market.sources.on_disk import bytes_of

    try:
        bytes_of(settings["memory"])
    except UsageError as error:
        yield "memory", str(error).partition(": ")[2] or str(error)


def _response_options_fit(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    options = settings.get("response_options", {})
    if not options:
        return
    from eventstudy.response.settings import ResponseSettings

    known = [f.name for f in fields(ResponseSettings) if f.name != "placebo"]
    unknown = sorted(set(options) - set(known))
    for name in unknown:
        near = hint("option", name, known)
        yield (
            f"response_options.{name}",
            " ".join(filter(None, ["is not known.", near, f"Known are {', '.join(known)}."])),
        )
    try:
        ResponseSettings(**{k: v for k, v in options.items() if k not in unknown})
    except (UsageError, TypeError) as error:
        yield "response_options", str(error)


def _groups_are_named(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    groups = _plain_table(settings.get("groups"))
    if groups is not None and not groups.get("by") and not groups.get("quantiles"):
        yield "groups", 'nothing says which groups; write by = ["sector"] or quantiles = { size = 5 }.'


def _surprise_is_named(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    surprise = _plain_table(settings.get("surprise"))
    if surprise is None:
        return
    pair = [name for name in ("actual", "expected") if surprise.get(name)]
    if bool(surprise.get("column")) + bool(pair) != 1 or len(pair) == 1:
        yield "surprise", 'write either column = "surprise", or actual = "actual" and expected = "consensus".'


def _regressions_can_be_read(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    windows = tuple(settings.get("windows", ())) or (settings.get("event", (0, 0)),)
    for place, given in enumerate(settings.get("regressions", ())):
        one = _plain_table(given) or {}
        key, window, names = f"regressions[{place}]", one.get("window"), tuple(one.get("cluster", ()))
        try:
            names_in(str(one.get("formula", "")), "formula")
        except UsageError as error:
            yield f"{key}.formula", str(error).partition(": ")[2]
        if window is not None and tuple(window) not in tuple(map(tuple, windows)):
            yield f"{key}.window", f"the window {span(tuple(window))} is not reported; add it to the reported windows."
        needed = {"cluster": 1, "two-way": 2}.get(str(one.get("covariance", "HC1")), 0)
        if len(names) != needed or len(set(names)) < len(names):
            columns = count_of(len(set(names)), "column")
            yield f"{key}.cluster", f"found {columns}; this covariance takes {needed or 'none'}."


def _specifications_fit(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    from eventstudy.abnormal.models.table import MODELS
    from eventstudy.inference.table import TESTS

    given = _plain_table(settings.get("specifications")) or {}
    tables: tuple[tuple[str, Mapping[str, object]], ...] = ("models", MODELS), ("tests", TESTS)
    start, stop = settings.get("event", (0, 0))
    for window in map(tuple, given.get("windows", ())):
        if window[0] < start or window[1] > stop or window[0] > window[1]:
            yield "specifications.windows", f"the window {span(window)} is not inside the event window."
    for name, table in tables:
        for one in given.get(name, ()):
            if one not in table:
                yield f"specifications.{name}", f"found {one!r}. {did_you_mean(str(one), table)}".strip()


def _releases_hold_events(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    placebo = _plain_table(settings.get("placebo")) or {}
    match = _plain_table(placebo.get("match")) or {}
    if match.get("releases") and "placebo_refit" in (*settings.get("tests", ()), settings.get("primary")):
        yield (
            "placebo.match.releases",
            "the test placebo_refit moves events to dates without events; leave out releases, or use the test placebo.",
        )


def _plain_table(given: Any) -> Mapping[str, Any] | None:
    """Return a table as written, or the settings it became."""
    return given.model_dump() if isinstance(given, Settings) else given


def _calendars_can_be_read(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    given = settings.get("calendars", {})
    if given:
        yield from problems(plain(given))


RULES: tuple[Callable[[Mapping[str, Any]], Iterator[tuple[str, str]]], ...] = (
    _estimation_ends_before_the_event,
    _windows_lie_inside_the_event_window,
    _differences_are_summed,
    _primary_window_is_reported,
    _names_are_known,
    _sources_have_what_they_need,
    _columns_name_roles,
    _zones_and_steps_can_be_read,
    _memory_is_a_size,
    _response_options_fit,
    _calendars_can_be_read,
    _groups_are_named,
    _surprise_is_named,
    _regressions_can_be_read,
    _specifications_fit,
    _releases_hold_events,
)
