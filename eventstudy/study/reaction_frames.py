"""What reactions go with, as tidy frames and JSON values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy.abnormal.abnormal_returns import AbnormalReturns
from eventstudy.abnormal.events import Ledger
from eventstudy.abnormal.windows import Window
from eventstudy.reactions.groups import Comparison, Grouping, GroupMean
from eventstudy.reactions.regression import Regression, Term
from eventstudy.reactions.specification_curve import SpecificationCurve
from eventstudy.reactions.surprise import SurprisePath, SurpriseResponse
from eventstudy.reactions.values import Reactions
from eventstudy.show.json_text import json_value
from eventstudy.study.balance_frames import balance_document

if TYPE_CHECKING:
    import pandas as pd


def groups_frame(groups: Sequence[Grouping]) -> pd.DataFrame:
    """One row per grouping, window and group: by, group, start, stop, n, dates, instruments, mean, low, high, test."""
    rows = [{"by": _joined(one.by), "weights": one.weights, **_mean_row(m)} for one in groups for m in one.means]
    return _frame(rows, ("by", "weights", "group", "start", "stop", "n", "dates", "instruments", "mean", "low", "high"))


def group_paths_frame(groups: Sequence[Grouping]) -> pd.DataFrame:
    """One row per grouping, group and tau: by, group, tau, n, aar, se, caar."""
    import pandas as pd

    parts = [
        pd.DataFrame(
            {
                "by": np.full(len(path.tau), _joined(one.by), dtype=object),
                "group": np.full(len(path.tau), _joined(path.group), dtype=object),
                **{name: getattr(path, name) for name in ("tau", "n", "aar", "se", "caar")},
            }
        )
        for one in groups
        for path in one.paths
    ]
    return pd.concat(parts, ignore_index=True) if parts else _frame([], ("by", "group", "tau", "n", "aar", "se"))


def comparisons_frame(groups: Sequence[Grouping]) -> pd.DataFrame:
    """One row per grouping, window and test of differences: by, contrast, start, stop, estimate, low, high, pvalue."""
    rows = [{"by": _joined(one.by), **_comparison_row(c)} for one in groups for c in one.comparisons]
    return _frame(rows, ("by", "contrast", "groups", "start", "stop", "estimate", "se", "low", "high", "pvalue"))


# Columns of a surprise path: one number per bar, and one per path.
BARS = (
    *("tau", "n", "intercept", "slope", "se", "low", "high", "pvalue", "r2"),
    *("joint_low", "joint_high", "permutation_pvalue", "placebo_band", "placebo_joint_band", "placebo_pvalue"),
)
PATH = ("events", "sd", "path_pvalue", "path_placebo_pvalue", "placebo_days", "reason")


def surprise_frame(surprise: SurpriseResponse | None) -> pd.DataFrame:
    """One row per regression and bar: instrument, label, sign, then ``BARS``."""
    import pandas as pd

    parts = [
        pd.DataFrame({"instrument": path.instrument, "label": path.label, "sign": path.sign}, index=range(len(path.n)))
        .assign(**{name: getattr(path, name) for name in BARS})
        .astype({"instrument": object, "label": object, "sign": object})
        for path in (surprise.paths if surprise else ())
    ]
    return pd.concat(parts, ignore_index=True) if parts else _frame([], ("instrument", "label", "sign", *BARS))


def surprise_tests_frame(surprise: SurpriseResponse | None) -> pd.DataFrame:
    """One row per regression: instrument, label, sign, then ``PATH``."""
    rows = [
        {"instrument": p.instrument, "label": p.label, "sign": p.sign, **{name: getattr(p, name) for name in PATH}}
        for p in (surprise.paths if surprise else ())
    ]
    return _frame(rows, ("instrument", "label", "sign", *PATH))


TERM = ("name", "label", *(field.name for field in fields(Term) if field.name not in ("name", "label")))


def regressions_frame(regressions: Sequence[Regression]) -> pd.DataFrame:
    """One row per regression and coefficient: regression, formula, start, stop, n, r2, then the fields of ``Term``."""
    rows = [
        {
            "regression": place,
            "formula": one.formula,
            "start": one.window.start,
            "stop": one.window.stop,
            **{name: getattr(one, name) for name in ("covariance", "n", "r2", "placebo_days")},
            **{name: getattr(term, name) for name in TERM},
        }
        for place, one in enumerate(regressions, 1)
        for term in one.terms
    ]
    head = ("regression", "formula", "start", "stop", "covariance", "n", "r2", "placebo_days")
    return _frame(rows, (*head, *TERM))


def regression_data_frame(ledger: Ledger, abnormal: AbnormalReturns, windows: Sequence[Window]) -> pd.DataFrame:
    """One row per used observation, for other programs: event, instrument, date, the CARs, all columns of the event.

    ``car`` is the CAR of the first window; those of all are ``car_0_1`` for [0, +1] and ``car_m5_5`` for [-5, +5].
    """
    import pandas as pd

    at = int(np.argmin(np.abs(abnormal.tau))) if len(abnormal.tau) else 0
    dates = abnormal.closes[:, at : at + 1].ravel().astype("datetime64[us]").astype("datetime64[D]")
    cars = {_car_name(window): abnormal.car(window) for window in windows}
    columns = {
        "event": abnormal.events,
        "instrument": abnormal.instruments,
        "date": dates.astype("datetime64[s]"),
        "car": next(iter(cars.values())),
        **cars,
    }
    table = ledger.table.attributes
    further = {name if name not in columns else f"{name}_attribute": of[abnormal.row] for name, of in table.items()}
    return pd.DataFrame({**columns, **further})


def _car_name(window: Window) -> str:
    return "car_" + "_".join(f"m{-end}" if end < 0 else str(end) for end in (window.start, window.stop))


def specifications_frame(curve: SpecificationCurve | None) -> pd.DataFrame:
    """One row per specification in the order of estimates: rank, choices, numbers, reason; no row without a curve."""
    return SpecificationCurve("", (), float("nan"), 0, 0, 0).to_frame() if curve is None else curve.to_frame()


def reaction_names(reactions: Reactions) -> tuple[str, ...]:
    """Return the tables of ``to_frame`` that the study asked for."""
    names: tuple[str, ...] = ()
    if reactions.groups:
        names += ("groups", "group_paths", "group_comparisons")
    if reactions.surprise:
        names += ("surprise", "surprise_tests")
    if reactions.regressions:
        names += ("regressions",)
    if reactions.specifications:
        names += ("specifications",)
    if reactions.placebo_balance:
        names += ("placebo_balance", "placebo_left_out")
    return names


def document(reactions: Reactions) -> dict[str, Any]:
    """Return what was asked for as JSON values, under the key of its table."""
    found: dict[str, Any] = {}
    if reactions.groups:
        found["groups"] = [_grouping(one) for one in reactions.groups]
    if reactions.surprise:
        found["surprise"] = _surprise(reactions.surprise)
    if reactions.regressions:
        found["regressions"] = [_regression(one) for one in reactions.regressions]
    if reactions.specifications:
        found["specifications"] = reactions.specifications.to_dict()
    if reactions.placebo_balance:
        found["placebo_balance"] = [balance_document(one) for one in reactions.placebo_balance]
    return found


def _frame(rows: list[dict[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=list(columns))


def _joined(names: Sequence[str]) -> str:
    return ", ".join(names)


def _mean_row(mean: GroupMean) -> dict[str, Any]:
    return {
        "group": _joined(mean.group),
        "start": mean.window.start,
        "stop": mean.window.stop,
        **{name: getattr(mean, name) for name in ("n", "dates", "instruments", "mean", "low", "high")},
        **{name: getattr(mean, name) for name in ("test", "statistic", "df", "pvalue", "reason")},
    }


def _comparison_row(comparison: Comparison) -> dict[str, Any]:
    return {
        "contrast": comparison.contrast,
        "groups": " - ".join(comparison.groups[::-1]) if comparison.contrast == "difference" else "",
        "start": comparison.window.start,
        "stop": comparison.window.stop,
        **{name: getattr(comparison, name) for name in ("estimate", "se", "low", "high")},
        **{name: getattr(comparison, name) for name in ("statistic", "df", "df2", "pvalue", "monotonic", "reason")},
    }


def _surprise(surprise: SurpriseResponse) -> dict[str, Any]:
    """Return the settings of the regressions and every path, a list for each number by bar."""
    head = ("measure", "standardized", "weights", "covariance", "by")
    return {
        **{name: getattr(surprise, name) for name in head},
        "controls": list(surprise.controls),
        "paths": [_surprise_path(path) for path in surprise.paths],
    }


def _surprise_path(path: SurprisePath) -> dict[str, Any]:
    return {
        "instrument": path.instrument or None,
        "label": path.label or None,
        "sign": path.sign,
        **{name: json_value(getattr(path, name) or None if name == "reason" else getattr(path, name)) for name in PATH},
        **{name: json_value(getattr(path, name).tolist()) for name in BARS},
    }


def _regression(one: Regression) -> dict[str, Any]:
    numbers = ("n", "dropped", "r2", "adjusted_r2", "placebo_days", "components")
    return {
        "formula": one.formula,
        "window": [one.window.start, one.window.stop],
        "covariance": one.covariance,
        "cluster": list(one.cluster),
        "clusters": list(one.clusters),
        **{name: json_value(getattr(one, name)) for name in numbers},
        "reason": one.reason or None,
        "terms": [_term(term) for term in one.terms],
    }


def _term(term: Term) -> dict[str, Any]:
    return {**{name: json_value(getattr(term, name)) for name in TERM}, "reason": term.reason or None}


def _grouping(one: Grouping) -> dict[str, Any]:
    """Return one grouping: its means by window, its paths over event time, and its comparisons."""
    return {
        "by": list(one.by),
        "weights": one.weights,
        "quantiles": one.quantiles or None,
        "bounds": json_value(one.bounds),
        "without_group": one.missing,
        "without_weight": one.without_weight,
        "means": [
            {
                "group": dict(zip(one.by, m.group, strict=True)),
                "window": [m.window.start, m.window.stop],
                **_numbers(_mean_row(m), "group"),
            }
            for m in one.means
        ],
        "paths": [
            {
                "group": dict(zip(one.by, path.group, strict=True)),
                **{name: json_value(getattr(path, name).tolist()) for name in ("tau", "n", "aar", "se", "caar")},
            }
            for path in one.paths
        ],
        "comparisons": [
            {
                "contrast": c.contrast,
                "groups": list(c.groups),
                "window": [c.window.start, c.window.stop],
                **_numbers(_comparison_row(c), "contrast", "groups"),
            }
            for c in one.comparisons
        ],
    }


def _numbers(row: dict[str, Any], *without: str) -> dict[str, Any]:
    kept = {name: entry for name, entry in row.items() if name not in ("start", "stop", *without)}
    return {name: json_value(entry if entry != "" else None) for name, entry in kept.items()}
