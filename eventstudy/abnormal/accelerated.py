"""Models whose fit is compiled where a study asks for ``engine="numba"``; the same numbers to 1e-12, sooner.

What a study says never depends on what is installed: the engine is named in the call, and without the package the call
is refused. Models that are not in :data:`COMPILED`, and windows that reach beyond their series, take the plain path.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.util import find_spec
from typing import Any, Literal

import numpy as np

from eventstudy.abnormal.fit import Fit
from eventstudy.abnormal.gather import Cells, Columns, Windows, asked_for
from eventstudy.abnormal.least_squares import Learned
from eventstudy.abnormal.line import LINE_MOMENTS, fit_of_line
from eventstudy.abnormal.model_row import ModelRow, Options
from eventstudy.abnormal.regressions import plain, regression
from eventstudy.arrays import look_up
from eventstudy.errors import UsageError

EngineName = Literal["numpy", "numba"]


def market_line(y: Cells, X: Columns, options: Options) -> Fit:
    """Expect ``alpha + beta * market``, compiled."""
    from eventstudy.abnormal import kernels

    x = X[0] if len(X) == 1 and plain(options) else None
    if not (isinstance(y, Windows) and isinstance(x, Windows) and y.inside and x.inside):
        return regression(y, X, options)
    B, M = y.shape
    moments, n = np.empty((LINE_MOMENTS, B)), np.empty(B, dtype=np.int64)
    residuals = np.empty((B, M if asked_for(y) else 0))
    kernels.lines(y.flat, y.start, x.flat, x.start, M, moments, n, residuals)
    return fit_of_line(moments, n, Learned(residuals, (y, x)))


COMPILED: Mapping[Callable[..., Any], Callable[..., Fit]] = {regression: market_line}


def as_written(model: ModelRow) -> ModelRow:
    return model


def compiled(model: ModelRow) -> ModelRow:
    """Return the model with its compiled fit, where there is one."""
    if find_spec("numba") is None:
        raise UsageError(
            "The engine 'numba' needs the package numba.", remedy="Install it: pip install 'market-eventstudy[accel]'."
        )
    return replace(model, function=COMPILED.get(model.function, model.function))


ENGINES: Mapping[str, Callable[[ModelRow], ModelRow]] = {"numpy": as_written, "numba": compiled}


def on_engine(model: ModelRow, engine: str) -> ModelRow:
    """Return the model as ``engine`` computes it."""
    return look_up("engine", ENGINES, engine)(model)
