"""The short form of a daily event study: a frame of prices or returns in, a StudyResult out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy.abnormal.windows import Window, WindowLike, as_window
from eventstudy.arrays import FloatArray, ReturnKind, look_up
from eventstudy.errors import DataError, UsageError, expect
from eventstudy.market.bars import Bars
from eventstudy.market.returns import Returns
from eventstudy.renamed import named_arguments
from eventstudy.study.inputs import Data, Regressors
from eventstudy.study.interchange import as_pandas, wide_pandas
from eventstudy.study.result import StudyResult
from eventstudy.study.run import run_study
from eventstudy.study.spec import StudySpec

if TYPE_CHECKING:
    import pandas as pd

    from eventstudy.news.items import Event

REPORTED = Window(0, 1)
TESTS = ("time_series_t", "cross_sectional_t", "bmp", "kp_bmp")


@named_arguments
def event_study(
    events: Sequence[Event] | pd.DataFrame,
    *,
    prices: Data | None = None,
    returns: Data | None = None,
    market: Regressors = None,
    factors: Regressors = None,
    closes_at: str = "",
    calendar: str = "",
    model: str = "",
    estimation: WindowLike | None = (-250, -11),
    event: WindowLike = (-5, 5),
    windows: Sequence[WindowLike] | None = None,
    tests: Sequence[str] = TESTS,
    kind: ReturnKind = "log",
    **settings: Any,
) -> StudyResult:
    """Estimate abnormal returns of daily data around events and test them (doi:10.1515/9781400830213, ch. 4).

    ``AR = R - E[R]``, where ``E[R]`` is predicted by a model that is estimated before the event, and
    ``CAR = sum AR`` over each of ``windows``. The null hypothesis of the default tests is that the (mean) CAR is zero.
    For intraday data, price files and all other settings, use :func:`~eventstudy.study.run.run_study`.

    Parameters
    ----------
    events : pandas.DataFrame or sequence of Event
        Columns ``instrument`` and ``time``, or ``earliest`` and ``latest`` (time-zone aware); ``id`` is optional.
    prices : pandas.DataFrame, Bars or sequence of Bars
        A frame holds one column of prices per instrument, shape (T, N), indexed by dates or by time-zone-aware closing
        times; or it is long (columns or row levels instrument and date, with a close), or has two-level columns.
        A day without a price has no return; the next return spans it.
    returns : pandas.DataFrame, Returns or sequence of Returns
        In place of ``prices``: decimal returns (0.01 = 1%) of the kind ``kind``.
    market : str, pandas.Series, Bars or Returns, optional
        Benchmark: a column of the frame, which is then not studied unless an event names it, or a series of the same
        unit (prices or returns).
    factors : str, pandas.Series or pandas.DataFrame, or a sequence of these, optional
        Decimal returns, the regressors of the model ``factor``; they are never computed from prices.
    closes_at : str, optional
        Closing time and zone of daily data, e.g. ``"16:00 America/New_York"``.
    calendar : str, optional
        Exchange calendar whose sessions say when each day closes, half days included, e.g. ``"XNYS"``. In place of
        ``closes_at``.
    model : str, optional
        A row of ``MODELS``. Default: ``"market"`` if a market is given, else ``"factor"`` if factors are given, else
        ``"constant_mean"``.
    estimation : (int, int) or None
        Estimation window in trading days relative to the event day; None for models without parameters.
    event : (int, int)
        Event window.
    windows : sequence of (int, int), optional
        Windows inside the event window that are reported and tested. Default: (0, 1), or the event window where it
        does not hold (0, 1).
    tests : sequence of str
        Rows of ``TESTS``.
    kind : {"log", "simple", "difference"}
        Kind of returns computed from ``prices``, or given as ``returns``; "difference" is the change of the price in
        its units, as of yields, spreads and prices at or below zero.
    **settings
        Further settings of :class:`~eventstudy.study.spec.StudySpec`, e.g. ``adjust="holm"``.

    Returns
    -------
    StudyResult
        Abnormal returns, tests, and one outcome per (event, instrument) pair.

    Raises
    ------
    UsageError, DataError
        If arguments conflict or data are invalid. A problem with one event is an outcome.
    SpecError
        If a setting is unknown or has an invalid value.

    Examples
    --------
    >>> import numpy as np, pandas as pd, eventstudy as es
    >>> rng, names = np.random.default_rng(0), ["AAA", "BBB", "CCC"]
    >>> days = pd.bdate_range("2020-01-01", periods=300)
    >>> index = rng.normal(0, 0.01, 300)
    >>> returns = pd.DataFrame(rng.normal(0, 0.02, (300, 3)) + index[:, None], days, names)
    >>> returns.iloc[280] += 0.05  # SIMULATED effect on 2021-01-27
    >>> prices = 100 * np.exp(returns.assign(SPY=index).cumsum())
    >>> noon = pd.Timestamp("2021-01-27 12:00", tz="America/New_York")
    >>> events = pd.DataFrame({"instrument": names, "time": noon})
    >>> es.event_study(events, prices=prices, market="SPY", closes_at="16:00 America/New_York")
    <StudyResult 'study': 3 of 3 events used>
    """
    for name, given in {"closes_at": closes_at, "calendar": calendar, "model": model}.items():
        expect(name, given, str, "Pass it as text.")
    data = _given(prices, returns)
    if prices is not None:
        settings["missing"] = "no bar"  # rows without a price, as the frame says
    market, factors = as_pandas(market), as_pandas(factors)
    if prices is not None:
        data = _returns_of(data, kind, "prices")
        market = _returns_of(market, kind, "market")
    data, market = _apart(data, market, events)
    spec = StudySpec(
        model=model or _default_model(market, factors),
        estimation=None if estimation is None else as_window(estimation),
        event=as_window(event),
        windows=_reported(as_window(event), windows),
        tests=tests,
        returns=kind,
        **settings,
    )
    return run_study(spec, events, data, market, factors, closes_at=_close(closes_at, calendar))


def _given(prices: Data | None, returns: Data | None) -> Any:
    """Return the one of prices and returns that was given, a frame as pandas."""
    import pandas as pd

    if (prices is None) == (returns is None):
        found = "both prices= and returns=" if prices is not None else "neither prices= nor returns="
        raise UsageError(f"event_study got {found}.", remedy="Pass one of them.")
    data: Any = prices if returns is None else returns
    name = "prices" if returns is None else "returns"
    kinds = (pd.DataFrame, pd.Series, list, tuple, Bars, Returns)
    expect(name, as_pandas(data), kinds, "Pass a frame with one column per instrument, Bars, or a list of Bars.")
    if isinstance(data, pd.Series):
        data = data.to_frame("close" if data.index.nlevels > 1 else data.name or name)
    if isinstance(data, Returns) and returns is None:
        raise UsageError("prices= holds returns.", remedy="Pass them as returns=.")
    return [data] if isinstance(data, Bars | Returns) else wide_pandas(data)


def _default_model(market: Any, factors: Any) -> str:
    if market is not None:
        return "market"
    return "factor" if factors is not None else "constant_mean"


def _reported(event: Window, windows: Sequence[WindowLike] | None) -> tuple[Window, ...]:
    if windows is not None:
        expect("windows", windows, (list, tuple), "Pass a list of windows: [(0, 1), (-5, 5)].")
        return tuple(map(as_window, windows))
    inside = event.start <= REPORTED.start and REPORTED.stop <= event.stop
    return (REPORTED if inside else event,)


def _close(closes_at: str, calendar: str) -> str:
    """Return what closes a day, as run_study takes it: a time of day with its zone, or the name of a calendar."""
    if closes_at and calendar:
        raise UsageError(
            "event_study got both closes_at= and calendar=.",
            remedy="Pass calendar= alone to close each day with its last session, or closes_at= alone.",
        )
    if calendar:
        from eventstudy.market.calendars import calendar_names

        look_up("calendar", dict.fromkeys(calendar_names()), calendar)
    return closes_at or calendar


def _returns_of(data: Any, kind: ReturnKind, name: str) -> Any:
    """Return frames and series of prices as returns; Bars, Returns and names of columns as they are."""
    import pandas as pd

    if isinstance(data, pd.Series):
        values = data.to_numpy(dtype=np.float64, na_value=np.nan)
        return pd.Series(_changes(values, kind, name), index=data.index, name=data.name)
    if not isinstance(data, pd.DataFrame):
        return data
    columns = {code: _changes(_numbers(data, code), kind, str(code)) for code in data.columns}
    return pd.DataFrame(columns, index=data.index)


def _numbers(frame: pd.DataFrame, code: Any) -> FloatArray:
    column = frame[code]
    if column.ndim > 1:
        raise DataError(f"prices has several columns named {code!r}.", remedy="Keep one column per instrument.")
    try:
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(
            f"prices has a column {code!r} that does not hold numbers.",
            remedy="Pass one column of prices per instrument, with the dates as the index.",
        ) from None


def _changes(prices: FloatArray, kind: ReturnKind, name: str) -> FloatArray:
    """Return the change from each price to the next that exists; a day without a price has none."""
    present = np.isfinite(prices)
    if kind != "difference" and (prices[present] <= 0).any():
        raise DataError(
            f"{name} has prices of zero or less, so its returns are not defined.",
            remedy="Correct them, pass kind='difference' for changes in the units of the prices, or pass returns= "
            "where the frame holds returns.",
        )
    seen = prices[present]
    change = np.full(len(prices), np.nan)
    scale = np.log(seen) if kind == "log" else seen
    change[np.flatnonzero(present)[1:]] = np.diff(scale) / (seen[:-1] if kind == "simple" else 1.0)
    return change


def _apart(data: Any, market: Any, events: Any) -> tuple[Any, Any]:
    """Return the studied columns and the market; a market that is a column is studied only where an event names it."""
    import pandas as pd

    if not isinstance(market, str) or not isinstance(data, pd.DataFrame):
        return data, market
    if market not in data.columns:
        raise UsageError(
            f"market={market!r} is not a column of the data.",
            remedy="Name a column, or pass the market as a series.",
        )
    named = isinstance(events, pd.DataFrame) and "instrument" in events and market in set(events["instrument"])
    return (data if named else data.drop(columns=market)), data[market]
