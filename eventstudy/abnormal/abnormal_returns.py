"""Abnormal returns and the variance of their prediction error, in closed form for any window."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventstudy.abnormal.event_windows import EventWindows
from eventstudy.abnormal.events import NO_EVENTS, Pairs
from eventstudy.abnormal.models.fit_rules import row_dot
from eventstudy.abnormal.models.row import Fit
from eventstudy.abnormal.windows import Window, WindowLike, as_window
from eventstudy.arrays import FloatArray, IntArray, ReturnKind, StrArray, value
from eventstudy.errors import UsageError


@dataclass(frozen=True, eq=False)
class SameClock:
    """Per-event moments over placebo windows, for models estimated on other days instead of earlier bars.

    Attributes
    ----------
    windows : tuple of Window
    mean, variance : FloatArray, shape (N, W)
        Over placebo days, of the return summed over each window; variance with D - 1.
    cell_mean, cell_variance : FloatArray, shape (N, L2)
    days : IntArray, shape (N,)
    """

    windows: tuple[Window, ...]
    mean: FloatArray
    variance: FloatArray
    cell_mean: FloatArray
    cell_variance: FloatArray
    days: IntArray

    def __repr__(self) -> str:
        return f"<SameClock: {len(self.days):,} events, windows {', '.join(map(str, self.windows))}>"

    def take(self, keep: NDArray[Any] | slice) -> SameClock:
        """Return the events of ``keep``."""
        moments = (self.mean[keep], self.variance[keep], self.cell_mean[keep], self.cell_variance[keep])
        return SameClock(self.windows, *moments, self.days[keep])


@value
class AbnormalReturns:
    """N events by L2 cells of event time, decimal returns.

    The prediction error of a window has variance ``sigma2 * (sum n_bars + d' (X'X)^-1 d)`` with ``d`` the sums of the
    intercept and the regressors over the window: the estimated mean is common to all its bars, so summing the
    variances of single bars would be wrong (Campbell, Lo and MacKinlay 1997, sec. 4.4).

    Attributes
    ----------
    pairs : Pairs
        Event, instrument and row of the ledger of each; so ``events``, ``instruments`` and ``row``, shape (N,).
    windows : EventWindows
        Where the cells lie; ``tau`` (L2,), ``n_bars`` and ``closes`` (N, L2) and ``regressors`` (k, N, L2) are its.
    ar : FloatArray, shape (N, L2)
        NaN where a return or a regressor is missing.
    fit : Fit
        Without residuals.
    same_clock : SameClock or None
    noise : FloatArray or None, shape (N, L2)
        Variance of each cell's own noise, for models whose variance changes from bar to bar; ``sigma2 * n_bars`` else.
    """

    pairs: Pairs
    windows: EventWindows
    ar: FloatArray
    fit: Fit
    same_clock: SameClock | None = None
    noise: FloatArray | None = None

    def __repr__(self) -> str:
        return f"<AbnormalReturns: {len(self):,} events, tau {int(self.tau[0]):+d} to {int(self.tau[-1]):+d}>"

    def __len__(self) -> int:
        return len(self.pairs)

    @property
    def events(self) -> StrArray:
        return self.pairs.events

    @property
    def instruments(self) -> StrArray:
        return self.pairs.instruments

    @property
    def row(self) -> IntArray:
        return self.pairs.row

    @property
    def tau(self) -> IntArray:
        return self.windows.tau

    @property
    def n_bars(self) -> IntArray:
        return self.windows.n_bars

    @property
    def closes(self) -> IntArray:
        return self.windows.closes

    @property
    def regressors(self) -> FloatArray:
        return self.windows.regressors

    def columns(self, window: WindowLike) -> slice:
        """Return the cells that ``window`` covers; a window is a ``Window`` or its bounds, here and below."""
        window, first, last = as_window(window), int(self.tau[0]), int(self.tau[-1])
        if window.start < first or window.stop > last:
            raise UsageError(
                f"Window {window} does not lie inside the event window {Window(first, last)}.",
                remedy="Choose one inside it, or run the study with a longer event window.",
            )
        return slice(window.start - first, window.stop - first + 1)

    def part(self, rows: slice | IntArray) -> AbnormalReturns:
        """Return the numbers of the events ``rows``, which a slice does not copy, without the names of all events."""
        columns = {f.name: getattr(self.fit, f.name) for f in fields(Fit)}
        fit = replace(self.fit, **{name: column[rows] for name, column in columns.items() if column is not None})
        pairs, windows = Pairs(NO_EVENTS, self.row[rows]), self.windows[rows].between()
        same_clock = None if self.same_clock is None else self.same_clock.take(rows)
        noise = None if self.noise is None else self.noise[rows]
        return AbnormalReturns(pairs, windows, self.ar[rows], fit, same_clock, noise)

    def car(self, window: WindowLike) -> FloatArray:
        """Return each event's abnormal return summed over ``window``, shape (N,); NaN where a cell is missing."""
        cells = self.ar[:, self.columns(window)]
        return row_dot(cells, np.ones(cells.shape[1]))

    def expected(self, window: WindowLike) -> FloatArray:
        """Return the expected return summed over ``window``, shape (N,)."""
        if self.same_clock is not None:
            return self.same_clock.mean[:, self._same_clock_place(as_window(window))]
        return np.asarray(self._expected_cells(window).sum(axis=1), dtype=np.float64)

    def _expected_cells(self, window: WindowLike) -> FloatArray:
        cells, coef = self.columns(window), self.fit.coef
        if self.same_clock is not None:
            return self.same_clock.cell_mean[:, cells]
        total: FloatArray = coef[:, :1] * self.n_bars[:, cells]
        for j in range(1, coef.shape[1]):
            total = total + coef[:, j : j + 1] * self.regressors[j - 1][:, cells]
        return total

    def bhar(self, window: WindowLike, kind: ReturnKind = "log") -> FloatArray:
        """Return each event's buy-and-hold abnormal return, a simple return: ``prod(1 + R) - prod(1 + E[R])``.

        Log returns are summed and turned into simple ones first; compounding logs would be wrong. Differences have
        none: NaN.
        """
        if kind == "difference":
            return np.full(len(self), np.nan)
        if kind == "log":
            expected = self.expected(window)
            return np.asarray(np.expm1(self.car(window) + expected) - np.expm1(expected), dtype=np.float64)
        expected = self._expected_cells(window)
        held = 1 + self.ar[:, self.columns(window)] + expected
        return np.asarray(held.prod(axis=1) - (1 + expected).prod(axis=1), dtype=np.float64)

    def held(self, kind: ReturnKind = "log") -> FloatArray:
        """Return the buy-and-hold abnormal return from the first cell to each cell, shape (N, L2)."""
        if kind == "difference":
            return np.full(self.ar.shape, np.nan)
        expected = self._expected_cells(Window(int(self.tau[0]), int(self.tau[-1])))
        if kind == "log":
            likely = np.cumsum(expected, axis=1)
            return np.asarray(np.expm1(np.cumsum(self.ar, axis=1) + likely) - np.expm1(likely), dtype=np.float64)
        return np.asarray(np.cumprod(1 + self.ar + expected, axis=1) - np.cumprod(1 + expected, axis=1))

    def bars(self, window: WindowLike) -> IntArray:
        """Return the number of bars in ``window``, merged bars counted, shape (N,)."""
        return self.windows.bars(self.columns(window))

    def window_variance(self, window: WindowLike) -> FloatArray:
        """Return the variance of the prediction error of each CAR, shape (N,)."""
        if self.same_clock is not None:
            return self._same_clock_variance(as_window(window))
        d = self.windows.sums(self.columns(window))
        if self.noise is not None:
            return self.noise_variance(window) + self.fit.sigma2 * self.fit.leverage(d)
        variance: FloatArray = self.fit.sigma2 * (d[0] + self.fit.leverage(d))
        return variance

    def noise_variance(self, window: WindowLike) -> FloatArray:
        """Return the variance of each CAR as if the expected return were known exactly, shape (N,)."""
        if self.noise is None:
            return np.asarray(self.fit.sigma2 * self.bars(window), dtype=np.float64)
        return np.asarray(self.noise[:, self.columns(window)].sum(axis=1), dtype=np.float64)

    def variance(self) -> FloatArray:
        """Return the variance of the prediction error of each cell, shape (N, L2)."""
        if self.same_clock is not None:
            days = self.same_clock.days[:, None]
            return self.same_clock.cell_variance * (1 + 1 / np.maximum(days, 1))
        n_bars = self.n_bars.astype(np.float64)
        leverage = self.fit.leverage([n_bars, *self.regressors])
        if self.noise is not None:
            return self.noise + self.fit.sigma2[:, None] * leverage
        return self.fit.sigma2[:, None] * (n_bars + leverage)

    def _same_clock_variance(self, window: Window) -> FloatArray:
        assert self.same_clock is not None  # noqa: S101
        which = self._same_clock_place(window)
        return self.same_clock.variance[:, which] * (1 + 1 / np.maximum(self.same_clock.days, 1))

    def _same_clock_place(self, window: Window) -> int:
        assert self.same_clock is not None  # noqa: S101
        if window not in self.same_clock.windows:
            raise UsageError(
                f"The model was fitted on other days for the windows {', '.join(map(str, self.same_clock.windows))}, "
                f"not for {window}.",
                remedy="Add it to the windows of the study.",
            )
        return self.same_clock.windows.index(window)

    def df(self) -> FloatArray:
        """Degrees of freedom of each event's variance, shape (N,)."""
        return self.fit.df if self.same_clock is None else self.same_clock.days.astype(np.float64) - 1
