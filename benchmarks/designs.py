"""Simulated studies of every design that chooses a primary test, many draws on one set of aligned events.

What a draw does not change is prepared once: settings, event table, series, alignment of the event table. Each draw
then replaces the numbers of the series and the market and is solved as ``run_study`` solves a study;
``tests/inference/test_size.py`` compares the two bit by bit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

import eventstudy as es
from eventstudy.study.inputs import GivenRegressors, Inputs, read_inputs
from eventstudy.study.run import solve

M = 239
DRAWS = 399  # of the resampling tests


@dataclass(frozen=True, slots=True)
class Design:
    """Event dates, instruments, and how returns are drawn.

    ``own`` gives every date a separate instrument; otherwise each date has an event on every instrument. ``variance``
    multiplies that of the L bars of the event, ``shock`` is an effect in the first of them, in standard deviations of a
    bar. Returns are simple ones where buy-and-hold returns are tested, else log ones. ``before`` and ``after`` are the
    rows before the first event and after the last.
    """

    dates: int
    instruments: int
    own: bool = False
    gap: int = 5
    L: int = 1
    correlation: float = 0.0
    variance: float = 1.0
    shock: float = 0.0
    errors: str = "normal"
    measure: str = "car"
    estimation: bool = True
    model: str = "market"
    before: int = M
    after: int = 0

    @property
    def series(self) -> int:
        return self.dates if self.own else self.instruments

    @property
    def rows(self) -> int:
        return self.before + self.gap * (self.dates - 1) + self.L + self.after

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Instrument and row of the first event bar, of every event."""
        each = range(1 if self.own else self.instruments)
        return [(d if self.own else i, self.before + self.gap * d) for d in range(self.dates) for i in each]


class Draw(NamedTuple):
    """Returns (T, S) and the market's (T,)."""

    returns: np.ndarray
    market: np.ndarray


def draw_errors(rng: np.random.Generator, kind: str, shape: tuple[int, int]) -> np.ndarray:
    """Return errors of mean 0 and variance 1."""
    if kind == "t4":
        return rng.standard_t(4, shape) / np.sqrt(2)
    if kind.startswith("lognormal"):
        s = float(kind.removeprefix("lognormal") or 0.8)
        return (rng.lognormal(0, s, shape) - np.exp(s**2 / 2)) / np.sqrt((np.exp(s**2) - 1) * np.exp(s**2))
    return rng.standard_normal(shape)


def draw(rng: np.random.Generator, case: Design) -> Draw:
    """Return one set of returns and its market."""
    T, N = case.rows, case.series
    market, e = rng.normal(0, 0.01, T), draw_errors(rng, case.errors, (T, N))
    if case.correlation:
        e = np.sqrt(case.correlation) * rng.standard_normal((T, 1)) + np.sqrt(1 - case.correlation) * e
    scale = np.ones_like(e)
    for i, row in case.pairs:
        scale[row : row + case.L, i] = np.sqrt(case.variance)  # once, however many event windows hold the bar
    e *= scale
    for i, row in case.pairs:
        e[row, i] += case.shock
    return Draw(market[:, None] * rng.uniform(0.5, 1.5, N) + rng.uniform(0.01, 0.03, N) * e, market)


def frames(case: Design, drawn: Draw) -> tuple[pd.DataFrame, pd.Series, pd.DataFrame]:
    """Return a draw as a user has it: a frame of returns, the market, and the events."""
    index = pd.bdate_range("2001-01-01", periods=case.rows).tz_localize("UTC") + pd.Timedelta(hours=16)
    frame = pd.DataFrame(drawn.returns, index=index, columns=[f"A{i}" for i in range(case.series)])
    times = [index[row] - pd.Timedelta(hours=1) for _, row in case.pairs]
    events = pd.DataFrame({"instrument": [frame.columns[i] for i, _ in case.pairs], "time": times})
    return frame, pd.Series(drawn.market, index, name="market"), events.assign(id=[f"e{k}" for k in range(len(events))])


def spec_of(case: Design, tests: tuple[str, ...], **settings: object) -> es.StudySpec:
    """Return the settings of a study of the design."""
    resampled = {name: {"draws": DRAWS} for name in ("bootstrap_t", "wild_bootstrap", "residual_bmp") if name in tests}
    given: dict[str, object] = {
        "model": case.model if case.estimation else "zero",
        "estimation": (-M, -1) if case.estimation else None,
        "event": (0, case.L - 1),
        "tests": tests,
        "test_options": resampled,
        "returns": "simple" if case.measure == "bhar" else "log",
        "measure": case.measure,
        "response": "off",
        "diagnostics": "off" if case.errors == "normal" else "on",  # for the skewness of residuals
    }
    return es.StudySpec(**(given | settings))  # type: ignore[arg-type]


def prepared(case: Design, spec: es.StudySpec) -> Inputs:
    """Return the inputs of a study of the design, whose numbers each draw replaces."""
    frame, market, events = frames(case, draw(np.random.default_rng(0), case))
    return read_inputs(spec, events, frame, GivenRegressors(market if case.estimation else None), "")


def of_draw(inputs: Inputs, drawn: Draw) -> Inputs:
    """Return the inputs with the numbers of a draw."""
    values = np.ascontiguousarray(drawn.returns.T).reshape(-1)
    factors = drawn.market[None] if len(inputs.series.factors) else inputs.series.factors
    return replace(inputs, series=replace(inputs.series, values=values, factors=factors))


def rejected(
    case: Design, repetitions: int, tests: tuple[str, ...], seed: int = 20210413, **settings: object
) -> dict[str, np.ndarray]:
    """Return the p-values of each test over the repetitions, and under "primary" those of the test that decides."""
    spec = spec_of(case, tests, **settings)
    inputs = prepared(case, spec)
    found: dict[str, list[float]] = {name: [] for name in (*tests, "primary")}
    for child in np.random.SeedSequence(seed).spawn(repetitions):
        result = solve(spec, of_draw(inputs, draw(np.random.default_rng(child), case)))
        for name in found:
            test = result.primary.test if name == "primary" and result.primary else name
            found[name].append(float(result.findings(test)[0].pvalue[0]))
    return {name: np.array(p) for name, p in found.items()}
