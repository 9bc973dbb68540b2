"""What a report says, before it is a page, a Markdown file or a mail: the finding first, provenance last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from eventstudy.report.finding import (
    adjustment_words,
    average_of,
    doubts,
    finding,
    finite,
    label_of,
    sure,
    words,
)
from eventstudy.report.front import Front
from eventstudy.report.key_figures import capital
from eventstudy.report.method_references import Citation, citation
from eventstudy.report.response_shape import ShapeParts
from eventstudy.report.tables import Cell, Column, Table
from eventstudy.show.escape import plain
from eventstudy.show.numbers import length, pvalue, unstamped, window_label
from eventstudy.study.notices import STUDIED

Json = Mapping[str, Any]
CALM = "Every event was used, and no warning was raised."
MOST_TOLD, MOST_ROWS = 6, 200


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure on the page: which one, what it shows for those who cannot see it, and its caption."""

    name: str
    alt: str
    caption: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    name: str
    heading: str
    paragraphs: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()
    notes: tuple[str, ...] = ()
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Material:
    """Everything a page is made from.

    ``study`` is the result as JSON values, ``facts`` its manifest, ``moved`` a first sentence on the clock (or
    empty), ``event`` and ``prices`` what is known of the event and its prices, ``shape`` the intraday response,
    ``step_us`` the length of a bar where all series share it, ``reactions`` the sections on what reactions go with.
    """

    study: Json
    spec: Any
    facts: Json
    pictures: tuple[Picture, ...] = ()
    simulated: bool = False
    moved: str = ""
    event: Section | None = None
    prices: tuple[Table, ...] = ()
    shape: ShapeParts = field(default_factory=ShapeParts)
    step_us: int = 0
    reactions: tuple[Section, ...] = ()
    front: Front = field(default_factory=Front)
    foot: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A report: ``front`` is its top, ``foot`` its last line."""

    title: str
    finding: tuple[str, ...]
    sections: tuple[Section, ...]
    simulated: bool = False
    front: Front = field(default_factory=Front)
    foot: str = ""


def response_table(study: Json, unit: str = "basis points of log return", *, simulated: bool) -> Table:
    """Return one row per event, instrument and window, with every test's p-value."""
    tests = list(dict.fromkeys(name for r in study["responses"] for name in r["tests"]))
    adjusted, bhar = adjusted_title(study, each=True), any("bhar" in r for r in study["responses"])
    shown = tests if adjusted else []
    columns = (
        Column("instrument", "Instrument"),
        Column("event", "Event"),
        Column("window", "Window"),
        Column("bhar", "BHAR, bp", "bp") if bhar else Column("car", "CAR, bp", "bp"),
        *([] if bhar else [Column("se", "s.e., bp", "width")]),
        *[Column(f"p_{name}", f"p, {words(name)}", "pvalue") for name in tests],
        *[Column(f"adjusted_{name}", f"{adjusted} of {words(name)}", "pvalue") for name in shown],
    )
    rows = tuple(
        (
            plain(r["instrument"], 60),
            plain(r["event"], 64),
            window_of(study, r),
            *([r["bhar"]] if bhar else [r["car"], r["se"]]),
            *[r["tests"].get(name, {}).get("pvalue") for name in tests],
            *[r["tests"].get(name, {}).get("adjusted_pvalue") for name in shown],
        )
        for r in by_instrument(study["responses"])
    )
    kept, kept_rows = without_empty(*without_repeats(columns, rows))
    what = (
        "Buy-and-hold abnormal returns (BHAR), simple returns in bp"
        if bhar
        else f"Cumulative abnormal returns (CAR) in {unit}"
    )
    caption = f"{what}, and p-values"
    return Table("responses", caption, kept, kept_rows, simulated)


def window_of(study: Json, row: Json) -> str:
    """Return the window of a row in words: on the clock where ``with_words`` put them there, else in event time."""
    return capital(str(row.get("words") or label_of(study, row["window"])))


def adjusted_title(study: Json, *, each: bool = False) -> str:
    """Return the head of a column of adjusted p-values, or an empty string where the study does not adjust."""
    return f"p, adjusted ({adjustment_words(study, each=each)})" if (study.get("primary") or {}).get("adjust") else ""


def role(study: Json, test: str) -> str:
    """Return whether a test is the primary one, or one whose assumptions the data violate."""
    primary = study.get("primary") or {}
    return "primary" if test == primary.get("test") else "not valid here" * (test in primary.get("unsuited", {}))


def unit_of(spec: Any) -> str:
    """Return what a number in bp is a ten-thousandth of."""
    if spec.variable in STUDIED:
        return f"ten-thousandths of {STUDIED[spec.variable]}"
    return f"basis points of {spec.returns} return"


def without_repeats(
    columns: tuple[Column, ...], rows: tuple[tuple[Cell, ...], ...]
) -> tuple[tuple[Column, ...], tuple[tuple[Cell, ...], ...]]:
    """Return the table without the column of events where there is only one, which the title names already."""
    keep = [i for i, column in enumerate(columns) if column.name != "event" or len({row[i] for row in rows}) > 1]
    return tuple(columns[i] for i in keep), tuple(tuple(row[i] for i in keep) for row in rows)


def without_empty(
    columns: tuple[Column, ...], rows: tuple[tuple[Cell, ...], ...]
) -> tuple[tuple[Column, ...], tuple[tuple[Cell, ...], ...]]:
    """Return the table without columns that say nothing in any row; a page has no room for them."""
    keep = [i for i in range(len(columns)) if not rows or any(_says(row[i]) for row in rows)]
    return tuple(columns[i] for i in keep), tuple(tuple(row[i] for i in keep) for row in rows)


def _says(cell: Cell) -> bool:
    return bool(cell) if isinstance(cell, str) else finite(cell)


def by_instrument(responses: Sequence[Json]) -> list[Json]:
    """Return responses with those of one event and instrument side by side, each in the order it first came."""
    pairs = {pair: place for place, pair in enumerate(dict.fromkeys((r["event"], r["instrument"]) for r in responses))}
    return sorted(responses, key=lambda r: pairs[r["event"], r["instrument"]])


def aggregate_table(study: Json, *, simulated: bool) -> Table:
    """Return one row per window and test across events."""
    bhar = any("abhar" in a for a in study["aggregates"])
    columns = (
        Column("window", "Window"),
        Column("test", "Test"),
        Column("abhar", "Mean BHAR, bp", "bp") if bhar else Column("caar", "CAAR, bp", "bp"),
        Column("low", "Low, bp", "bp"),
        Column("high", "High, bp", "bp"),
        Column("statistic", "Statistic", "number"),
        Column("pvalue", "p", "pvalue"),
        Column("adjusted_pvalue", adjusted_title(study) or "p, adjusted", "pvalue"),
        Column("n_events", "N", "count"),
        Column("role", "Role"),
        Column("reason", "Why there is no number"),
    )
    rows = tuple(
        (
            window_of(study, a),
            words(name),
            a.get("abhar", a["caar"]),
            t.get("low"),
            t.get("high"),
            t.get("statistic"),
            t.get("pvalue"),
            t.get("adjusted_pvalue"),
            a["n_events"],
            role(study, name),
            plain(t.get("reason") or ""),
        )
        for a in study["aggregates"]
        for name, t in (a["tests"] or {"": {}}).items()
    )
    caption = "Mean buy-and-hold abnormal return (BHAR)" if bhar else "Mean CAR across events (CAAR)"
    caption += " with the intervals of each test"
    return Table("aggregates", caption, *without_empty(columns, rows), simulated)


def test_table(study: Json, *, simulated: bool) -> Table:
    """Return every single-event test with its statistic, its number of days or bars, and its reason."""
    columns = (
        Column("instrument", "Instrument"),
        Column("event", "Event"),
        Column("window", "Window"),
        Column("test", "Test"),
        Column("statistic", "Statistic", "number"),
        Column("pvalue", "p", "pvalue"),
        Column("adjusted_pvalue", adjusted_title(study, each=True) or "p, adjusted", "pvalue"),
        Column("n", "Observations", "count"),
        Column("reason", "Why there is no number"),
    )
    rows = tuple(
        (
            plain(r["instrument"], 60),
            plain(r["event"], 64),
            window_of(study, r),
            words(name),
            t.get("statistic"),
            t.get("pvalue"),
            t.get("adjusted_pvalue"),
            t.get("n"),
            plain(t.get("reason") or ""),
        )
        for r in by_instrument(study["responses"])
        for name, t in r["tests"].items()
    )
    return Table("tests", "Tests of each response", *without_empty(*without_repeats(columns, rows)), simulated)


def outcome_table(study: Json, *, simulated: bool, used: bool) -> Table:
    """Return what became of the events, either those used or those not."""
    columns = (Column("event", "Event"), Column("instrument", "Instrument"), Column("outcome", "Outcome"))
    rows = tuple(
        (plain(o["event"], 64), plain(o["instrument"], 60), words(o["outcome"]), plain(o["reason"]))
        for o in study["outcomes"]
        if (o["outcome"] == "used") == used
    )
    caption = "Events used" if used else "Events that were left out or need review"
    return Table("outcomes", caption, (*columns, Column("reason", "Reason")), rows, simulated)


def cut_short(table: Table) -> Table:
    """Return a table a page can hold; the rest is in the files beside it, and the caption says so."""
    if len(table.rows) <= MOST_ROWS:
        return table
    caption = f"{table.caption} (the first {MOST_ROWS} of {len(table.rows):,}; all are in result.json)"
    return replace(table, caption=caption, rows=table.rows[:MOST_ROWS])


def numbers_section(given: Material) -> Section:
    study, simulated = given.study, given.simulated
    tables: list[Table] = []
    if average_of(study) is not None:
        tables.append(aggregate_table(study, simulated=simulated))
    elif study["responses"]:
        tables.append(response_table(study, unit_of(given.spec), simulated=simulated))
    tables += given.prices
    bars = f"; a bar is {length(given.step_us)}" if given.step_us else ""
    daily = bool((study.get("primary") or {}).get("daily"))
    unit, event = ("day", "event day") if daily else ("bar", "event interval")
    notes = (
        f"{_scale(given.spec)} n/a: the test does not apply.",
        f"The {event} is the move from the last close before the news could be "
        f"public to the first close after it surely was; {unit} +1 is the one after that, {unit} -1 the one "
        f"before{bars}.",
    )
    return Section("numbers", "The numbers", tables=tuple(tables), notes=notes)


def _scale(spec: Any) -> str:
    if spec.variable in STUDIED:
        return f"Numbers in bp are {unit_of(spec)}: no moves of the price."
    return f"100 bp = 1 %, in {spec.returns} returns. Positive is up in the instrument's own quote."


def speed_section(given: Material) -> tuple[Section, ...]:
    """Return how fast the price answered and what stayed, where an intraday response was computed."""
    if not given.shape.numbers:
        return ()
    return (Section("speed", "How fast, and what stayed", points=given.shape.told, tables=given.shape.numbers),)


def certainty_section(given: Material) -> Section:
    """Return how sure the finding is: one sentence per response or window, anchors compared, every test."""
    study, simulated = given.study, given.simulated
    shared = average_of(study)
    if shared is not None:
        points = [f"{window_of(study, a)}: {sure(study, a['tests'])}" for a in study["aggregates"] if a["tests"]]
    else:
        told = [r for r in study["responses"] if r["window"] == study["responses"][0]["window"]]
        points = [f"{plain(r['instrument'], 40)}: {sure(study, r['tests'])}" for r in told[:MOST_TOLD]]
    tables = [*given.shape.certainty]
    tables += [cut_short(test_table(study, simulated=simulated))] if study["responses"] and shared is None else []
    heading = "How sure, and why"
    return Section("certainty", heading, points=(*points, *given.shape.points), tables=tuple(tables))


# What a warning casts doubt on, the most harmful first: whether the event is where it is said to be, its prices, what
# the move is compared with. Weaknesses without a code (another event in the window) stand with the third kind.
HARM: tuple[tuple[str, ...], ...] = (
    (
        *("ES-MOVE-BEFORE", "ES-TIME-CIRCULAR", "ES-PROPOSAL", "ES-DATES-ONE-DAY-EARLY", "ES-WRONG-ZONE"),
        *("ES-LABEL-SIDE", "ES-STALE-CLOSE", "ES-CUT-CLOSE", "ES-REPEATED-OPEN", "ES-SUNDAY-DATES"),
    ),
    (
        *("ES-PRICE-IN-DOUBT", "ES-PERCENT", "ES-MISSING-CODE", "ES-ACTIONS", "ES-SPLIT-LIKE-JUMP"),
        *("ES-UNIT-JUMP", "ES-STALE"),
    ),
    (
        *("ES-CLUSTERED", "ES-DENSE", "ES-CONTAMINATED", "ES-REGIME", "ES-PLACEBO-FEW", "ES-TIME-ASSUMED"),
        "ES-EVENT-BARS",
    ),
)


def harm(point: str) -> int:
    """Return the place of a weakness by the code of its warning, 0 for the most harmful."""
    code = point.rpartition("[")[2].rstrip("].")
    return next((place for place, codes in enumerate(HARM) if code in codes), len(HARM) - ("[ES-" not in point))


def spoilers_section(given: Material) -> Section:
    """Return what could weaken the finding: warnings, violated assumptions, events that are not simply used."""
    points = [
        plain(w["message"] if isinstance(w, Mapping) else w, 600)
        + (f" [{plain(w['code'], 20)}]" if isinstance(w, Mapping) and w.get("code") else "")
        for w in given.study["warnings"]
    ]
    points += unsuited_tests(given.study)
    left_out = outcome_table(given.study, simulated=given.simulated, used=False)
    calm = () if points or left_out.rows or given.shape.dangers else (CALM,)
    tables = (cut_short(left_out),) if left_out.rows else ()
    every = tuple(sorted(dict.fromkeys((*points, *given.shape.dangers)), key=harm))
    return Section("spoilers", "What could weaken this", calm, every, tables)


def unsuited_tests(study: Json) -> list[str]:
    """Return one line per violated assumption, with the tests that make it."""
    found: dict[str, list[str]] = {}
    for name, why in ((study.get("primary") or {}).get("unsuited") or {}).items():
        found.setdefault(why, []).append(words(name))
    return [
        f"Not valid here: {', '.join(names)}. {'It' if len(names) == 1 else 'Each'} {why}."
        for why, names in found.items()
    ]


def limitations(study: Json, spec: Any) -> tuple[str, ...]:
    """Return when each test of the study fails, according to its source."""
    cited = [(name, citation(name)) for name in tests_of(study, spec)]
    return tuple(
        f"Limitation of the {words(n)} test: {c.fails_when}." for n, c in cited if c is not None and c.fails_when
    )


def details_section(given: Material) -> tuple[Section, ...]:
    """Return every response of a study of many events, below what they say together."""
    if average_of(given.study) is None:
        return ()
    tables = (
        cut_short(response_table(given.study, unit_of(given.spec), simulated=given.simulated)),
        cut_short(test_table(given.study, simulated=given.simulated)),
    )
    return (Section("details", "Every event", tables=tuple(t for t in tables if t.rows)),)


def method_section(study: Json, spec: Any) -> Section:
    daily = bool((study.get("primary") or {}).get("daily"))
    estimation = "none (the model has no parameters)"
    if spec.estimation:
        estimation = window_label(spec.estimation, daily=daily or spec.learning_clock == "days")
        if spec.learning_clock != spec.clock:
            estimation += f" in {spec.learning_clock}"
    kind = "log" if spec.returns == "log" else "simple"
    studied = f" Studied is {STUDIED[spec.variable]}." if spec.variable in STUDIED else ""
    anchors = {
        "bracket": "from the last close that cannot hold the news to the first close after it was surely public",
        "earliest": "as if the news came at the earliest moment it could have",
        "latest": "as if the news came at the latest moment it could have",
    }
    window = window_label(spec.event, daily=daily)
    paragraphs = (
        f"Returns are {kind} returns between closing instants.{studied} The event interval is aligned with the bars by "
        f"the rule '{spec.anchor}': {anchors[spec.anchor]}; that move is the "
        f"{'event day' if daily else 'event interval'}.",
        f"Expected return: model '{spec.model}'; estimation window {estimation}; event window {window}, "
        f"counted in {spec.clock}. Tests are {spec.alternative}. {hypotheses(study, spec)}",
        *approximations(study),
    )
    cited = tuple(c for name in (spec.model, *tests_of(study, spec)) if (c := citation(name)) is not None)
    return Section("method", "Method and references", paragraphs, limitations(study, spec), citations=cited)


def tests_of(study: Json, spec: Any) -> tuple[str, ...]:
    """Return the tests of a study and its primary test."""
    primary = study.get("primary") or {}
    return tuple(dict.fromkeys((*spec.tests, *([primary["test"]] if primary else []))))


def hypotheses(study: Json, spec: Any) -> str:
    """Return the family that p-values were adjusted over, or how many hypotheses there are without an adjustment."""
    p = [t["pvalue"] for row in (*study["responses"], *study["aggregates"]) for t in row["tests"].values()]
    p = [value for value in p if finite(value)]
    if spec.adjust:
        return f"p-values are adjusted by {adjustment_words(study)}, within each test and never across tests."
    if len(p) < 2:
        return ""
    return (
        f"{len(p):,} hypotheses were tested and no p-value was adjusted: if none held an effect, about "
        f"{len(p) * (1 - spec.level):.2g} would be at or below {1 - spec.level:g}; the smallest is {pvalue(min(p))}."
    )


def approximations(study: Json) -> tuple[str, ...]:
    """Return which of several distributions the p-values of a test come from, where it has a choice."""
    rows = [(name, t["note"]) for a in study["aggregates"] for name, t in a["tests"].items() if t.get("note")]
    said = [f"{words(name)}: {note}" for name, note in dict.fromkeys(rows)]
    return (f"Reference distributions of the p-values: {'; '.join(said)}.",) if said else ()


def provenance_section(facts: Json, *, simulated: bool) -> Section:
    """Return where the numbers come from, from the manifest."""
    rows = [("study", facts["study"]), ("spec digest (SHA-256)", facts["spec_digest"]), ("seed", str(facts["seed"]))]
    rows += [(f"data: {plain(row['name'], 80)}", f"SHA-256 {row['digest']}") for row in facts["data"]]
    rows += [(name, str(version)) for name, version in facts["versions"].items()]
    rows.append(("time zone data", str(facts["tzdata"])))
    columns = (Column("fact", "What"), Column("value", "Value"))
    shown = tuple((plain(name, 90), plain(value)) for name, value in rows)
    table = Table("provenance", "What the numbers were computed from and with", columns, shown, simulated)
    again = "The same bytes come again from: eventstudy reproduce manifest.json"
    return Section("provenance", "Provenance", (again,), tables=(table,))


def make_page(given: Material) -> Page:
    """Return the report in the order a person asks: what, how much, how sure, what else, how, from what."""
    title = plain(given.spec.title or given.spec.name, 160)
    title = unstamped(title) if given.simulated else title
    drawn = (Section("figures", "The picture", pictures=given.pictures),) if given.pictures else ()
    sections = (
        numbers_section(given),
        *drawn,
        *speed_section(given),
        *given.reactions,
        certainty_section(given),
        spoilers_section(given),
        *((given.event,) if given.event is not None else ()),
        *details_section(given),
        method_section(given.study, given.spec),
        provenance_section(given.facts, simulated=given.simulated),
    )
    said = finding(given.study, float(given.spec.level), given.moved)
    if given.front.stand:
        said = (*doubts(given.study), *given.front.stand)
    return Page(title, said, sections, given.simulated, given.front, given.foot)
