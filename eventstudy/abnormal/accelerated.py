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

from eventstudy.abnormal.gather import Block, Windows, asked_for, shared_runs
from eventstudy.abnormal.models.ols import LINE_MOMENTS, Learned, fit_of_line
from eventstudy.abnormal.models.regressions import plain, regression
from eventstudy.abnormal.models.row import AtOnce, ModelRow, Options
from eventstudy.arrays import look_up
from eventstudy.errors import UsageError

EngineName = Literal["numpy", "numba"]


def market_at_once(block: Block, options: Options) -> AtOnce | None:
    """Fit ``alpha + beta * market`` and subtract it, compiled; None where windows are merged or leave their series."""
    from eventstudy.abnormal import kernels

    cells = (block.y, block.event_y, *block.X, *block.event_X)
    if len(cells) != 4 or not plain(options) or not all(isinstance(c, Windows) and c.inside for c in cells):
        return None
    y, event_y, x, event_x = cells
    (B, M), (runs, row) = y.shape, shared_runs(x) or (x, np.arange(len(x)))
    known = np.empty(len(runs)), np.empty(len(runs))
    kernels.spreads(runs.flat, runs.start, M, *known)
    moments, n, alike = np.empty((LINE_MOMENTS, B)), np.empty(B, dtype=np.int64), np.empty(B, dtype=np.bool_)
    residuals = np.empty((B, M if asked_for(y) else 0))
    ar = np.empty((B, event_y.size))
    places = (y.flat, y.start, event_y.start), (x.flat, x.start, event_x.start)
    kernels.lines(*places, (*known, row), M, (moments, n, alike, residuals), ar)
    return fit_of_line(moments, n, Learned(residuals, (y, x), alike)), ar


COMPILED: Mapping[Callable[..., Any], Callable[[Block, Options], AtOnce | None]] = {regression: market_at_once}


def as_written(model: ModelRow) -> ModelRow:
    return model


def compiled(model: ModelRow) -> ModelRow:
    """Return the model with its compiled block, where there is one."""
    if find_spec("numba") is None:
        raise UsageError(
            "The engine 'numba' needs the package numba.", remedy="Install it: pip install 'market-eventstudy[accel]'."
        )
    return replace(model, at_once=COMPILED.get(model.function))


ENGINES: Mapping[str, Callable[[ModelRow], ModelRow]] = {"numpy": as_written, "numba": compiled}


def on_engine(model: ModelRow, engine: str) -> ModelRow:
    """Return the model as ``engine`` computes it."""
    return look_up("engine", ENGINES, engine)(model)
