"""The reference of the study file, from the settings' own classes: as text for readers, as JSON Schema for editors."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_type_hints

from eventstudy.market.sources.description import Settings
from eventstudy.study.spec import TABLES, StudySpec
from eventstudy.study.spec_toml import LISTS, PLACES

Json = dict[str, Any]
SCHEMA_FILE = "study.schema.json"
DIRECTIVE = f"#:schema {SCHEMA_FILE}\n"
# Tables of series, which all have the settings of data.
SERIES = ("data", "market", "factors")

# An example of every key, as it is written in a study file.
EXAMPLES: Mapping[str, str] = {
    "name": '"rate-decisions"',
    "title": '"Rate decisions and bank shares"',
    "seed": "7",
    "events.file": '"events.toml"',
    "events.only": '["2021-04-13-call", "2021-06-16-summit"]',
    "events.dates": '"trading_day"',
    "events.timezone": '"America/New_York"',
    "calendars": '{ XBOM = { rows = [{ dates = ["2024-05-18"], sessions = ["09:15-12:30"] }] } }',
    "window.anchor": '"earliest"',
    "window.estimation": "[-250, -11]",
    "window.event": "[-5, 5]",
    "window.report": "[[0, 0], [0, 1]]",
    "window.primary": "[0, 1]",
    "window.clock": '"minutes"',
    "window.estimation_clock": '"days"',
    "window.min_observations": "100",
    "model.name": '"market"',
    "model.options": '{ fit = "huber" }',
    "model.returns": '"simple"',
    "model.span": '"drop"',
    "model.missing": '"return"',
    "model.variable": '"log_volume"',
    "inference.tests": '["bmp", "kp_bmp"]',
    "inference.options": "{ bootstrap_t = { draws = 4999 } }",
    "inference.primary": '"kp_bmp"',
    "inference.adjust": '"holm"',
    "inference.level": "0.99",
    "inference.alternative": '"greater"',
    "inference.placebo.days": "120",
    "inference.placebo.after": "true",
    "inference.placebo.known_events": '"keep"',
    "inference.placebo.match": '{ weekday = true, releases = "same", volatility = [0.7, 1.4] }',
    "inference.placebo.match.weekday": "true",
    "inference.placebo.match.releases": '"same"',
    "inference.placebo.match.volatility": "[0.7, 1.4]",
    "inference.overlaps": '"drop_later"',
    "inference.measure": '"bhar"',
    "inference.diagnostics": '"on"',
    "response.compute": '"off"',
    "response.options": "{ horizons = [5, 20, 60], standardize = true }",
    "compute.memory": '"1GB"',
    "compute.scheduler": '"tcp://10.0.0.7:8786"',
    "groups.by": '["sector", "session"]',
    "groups.quantiles": "{ surprise = 5 }",
    "groups.weights": '"market_cap"',
    "surprise.column": '"surprise"',
    "surprise.actual": '"actual"',
    "surprise.expected": '"consensus"',
    "surprise.standardize": "false",
    "surprise.by": '"release"',
    "surprise.signs": "true",
    "surprise.controls": '["size"]',
    "surprise.weights": '"equal"',
    "surprise.instruments": '"each"',
    "surprise.draws": "1999",
    "specifications.windows": "[[0, 0], [0, 1], [-1, 1]]",
    "specifications.models": '["market", "constant_mean"]',
    "specifications.anchors": '["bracket", "latest"]',
    "specifications.estimation": "[[-250, -11], [-120, -11]]",
    "specifications.tests": '["bmp", "corrado_rank"]',
    "specifications.draws": "999",
    "regression.formula": '"car ~ surprise + C(sector) + log(size)"',
    "regression.window": "[0, 1]",
    "regression.covariance": '"two-way"',
    "regression.cluster": '["date", "instrument"]',
    "regression.placebo": "false",
    "data.instrument": '"SPY"',
    "data.instruments": '["AAPL", "MSFT"]',
    "data.source": '"file"',
    "data.path": '"prices.csv"',
    "data.sheet": '"daily"',
    "data.preset": '"generic"',
    "data.columns": '{ time = "Date", close = "Last" }',
    "data.prices": '"adj_close"',
    "data.holds": '"simple returns"',
    "data.unit": '"percent"',
    "data.timezone": '"America/New_York"',
    "data.label": '"left"',
    "data.step": '"10min"',
    "data.calendar": '"XNYS"',
    "data.closes_at": '"16:00"',
    "data.actions": '"splits.csv"',
    "data.force_label": "true",
    "data.accept": '["stale run"]',
    "data.board": '"TQBR"',
    "data.quote": '"RUB per USD"',
    "data.sign": "-1",
    "data.first": '"2021-01-01"',
    "data.last": '"2021-12-31"',
    "response.options.horizons": "[5, 20, 60]",
    "response.options.initial_minutes": "20",
    "response.options.absorbed_minutes": "5",
    "response.options.pre_event_minutes": "30",
    "response.options.days_later": "5",
    "response.options.level": "0.99",
    "response.options.price": '"vwap"',
    "response.options.expected": '"market"',
    "response.options.expected_options": "{}",
    "response.options.standardize": "true",
    "response.options.seasonality": '"wsd"',
    "response.options.volatility": '"bipower"',
    "response.options.pauses": '"stop"',
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of a study file.

    Attributes
    ----------
    key : str
        With its table: "window.event"; the keys of [market] and [factors] are those of [data].
    kind, default, example : str
        As they are written in a study file; ``default`` is empty if the key has none.
    meaning : str
    """

    key: str
    kind: str
    default: str
    meaning: str
    example: str


def reference() -> tuple[Setting, ...]:
    """Return every key of a study file, in the order of the file."""
    return tuple(_settings())


def schema_text() -> str:
    """Return the reference for a terminal: one paragraph per key."""
    lines: list[str] = []
    table = None
    for setting in reference():
        section, _, name = setting.key.rpartition(".")
        if section != table:
            table = section
            lines += ["", f"[{section}]" + SECTION_NOTES.get(section, "")] if section else []
        default = f"; default {setting.default}" if setting.default else ""
        example = f"{name} = {setting.example}" if setting.example else ""
        lines += ["", f"{name}: {setting.kind}{default}", f"    {setting.meaning}"]
        lines += [f"    Example: {example}"] if example else []
    return "\n".join(lines).strip()


SECTION_NOTES = {
    "data": ", also [[data]] for several sources; [market] and [[factors]] have the same keys",
    "response.options": ", written as options = { ... } in [response]",
}


def json_schema() -> Json:
    """Return the JSON Schema (draft 7) that editors check and complete a study file with."""
    fields = StudySpec.model_json_schema()["properties"]
    root: Json = {"type": "object", "additionalProperties": False, "properties": {}}
    tables = tuple(f"{place}." for place, field in PLACES.items() if field in TABLES)
    for setting in reference():
        if setting.key.startswith(tables) or setting.key.count(".") > 1:
            continue
        section, _, name = setting.key.rpartition(".")
        properties = root["properties"]
        if section:
            table = {"type": "object", "additionalProperties": False, "properties": {}}
            properties = properties.setdefault(section, table)["properties"]
        properties[name] = _property(setting.key, fields[PLACES[setting.key]], setting.meaning)
    for place, table in _table_properties().items():
        section, _, name = place.rpartition(".")
        (root["properties"][section]["properties"] if section else root["properties"])[name] = table
    return {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Event study", **root}


def _settings() -> Iterator[Setting]:
    meanings, fields = descriptions(StudySpec), StudySpec.model_json_schema()["properties"]
    for place, field in PLACES.items():
        if field in TABLES:
            if place not in SERIES[1:]:
                yield from _table(place, TABLES[field], TABLES[field].model_json_schema()["properties"])
            continue
        kind = _kind(_property(place, fields[field], ""))
        yield Setting(place, kind, _default(fields[field]), meanings.get(field, ""), EXAMPLES.get(place, ""))
        if place == "response.options":
            yield from _response_settings()


def _response_settings() -> Iterator[Setting]:
    from pydantic import TypeAdapter

    from eventstudy.response.settings import ResponseSettings

    fields = TypeAdapter(ResponseSettings).json_schema()["properties"]
    fields.pop("placebo")  # a study has them in [inference.placebo]
    yield from _table("response.options", ResponseSettings, fields)


def _table(section: str, settings: type, fields: Json) -> Iterator[Setting]:
    meanings = descriptions(settings)
    for name, field in fields.items():
        key, inner = f"{section}.{name}", _inner_table(settings, name)
        kind = "table" if inner else _kind(_property(key, field, ""))
        yield Setting(key, kind, _default(field), meanings.get(name, ""), EXAMPLES.get(key, ""))
        if inner:
            yield from _table(key, inner, inner.model_json_schema()["properties"])


def _inner_table(settings: type, name: str) -> type[Settings] | None:
    """Return the settings that a field holds, if its value is a table with settings of its own."""
    hint = get_type_hints(settings)[name]
    return next((kind for kind in get_args(hint) if isinstance(kind, type) and issubclass(kind, Settings)), None)


def _table_properties() -> Json:
    """Return the schema of the tables at the top of a study file; lists of tables may be written as one table."""
    about, found = descriptions(StudySpec), {}
    for place, field in PLACES.items():
        if field in TABLES:
            table = _table_property("data" if place in SERIES else place, TABLES[field])
            several = {"anyOf": [{"type": "array", "items": table}, table]}
            found[place] = {**(several if place in LISTS else table), "description": about.get(field, "")}
    return found


def _table_property(place: str, settings: type[Settings]) -> Json:
    meanings, fields = descriptions(settings), settings.model_json_schema()["properties"]
    properties = {}
    for name, field in fields.items():
        key, inner, meaning = f"{place}.{name}", _inner_table(settings, name), meanings.get(name, "")
        table = {**_table_property(key, inner), "description": meaning} if inner else None
        properties[name] = table or _property(key, field, meaning)
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _property(key: str, field: Json, meaning: str) -> Json:
    """Return one property in draft 7, with the names that its table allows."""
    found = _plain(field)
    if names := _names(key):
        if found.get("type") == "array":
            found["items"] = {"enum": list(names)}
        else:
            found = {"enum": list(names), "type": "string", **{k: v for k, v in found.items() if k == "default"}}
    return {**found, **({"description": meaning} if meaning else {})}


def _plain(field: Json) -> Json:
    """Return a pydantic schema without what TOML cannot write (null) and what draft 7 does not know (prefixItems)."""
    if "anyOf" in field:
        choices = [_plain(choice) for choice in field["anyOf"] if choice.get("type") != "null"]
        return choices[0] if len(choices) == 1 else {"anyOf": choices}
    found = {key: value for key, value in field.items() if key not in ("title", "prefixItems")}
    if "prefixItems" in field:
        found["items"] = _plain(field["prefixItems"][0])
    elif isinstance(found.get("items"), dict):
        found["items"] = _plain(found["items"])
    if found.get("default") is None:
        found.pop("default", None)
    return found


def _names(key: str) -> tuple[str, ...]:
    """Return the names that a key may have where they are the rows of a table."""
    from eventstudy.abnormal.models.table import MODELS, MODELS_BY_CLOCK
    from eventstudy.inference.multiple import ADJUSTMENTS
    from eventstudy.inference.table import TESTS
    from eventstudy.market.sources.layouts import LAYOUTS
    from eventstudy.response.jumps import LEVELS
    from eventstudy.response.price_rules import PRICE_RULES
    from eventstudy.response.seasonality import PERIODICITIES
    from eventstudy.study.bar_sources import bar_sources

    tables: Mapping[str, Iterable[str]] = {
        "model.name": MODELS,
        "inference.tests": TESTS,
        "inference.primary": ("auto", *TESTS),
        "inference.adjust": ("", *ADJUSTMENTS),
        "data.source": bar_sources(),
        "data.preset": LAYOUTS,
        "response.options.price": PRICE_RULES,
        "response.options.expected": MODELS_BY_CLOCK,
        "response.options.seasonality": ("none", *PERIODICITIES),
        "response.options.volatility": LEVELS,
    }
    return tuple(tables.get(key, ()))


KINDS = {"string": "text", "integer": "integer", "number": "number", "boolean": "true or false", "object": "table"}


def _kind(found: Json) -> str:
    """Return a property's type in words: its values where they are few, else the kind of its value."""
    if "anyOf" in found:
        return " or ".join(_kind(choice) for choice in found["anyOf"])
    values = found.get("enum") or ([found["const"]] if "const" in found else [])
    if values:
        return "one of " + ", ".join(map(_toml, values)) if len(values) > 1 else _toml(values[0])
    if found.get("type") == "array":
        if found.get("maxItems") == 2:
            return "two integers [first, last]"
        items = found.get("items", {})
        return "list of names" if len(items.get("enum", ())) > MOST_LISTED else f"list of {_plural(_kind(items))}"
    return KINDS.get(found.get("type", ""), "any value")


MOST_LISTED = 10


def _plural(kind: str) -> str:
    return {"text": "texts", "integer": "integers", "two integers [first, last]": "windows [first, last]"}.get(
        kind, kind
    )


def _default(field: Json) -> str:
    default = field.get("default")
    return "" if default in (None, "", [], {}) else _toml(default)


def _toml(value: Any) -> str:
    import tomlkit

    return str(tomlkit.item(value).as_string())


def descriptions(settings: type) -> dict[str, str]:
    """Return the meaning of every field of a settings class, from the numpydoc of the class.

    >>> descriptions(StudySpec)["seed"]
    'Seed of all random numbers.'
    """
    found: dict[str, list[str]] = {}
    names: list[str] = []
    section = re.split(r"\n(?:Parameters|Attributes)\n-+\n", inspect.getdoc(settings) or "")[-1]
    for line in re.split(r"\n\n?[A-Z]\w+\n-+\n", section)[0].splitlines():
        if line and not line.startswith(" "):
            names = [name.strip() for name in line.partition(" : ")[0].split(",")]
        for name in names if line.startswith(" ") else ():
            found.setdefault(name, []).append(line.strip())
    return {name: " ".join(lines).replace("``", "") for name, lines in found.items()}
