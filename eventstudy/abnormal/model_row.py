"""What a row of ``MODELS`` consists of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from eventstudy.abnormal.fit import Fit
from eventstudy.abnormal.gather import Block
from eventstudy.arrays import FloatArray, IntArray

Options = Mapping[str, Any]
Needs = Literal["nothing", "estimation", "market", "factors", "same_clock_days"]
AtOnce: TypeAlias = tuple[Fit, FloatArray]
NO_OPTIONS: Options = {}


def as_it_is(block: Block, options: Options) -> Block:
    """Leave the block alone."""
    return block


def all_factors(k: int) -> int:
    return k


def no_lags(options: Options) -> int:
    return 0


def never(options: Options) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One expected-return model.

    Attributes
    ----------
    function : (y, X, options) -> Fit
        Returns (B, L1) and regressors (k, B, L1), NaN where missing; the fit's coefficients are the intercept and one
        loading per regressor of the event window.
    needs : str
        What must be given: nothing, an estimation window, a market, factors, or same-clock days.
    summary, formula, source, doi, fails_when : str
    options : mapping
        Names and defaults; an unknown option is an error.
    prepare : (block, options) -> Block
        Turns the raw block into what is regressed and studied.
    regressors : int -> int
        Number of event-window regressors left when k factors are given.
    lags : options -> int
        Leads and lags of every factor that the model wants to see.
    streams : options -> bool
        Whether the function reads rows of estimation windows as it goes; otherwise they are cut beforehand.
    noise : (law, before, last) -> FloatArray, shape (N, L2), or None
        Variance of every event cell's own noise, from the fit's ``law`` and the bars after the estimation window that
        the cell holds (``before + 1`` to ``last``); None where every bar has ``sigma2``.
    at_once : (block, options) -> (Fit, abnormal returns (B, L2)), or None
        What an engine computes in one go instead of the function and the subtraction; None for blocks left to them.
    """

    function: Callable[[Any, Any, Options], Fit]
    needs: Needs
    summary: str
    formula: str
    source: str
    doi: str = ""
    fails_when: str = ""
    options: Options = field(default_factory=lambda: NO_OPTIONS)
    prepare: Callable[[Block, Options], Block] = as_it_is
    regressors: Callable[[int], int] = all_factors
    lags: Callable[[Options], int] = no_lags
    streams: Callable[[Options], bool] = never
    noise: Callable[[FloatArray, IntArray, IntArray], FloatArray] | None = None
    at_once: Callable[[Block, Options], AtOnce | None] | None = None
