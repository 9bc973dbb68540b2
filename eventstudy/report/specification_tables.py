"""All specifications of a study on a page: how many agree, the joint p-value, and the estimates in order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventstudy.report.finding import finite, label_of, words
from eventstudy.report.key_figures import capital
from eventstudy.report.tables import Column, Table
from eventstudy.show.escape import plain
from eventstudy.show.numbers import bp, count_of, p_is

Json = Mapping[str, Any]
MOST_NAMED = 3


def specification_sentences(study: Json) -> tuple[str, ...]:
    """Return the range of the estimates, how many agree in sign and significance, and the joint p-value."""
    given = study.get("specifications")
    if not given:
        return ()
    estimates = sorted(one["estimate"] for one in given["specifications"] if finite(one["estimate"]))
    n = len(estimates)
    if not n:
        return ("No specification has an estimate.",)
    size = (1 - given["level"]) * 100
    middle = (estimates[(n - 1) // 2] + estimates[n // 2]) / 2
    said = [
        f"{n:,} specifications give estimates from {bp(estimates[0])} to {bp(estimates[-1])} bp, median {bp(middle)} "
        f"bp: {_share(given['same_sign'])} have the sign of the median, and {_share(given['same_finding'])} are "
        f"significant at the {size:g}% level, too."
    ]
    if finite(given["joint_pvalue"]):
        said.append(
            f"All of them together: {p_is(given['joint_pvalue'])}, the largest scaled mean among those of "
            f"{given['draws']:,} sets of other dates, the same for every specification. As every comparison with other "
            "dates, it assumes that events do not change the variance of returns."
        )
    said += [f"Left out: {plain(one, 200)}." for one in given["left_out"][:MOST_NAMED]]
    more = len(given["left_out"]) - MOST_NAMED
    said += [f"Left out, too: {count_of(more, 'combination')} more."] if more > 0 else []
    return tuple(said)


def _share(share: float) -> str:
    return f"{share * 100:.0f}%" if finite(share) else "n/a"


def specification_tables(study: Json, *, simulated: bool) -> tuple[Table, ...]:
    """Return one row per specification, in the order of the estimates."""
    given = study.get("specifications")
    if not given:
        return ()
    columns = (
        Column("model", "Model"),
        Column("anchor", "Alignment"),
        Column("estimation", "Estimation"),
        Column("window", "Window"),
        Column("test", "Test"),
        Column("estimate", "Mean, bp", "bp"),
        Column("low", "Low, bp", "bp"),
        Column("high", "High, bp", "bp"),
        Column("pvalue", "p", "pvalue"),
        Column("refit_pvalue", "p, other dates", "pvalue"),
        Column("adjusted_pvalue", "p, adjusted", "pvalue"),
        Column("n", "N", "count"),
        Column("from_study_file", "Study file"),
    )
    rows = tuple(
        (
            words(one["model"]),
            one["anchor"],
            label_of(study, one["estimation"]) if one["estimation"] else "",
            capital(label_of(study, one["window"])),
            words(one["test"]),
            *(one[name] for name in ("estimate", "low", "high", "pvalue", "refit_pvalue", "adjusted_pvalue", "n")),
            "yes" if one["from_study_file"] else "",
        )
        for one in given["specifications"]
    )
    return (Table("specifications", "Specifications in the order of their estimates", columns, rows, simulated),)
