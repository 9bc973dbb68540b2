"""How the numbers were computed and from what: model, windows, tests with their references, digests and versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventstudy.abnormal.models.table import MODELS
from eventstudy.report.finding import adjustment_words, finite, noun_in, words
from eventstudy.report.method_references import citation
from eventstudy.report.page_parts import Section
from eventstudy.report.tables import Column, Table
from eventstudy.show.escape import plain
from eventstudy.show.numbers import event_label, pvalue, window_label
from eventstudy.study.notices import STUDIED

Json = Mapping[str, Any]


def method_section(study: Json, spec: Any) -> Section:
    noun = noun_in(study)
    estimation = "none (the model has no parameters)"
    if spec.estimation:
        estimation = window_label(spec.estimation, "day" if spec.learning_clock == "days" and noun == "bar" else noun)
        if spec.learning_clock != spec.clock:
            estimation += f" in {spec.learning_clock}"
    kind = "log" if spec.returns == "log" else "simple"
    studied = f" Studied is {STUDIED[spec.variable]}." if spec.variable in STUDIED else ""
    anchors = {
        "bracket": "from the last close that cannot hold the news to the first close after it was surely public",
        "earliest": "as if the news came at the earliest moment it could have",
        "latest": "as if the news came at the latest moment it could have",
    }
    window = window_label(spec.event, noun)
    paragraphs = (
        f"Returns are {kind} returns between closing instants.{studied} The event interval is aligned with the bars by "
        f"the rule '{spec.anchor}': {anchors[spec.anchor]}; that move is the "
        f"{event_label(noun)}.",
        f"Expected return: {MODELS[spec.model].label}; estimation window {estimation}; event window {window}, "
        f"counted in {spec.clock}. {_sides(spec)} {hypotheses(study, spec)}",
        *approximations(study),
    )
    cited = tuple(c for name in (spec.model, *tests_of(study, spec)) if (c := citation(name)) is not None)
    return Section("method", "Method and references", paragraphs, limitations(study, spec), citations=cited)


def _sides(spec: Any) -> str:
    if spec.alternative == "two-sided":
        return "Tests are two-sided."
    return (
        f"Tests are one-sided (alternative: {spec.alternative} than zero), and so are their intervals, which have one "
        "end. Differences between groups, slopes, bands of figures and intraday responses are two-sided."
    )


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
    joint = [row for row in study.get("intraday") or () if finite(row.get("joint_pvalue"))]
    apart = ", except those of the intraday response for its instruments (step-down max-t)" if len(joint) > 1 else ""
    return (
        f"{len(p):,} hypotheses were tested and no p-value was adjusted{apart}: if none held an effect, about "
        f"{len(p) * (1 - spec.level):.2g} would be at or below {1 - spec.level:g}; the smallest is {pvalue(min(p))}."
    )


def approximations(study: Json) -> tuple[str, ...]:
    """Return which of several distributions the p-values of a test come from, where it has a choice."""
    rows = [(name, t["note"]) for a in study["aggregates"] for name, t in a["tests"].items() if t.get("note")]
    said = [f"{words(name)}: {note}" for name, note in dict.fromkeys(rows)]
    return (f"Reference distributions of the p-values: {'; '.join(said)}.",) if said else ()


def limitations(study: Json, spec: Any) -> tuple[str, ...]:
    """Return when each test of the study fails, according to its source."""
    cited = [(name, citation(name)) for name in tests_of(study, spec)]
    return tuple(
        f"Limitation of the {words(n)} test: {c.fails_when}." for n, c in cited if c is not None and c.fails_when
    )


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
