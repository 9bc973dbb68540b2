"""Least squares against certified values, exact rational arithmetic and other programs; degenerate input refused."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventstudy.abnormal import events as book
from eventstudy.abnormal.models.multiple_ols import least_squares, solve
from eventstudy.abnormal.models.row import Fit
from tests.shared import shared

# Digits of coefficients and standard errors that must be right.
GOALS = {
    "Norris": (12, 12),
    "Wampler1": (9, 9),
    "Wampler2": (12, 12),
    "Wampler3": (9, 12),
    "Wampler4": (7, 12),
    "Wampler5": (5.5, 12),
    "Longley": (10.5, 12),
    "Pontius": (11, 12),
    "Filip": (7, 7),
}


def digits(found: np.ndarray, certified: list[float]) -> float:
    expected = np.array(certified)
    scale = np.where(expected == 0, 1.0, np.abs(expected))
    error = np.abs(found - expected) / scale
    return float(-np.log10(np.maximum(error.max(), 1e-16)))


@pytest.mark.reference
@pytest.mark.parametrize("name", GOALS)
def test_nist_certified_regressions_through_the_path_of_studies(name: str) -> None:
    case = json.loads(shared("oracles/nist/strd.json").read_text())[name]
    X, y = np.array(case["X"]), np.array(case["y"])
    assert (X[:, 0] == 1).all()
    fit = least_squares(y[None], np.ascontiguousarray(X[:, 1:].T[:, None, :]))
    assert digits(fit.coef[0], case["certified_coef"]) >= GOALS[name][0]
    if any(case["certified_se"]):
        assert digits(fit.standard_errors[0], case["certified_se"]) >= GOALS[name][1]
    else:
        # Wampler1 and 2 are exact polynomials: certified standard errors are zero.
        assert fit.standard_errors[0].max() <= 10.0 ** -GOALS[name][1] * np.abs(y).max()


def exact(y: list[float], X: list[list[float]]) -> tuple[list[Fraction], Fraction, list[Fraction]] | None:
    """Coefficients, residual sum of squares and diagonal of (X'X)^-1 in rational arithmetic; None for a short rank."""
    A = [[Fraction(1), *(Fraction(v) for v in row)] for row in X]
    b = [Fraction(v) for v in y]
    p = len(A[0])
    M: list[list[Any]] = [
        [sum((r[i] * r[j] for r in A), Fraction(0)) for j in range(p)]
        + [sum((r[i] * v for r, v in zip(A, b, strict=True)), Fraction(0))]
        + [Fraction(int(i == j)) for j in range(p)]
        for i in range(p)
    ]
    for i in range(p):
        pivot = next((k for k in range(i, p) if M[k][i] != 0), None)
        if pivot is None:
            return None
        M[i], M[pivot] = M[pivot], M[i]
        M[i] = [v / M[i][i] for v in M[i]]
        for k in range(p):
            if k != i and M[k][i] != 0:
                M[k] = [a - M[k][i] * c for a, c in zip(M[k], M[i], strict=True)]
    beta = [row[p] for row in M]
    errors = [v - sum((c * a for c, a in zip(beta, r, strict=True)), Fraction(0)) for r, v in zip(A, b, strict=True)]
    return beta, sum((e * e for e in errors), Fraction(0)), [M[i][p + 1 + i] for i in range(p)]


def test_the_condition_number_is_that_of_the_largest_and_the_smallest_singular_value() -> None:
    # Orthogonal columns of length 2, 2 and sqrt(2): those are the singular values, and the condition is sqrt(2).
    A = np.array([[1.0, 1, 1], [1, -1, 0], [1, 1, -1], [1, -1, 0]])
    assert solve(A[None], np.array([[1.0, 2, 3, 5]])).condition.tolist() == pytest.approx([2**0.5], rel=1e-14)


def random_design(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Designs as they come and as they should not: offset, huge, tiny, nearly and exactly collinear, constant."""
    M, k = int(rng.integers(6, 30)), int(rng.integers(1, 4))
    X = rng.normal(0, 1, (M, k)) * 10.0 ** rng.integers(-6, 7, k)
    kind = rng.integers(0, 6)
    if kind == 1:
        X += 10.0 ** float(rng.integers(0, 7))
    if kind == 2 and k > 1:
        X[:, 1] = X[:, 0] * 2.0
    if kind == 3 and k > 1:
        X[:, 1] = X[:, 0] + rng.normal(0, 1e-6, M) * np.abs(X[:, 0]).max()
    if kind == 4:
        X[:, -1] = 3.25
    if kind == 5:
        X *= 10.0 ** float(rng.choice([-140, 140]))
    return rng.normal(0, 1, M) + X @ rng.normal(0, 1, k), X


def check_against_exact(y: np.ndarray, X: np.ndarray) -> str:
    fit = least_squares(y[None], np.ascontiguousarray(X.T[:, None, :]))
    truth = exact(y.tolist(), X.tolist())
    A = np.column_stack([np.ones(len(y)), X])
    length = np.abs(A).max(axis=0) * np.sqrt(((A / np.abs(A).max(axis=0)) ** 2).sum(axis=0))
    condition = float(np.linalg.cond(A / length))
    if fit.status[0]:
        assert fit.status[0] == book.COLLINEAR
        assert truth is None or condition > 1e10, "a design that can be solved was refused"
        return "refused"
    assert truth is not None, "a design of short rank was given numbers"
    # Forward error of a backward stable method: eps times the condition of the scaled columns, squared for the part
    # that a large residual feeds, with room of 1e3; measured on the fitted values, whose scale is the data's.
    beta, rss, inverse = truth
    room, spread, df = 1e3 * np.finfo(float).eps, float(rss) ** 0.5, len(y) - A.shape[1]
    error = np.abs(fit.coef[0] - np.array([float(v) for v in beta])) * length
    assert error.max() <= room * (condition * np.linalg.norm(y) + condition**2 * spread)
    assert abs((fit.sigma2[0] * df) ** 0.5 - spread) <= room * condition * np.linalg.norm(y)
    root = np.array([float(v) for v in inverse]) ** 0.5
    allowed = room * (condition * np.linalg.norm(y) + condition**2 * spread) / df**0.5
    assert (np.abs(fit.standard_errors[0] - root * spread / df**0.5) <= root * allowed).all()
    return "fitted"


def run_designs(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    ends = [check_against_exact(*random_design(rng)) for _ in range(count)]
    assert ends.count("refused") > count // 50
    assert ends.count("fitted") > count // 2


def test_random_designs_against_exact_rational_arithmetic() -> None:
    run_designs(400, seed=20210413)


@pytest.mark.slow
def test_ten_thousand_random_designs_against_exact_rational_arithmetic() -> None:
    run_designs(10_000, seed=1)


@given(st.integers(0, 2**32 - 1), st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_a_missing_value_in_one_row_leaves_the_bits_of_the_others(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    y, X = rng.normal(size=(4, 40)), rng.normal(size=(k, 4, 40))
    whole = least_squares(y, X)
    y = y.copy()
    y[2, rng.integers(0, 40, 5)] = np.nan
    holed = least_squares(y, X)
    for row in (0, 1, 3):
        assert all(bits(whole, row, name) == bits(holed, row, name) for name in ("coef", "sigma2", "xtx_inv_sqrt"))
    there = np.isfinite(y[2])
    alone = least_squares(y[2:3, there], X[:, 2:3, there])
    assert np.abs(alone.coef - holed.coef[2]).max() < 1e-12
    assert abs(alone.sigma2[0] - holed.sigma2[2]) < 1e-12


def bits(fit: Fit, row: int, name: str) -> bytes:
    return np.ascontiguousarray(getattr(fit, name)[row]).tobytes()


def test_statsmodels_agrees_on_several_regressors() -> None:
    import statsmodels.api as sm

    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(100, 3)), rng.normal(size=100)
    fit = least_squares(y[None], np.ascontiguousarray(X.T[:, None, :]))
    other = sm.OLS(y, sm.add_constant(X)).fit()
    assert np.abs(fit.coef[0] - other.params).max() < 1e-14
    assert np.abs(fit.standard_errors[0] - other.bse).max() < 1e-14
    assert abs(fit.sigma2[0] - other.scale) < 1e-14
    assert fit.df[0] == other.df_resid


@pytest.mark.parametrize(
    ("y", "x", "status"),
    [
        (np.zeros(30), np.arange(30.0), book.DEGENERATE),
        (np.tile([0.0, 0.01], 15), np.arange(30.0), book.DEGENERATE),
        (np.sin(np.arange(30.0)), np.full(30, 0.02), book.COLLINEAR),
    ],
)
def test_a_window_that_cannot_tell_says_so(y: np.ndarray, x: np.ndarray, status: int) -> None:
    assert least_squares(y[None], x[None, None]).status[0] == status


def test_an_offset_costs_no_digits() -> None:
    # The same deviations on an offset of 1e6, where x sums of squares would lose 12 digits: slope stays 2 exactly.
    x = np.tile([0.0, 1.0, 2.0, 3.0], 5)
    y = 2 * x + np.tile([0.5, -0.5, -0.5, 0.5], 5)
    near, far = (least_squares(y[None], (x + shift)[None, None]) for shift in (0.0, 2.0**20))
    assert abs(near.coef[0, 1] - 2) < 1e-15
    assert abs(far.coef[0, 1] - 2) < 1e-15
    # Residuals are +-1/2: 20 squares of 1/4 over 18 degrees of freedom.
    assert abs(far.sigma2[0] - 5 / 18) < 1e-15


def test_the_condition_is_that_of_the_largest_over_the_smallest_direction() -> None:
    # Columns of one length; two have the cosine 0.6, so the eigenvalues are 1.6, 1 and 0.4, and sqrt(1.6 / 0.4) = 2.
    one, two = np.array([1.0, 1, -1, -1, 1, 1, -1, -1]), np.array([1.0, -1, 1, -1, 1, -1, 1, -1])
    fit = least_squares(np.arange(8.0)[None] ** 2, np.stack([one, 0.6 * one + 0.8 * two])[:, None, :])
    assert abs(fit.condition[0] - 2) < 1e-12
