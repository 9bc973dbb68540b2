"""Formulas of regressions: which words they may hold, and the matrix they stand for (formulaic)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from eventstudy.arrays import BoolArray, FloatArray
from eventstudy.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

RESPONSE = "car"
LONGEST = 500
# Formulas are computed as Python: only these functions and the columns of the events can be named.
FUNCTIONS: Mapping[str, Any] = {"log": np.log, "log1p": np.log1p, "exp": np.exp, "sqrt": np.sqrt, "abs": np.abs}
TRANSFORMS = ("C", "I", "center", "scale", *FUNCTIONS)
# A column whose name is not one word stands in backticks: `Market Cap`.
TOKEN = re.compile(
    r"\s*(?:(?P<name>[^\W\d]\w*)(?P<call>\s*\()?|`(?P<quoted>[^`{}\\]+)`|(?P<number>\d+(?:\.\d+)?)|(?P<sign>\*\*|[-+*/:()~,]))"
)


class Matrix(NamedTuple):
    """The regressors of a formula, shape (n, k), and the rows of the frame they come from, shape (N,).

    ``names`` are those of formulaic (``C(sector)[T.bank]``), ``labels`` the same for a reader (``sector = bank against
    airline``).
    """

    values: FloatArray
    names: tuple[str, ...]
    labels: tuple[str, ...]
    rows: BoolArray


def names_in(formula: str, where: str) -> tuple[str, ...]:
    """Return the columns that a formula names, ``car`` left out.

    >>> names_in("car ~ surprise + C(sector) + log(size)", "formula")
    ('surprise', 'sector', 'size')

    Raises
    ------
    UsageError
        If it does not begin with ``car ~`` or holds anything but names, numbers, operators and known functions.
    """
    left, _, right = formula.partition("~")
    if left.strip() != RESPONSE or not right.strip() or len(formula) > LONGEST:
        raise UsageError(
            f"{where}: {formula!r:.80} is not a formula for the CAR.",
            remedy='Write for example "car ~ surprise + size".',
        )
    place, found, powers = 0, [], 0
    text = formula.rstrip()
    while place < len(text):
        token = TOKEN.match(text, place)
        if token is None:
            raise UsageError(
                f"{where}: {text[place:].strip()[:20]!r} in {formula!r:.80} is not allowed.",
                remedy=f"Formulas hold columns (a name of several words in backticks), numbers, + - * / : ** ( ) and "
                f"{', '.join(TRANSFORMS)}.",
            )
        place = token.end()
        name = token["name"]
        powers += token["sign"] == "**"
        if name and token["call"] and name not in TRANSFORMS:
            raise UsageError(
                f"{where}: {name!r} is not a function of formulas. {did_you_mean(name, TRANSFORMS)}".strip(),
                remedy=f"Functions are {', '.join(TRANSFORMS)}.",
            )
        if token["quoted"] or (name and not token["call"]):
            found.append(token["quoted"] or name)
        if powers > 2 or (token["number"] and len(token["number"]) > 12):
            raise UsageError(f"{where}: {formula!r:.80} holds more than two powers, or a number of over 12 digits.")
    return tuple(dict.fromkeys(name for name in found if name != RESPONSE))


def matrix_of(formula: str, data: pd.DataFrame, where: str) -> Matrix:
    """Return the regressors of the rows of ``data`` whose columns are complete and finite.

    Raises
    ------
    UsageError
        If the formula cannot be computed from the columns.
    """
    from formulaic import Formula
    from formulaic.errors import FormulaicError

    names_in(formula, where)
    context = dict(FUNCTIONS)
    try:
        with np.errstate(all="ignore"):
            right = Formula(formula.partition("~")[2])
            built = right.get_model_matrix(data, na_action="ignore", context=context)
    except (FormulaicError, ValueError, TypeError, ArithmeticError, SyntaxError) as error:
        raise UsageError(
            f"{where}: {formula!r:.80} cannot be computed: {str(error).splitlines()[0]:.160}.",
            remedy="Text columns enter as C(column), numbers as they are.",
        ) from None
    values = np.asarray(built, dtype=np.float64).reshape(len(data), -1)
    rows: BoolArray = np.asarray(np.isfinite(values).all(axis=1))
    names = tuple(map(str, built.columns))
    known = _labels(built.model_spec)
    return Matrix(values[rows], names, tuple(known.get(name, name) for name in names), rows)


def _labels(spec: Any) -> dict[str, str]:
    """Return what a reader calls each column that has a category in it, by the column's name.

    A category that is compared with another (treatment coding) names that other.
    """
    found, codings = {}, {str(factor): coded for factor, coded in spec.factor_contrasts.items()}
    for row in spec.structure:
        for scoped in row.scoped_terms:
            parts = [
                _level_labels(f.factor.expr, codings.get(f.factor.expr), reduced=f.reduced) for f in scoped.factors
            ]
            for picked in product(*(part.items() for part in parts)):
                name = ":".join(name for name, _ in picked)
                found[name] = " times ".join(label for _, label in picked)
    return found


def _level_labels(expr: str, coded: Any, *, reduced: bool) -> dict[str, str]:
    """Return the labels of one factor by its part of a column's name: itself for a number, one per category else."""
    if coded is None:
        return {expr: expr}
    column = re.sub(r"^C\((.*)\)$", r"\1", expr).strip("` ")
    words = {level: f"{level:g}" if isinstance(level, float) else str(level) for level in coded.levels}
    if not reduced:
        return {f"{expr}[{level}]": f"{column} = {words[level]}" for level in coded.levels}
    base, *others = coded.levels  # treatment coding: formulas hold no text that could name another
    return {f"{expr}[T.{level}]": f"{column} = {words[level]} against {words[base]}" for level in others}
