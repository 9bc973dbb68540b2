"""How a column of a result's frames looks in Excel: a heading for readers and a number format with its unit."""

from __future__ import annotations

import re
from typing import NamedTuple

# Excel shows a decimal return as percent, a small p-value as a bound, an instant as a date (the heading names UTC).
FORMATS = {
    "return": "+0.00%;-0.00%;0.00%",
    "width": "0.00%",
    "measure": "0.0000",
    "p": '[<0.001]"<0.001";0.000',
    "number": "0.00",
    "coefficient": "0.000",
    "degrees": "#,##0.#",
    "count": "#,##0",
    "time": "yyyy-mm-dd hh:mm",
    "text": "@",
}


class Heading(NamedTuple):
    """The words above a column and the row of ``FORMATS`` for its cells."""

    words: str
    form: str


HEADINGS = {
    "event": Heading("Event", "text"),
    "instrument": Heading("Instrument", "text"),
    "start": Heading("Window from", "count"),
    "stop": Heading("Window to", "count"),
    "tau": Heading("Event time", "count"),
    "n_bars": Heading("Bars", "count"),
    "ar": Heading("Abnormal return", "return"),
    "car": Heading("CAR", "return"),
    "bhar": Heading("Buy-and-hold abnormal return", "return"),
    "aar": Heading("Mean abnormal return", "return"),
    "caar": Heading("Mean CAR", "return"),
    "abhar": Heading("Mean buy-and-hold abnormal return", "return"),
    "mean": Heading("Mean", "return"),
    "coef": Heading("Coefficient", "return"),
    "gls": Heading("Coefficient, PCA-GLS", "return"),
    "placebo_mean": Heading("Mean on placebo days", "return"),
    "placebo_sd": Heading("Standard deviation on placebo days", "width"),
    "estimate": Heading("Estimate", "return"),
    "slope": Heading("Slope", "return"),
    "intercept": Heading("Intercept", "return"),
    "low": Heading("Interval from", "return"),
    "high": Heading("Interval to", "return"),
    "joint_low": Heading("Simultaneous interval from", "return"),
    "joint_high": Heading("Simultaneous interval to", "return"),
    "placebo_band": Heading("Half-width on placebo days", "width"),
    "placebo_joint_band": Heading("Half-width on placebo days, simultaneous", "width"),
    "alpha": Heading("Alpha", "return"),
    "beta": Heading("Beta", "coefficient"),
    "sigma": Heading("Residual standard deviation", "width"),
    "r2": Heading("R2", "coefficient"),
    "se": Heading("Standard error", "width"),
    "scar": Heading("Standardized CAR", "number"),
    "statistic": Heading("Statistic", "number"),
    "t": Heading("t", "number"),
    "df": Heading("Degrees of freedom", "degrees"),
    "df2": Heading("Degrees of freedom, denominator", "degrees"),
    "n": Heading("Observations", "count"),
    "n_events": Heading("Observations", "count"),
    "n_positive": Heading("Positive", "count"),
    "n_negative": Heading("Negative", "count"),
    "pvalue": Heading("p", "p"),
    "adjusted_pvalue": Heading("p, adjusted", "p"),
    "refit_pvalue": Heading("p, other dates", "p"),
    "permutation_pvalue": Heading("p, permutation", "p"),
    "placebo_pvalue": Heading("p, placebo days", "p"),
    "placebo_t_pvalue": Heading("p, placebo days (t)", "p"),
    "gls_pvalue": Heading("p, PCA-GLS", "p"),
    "path_pvalue": Heading("p, entire path, permutation", "p"),
    "path_placebo_pvalue": Heading("p, entire path, placebo days", "p"),
    "first": Heading("First return (UTC)", "time"),
    "last": Heading("Last return (UTC)", "time"),
    "test": Heading("Test", "text"),
    "by": Heading("Grouped by", "text"),
    "name": Heading("Regressor", "text"),
    "anchor": Heading("Alignment", "text"),
    "from_study_file": Heading("Study file", "text"),
    "sd": Heading("Standard deviation of the surprises", "measure"),
    "outcome": Heading("Outcome", "text"),
    "reason": Heading("Reason", "text"),
    "data": Heading("Data", "text"),
}
# Endings that say what a column is of the column before the ending.
ENDINGS = {
    "_se": Heading("standard error", "width"),
    "_t": Heading("t", "number"),
    "_n_events": Heading("observations", "count"),
    "_pvalue": Heading("p", "p"),
    "_low": Heading("interval from", "return"),
    "_high": Heading("interval to", "return"),
}
# Of a coefficient on a market or factor: a pure number, not a return.
COEFFICIENTS = re.compile(r"beta|gamma|(?!alpha|aar|caar|abhar|car).*_?beta.*")


def heading(column: str, *, percent: bool = True) -> Heading:
    """Return the heading of a column; ``percent`` is false where the variable studied is not a return.

    >>> heading("caar"), heading("beta_se").form, heading("car", percent=False).form, heading("group_name").words
    (Heading(words='Mean CAR', form='return'), 'coefficient', 'measure', 'Group name')
    """
    found = HEADINGS.get(column) or _by_ending(column) or Heading(_words(column), "")
    if found.form in {"return", "width"} and (not percent or COEFFICIENTS.fullmatch(column)):
        return found._replace(form="coefficient" if percent else "measure")
    return found


def _by_ending(column: str) -> Heading | None:
    for ending, of in ENDINGS.items():
        if column.endswith(ending) and len(column) > len(ending):
            stem = column.removesuffix(ending)
            known = HEADINGS.get(stem)
            return Heading(f"{known.words if known else _words(stem)}, {of.words}", of.form)
    return None


def _words(column: str) -> str:
    words = column.replace("_", " ").strip()
    return words[:1].upper() + words[1:]
