"""A result as tidy frames, JSON values and plain text."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from eventstudy.abnormal.abnormal_returns import AbnormalReturns
from eventstudy.abnormal.event_days import SESSION_CODES
from eventstudy.abnormal.events import NO_DAY, REASONS, EventTable, Ledger
from eventstudy.abnormal.windows import Window
from eventstudy.arrays import FloatArray, ReturnKind, from_epoch_us
from eventstudy.errors import UsageError
from eventstudy.inference.diagnostics import COLUMNS
from eventstudy.inference.evidence import DIAGNOSED_CELLS
from eventstudy.inference.findings import Findings, Significances
from eventstudy.show.json_text import json_number

if TYPE_CHECKING:
    import pandas as pd

    from eventstudy.study.primary import Primary
    from eventstudy.study.spec import StudySpec


def ar_frame(abnormal: AbnormalReturns) -> pd.DataFrame:
    """One row per event and cell: event, instrument, tau, close, n_bars, ar, its se, and sar = ar / se."""
    import pandas as pd

    N, L2 = abnormal.ar.shape
    with np.errstate(invalid="ignore", divide="ignore"):
        se = np.sqrt(abnormal.variance()).reshape(-1)
        columns = {
            "event": np.repeat(abnormal.events, L2),
            "instrument": np.repeat(abnormal.instruments, L2),
            "tau": np.tile(abnormal.tau, N),
            "n_bars": abnormal.n_bars.reshape(-1),
            "ar": abnormal.ar.reshape(-1),
            "se": se,
            "sar": abnormal.ar.reshape(-1) / se,
        }
    frame = pd.DataFrame(columns)
    if abnormal.closes.shape == abnormal.ar.shape:
        frame.insert(3, "close", from_epoch_us(abnormal.closes.reshape(-1)))
    return frame


def car_frame(abnormal: AbnormalReturns, windows: Sequence[Window], kind: ReturnKind = "log") -> pd.DataFrame:
    """One row per event and window: event, instrument, start, stop, n_bars, car, bhar, se, scar, df."""
    import pandas as pd

    parts = []
    for window in windows:
        car = abnormal.car(window)
        with np.errstate(invalid="ignore", divide="ignore"):
            se = np.sqrt(abnormal.window_variance(window))
            scar = car / se
        columns = {
            "event": abnormal.events,
            "instrument": abnormal.instruments,
            "start": window.start,
            "stop": window.stop,
            "n_bars": abnormal.bars(window),
            "car": car,
            "bhar": abnormal.bhar(window, kind),
            "se": se,
            "scar": scar,
            "df": abnormal.df(),
        }
        parts.append(pd.DataFrame(columns, index=range(len(abnormal))))
    return pd.concat(parts, ignore_index=True)


def aar_frame(abnormal: AbnormalReturns, kind: ReturnKind = "log") -> pd.DataFrame:
    """One row per tau: n_events, n_positive, n_negative, aar with its cross-sectional se and t, running caar and abhar.

    ABHAR is the mean of what holding from the first cell of the window to this one gained beyond expectation (a simple
    return), CAAR the mean of summed abnormal returns.
    """
    import pandas as pd

    aar, se, n = across(abnormal.ar)
    caar, caar_se, caar_n = across(np.cumsum(abnormal.ar, axis=1))
    abhar, abhar_se, _ = across(abnormal.held(kind))
    with np.errstate(invalid="ignore", divide="ignore"):
        columns = {
            "tau": abnormal.tau,
            "n_events": n,
            "n_positive": (abnormal.ar > 0).sum(axis=0),
            "n_negative": (abnormal.ar < 0).sum(axis=0),
            "aar": aar,
            "se": se,
            "t": aar / se,
            "caar": caar,
            "caar_n_events": caar_n,
            "caar_se": caar_se,
            "caar_t": caar / caar_se,
            "abhar": abhar,
            "abhar_se": abhar_se,
            "abhar_t": abhar / abhar_se,
        }
    return pd.DataFrame(columns)


def diagnostics_frame(abnormal: AbnormalReturns, diagnostics: FloatArray | None) -> pd.DataFrame:
    """One row per event: normality, autocorrelation, ARCH, stale share and pre-trend of its estimation window."""
    import pandas as pd

    if diagnostics is None and len(abnormal) and abnormal.fit.n.max(initial=0) > 0:
        raise UsageError(
            f"The diagnostics of these {len(abnormal):,} events were not computed: only studies of up to "
            f"{DIAGNOSED_CELLS:,} returns in all estimation windows have them unasked.",
            remedy="Run the study with diagnostics = 'on'.",
        )
    values = np.empty((0, len(COLUMNS))) if diagnostics is None else diagnostics
    n = len(values)
    frame = pd.DataFrame(values, columns=list(COLUMNS))
    frame.insert(0, "instrument", abnormal.instruments[:n])
    frame.insert(0, "event", abnormal.events[:n])
    return frame


def events_frame(ledger: Ledger, abnormal: AbnormalReturns) -> pd.DataFrame:
    """One row per (event, instrument) pair of the input, in its order, with every attribute of the event.

    Columns: event, instrument, earliest, latest, date and session where they were given, outcome, n_bars (bars at
    tau = 0; missing if not used), then the attributes under their own names.
    """
    import pandas as pd

    table = ledger.table
    n_bars = np.full(len(table), np.nan)
    if len(abnormal) and abnormal.tau[0] <= 0 <= abnormal.tau[-1]:
        n_bars[abnormal.row] = abnormal.n_bars[:, -int(abnormal.tau[0])]
    columns = {
        "event": table.ids,
        "instrument": table.instruments,
        "earliest": from_epoch_us(table.earliest),
        "latest": from_epoch_us(table.latest),
        **_day_columns(table),
        "outcome": np.array([name for name, _ in REASONS], dtype=object)[ledger.code],
        "n_bars": n_bars,
    }
    further = {name if name not in columns else f"{name} (attribute)": of for name, of in table.attributes.items()}
    return pd.DataFrame({**columns, **further})


def _day_columns(table: EventTable) -> dict[str, np.ndarray]:
    if table.day is None or table.session is None:
        return {}
    dates = np.where(table.day == NO_DAY, np.datetime64("NaT"), table.day.astype("datetime64[D]"))
    return {
        "date": dates.astype("datetime64[s]"),
        "session": np.array(list(SESSION_CODES), dtype=object)[table.session],
    }


def across(values: FloatArray) -> tuple[FloatArray, FloatArray, np.ndarray]:
    """Return mean, its standard error and the count over events of each column; missing cells do not count."""
    finite = np.isfinite(values)
    n = finite.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        mean = np.where(finite, values, 0.0).sum(axis=0) / n
        deviations = np.where(finite, values - mean, 0.0)
        se = np.sqrt(np.square(deviations).sum(axis=0) / (n - 1) / n)
    return mean, np.where(n > 1, se, np.nan), n


def responses(
    abnormal: AbnormalReturns,
    found: Significances,
    windows: Sequence[Window],
    *,
    most: int | None = None,
    bhar: ReturnKind | None = None,
) -> list[dict[str, Any]]:
    """One entry per used event and window, with its tests; only the first ``most`` events where that is given.

    ``bhar`` is the kind of returns of a study whose tests are about buy-and-hold abnormal returns: an entry then has
    them beside the CAR.
    """
    rows = []
    shown = len(abnormal) if most is None else min(most, len(abnormal))
    for window in windows:
        car = abnormal.car(window)
        with np.errstate(invalid="ignore"):
            se = np.sqrt(abnormal.window_variance(window))
        held = None if bhar is None else abnormal.bhar(window, bhar)
        single = [f for f in found.findings if f.window == window and f.n_events == 1 and len(f) == len(abnormal)]
        single = [f for f in single if not len(f) or f.events[0] != ""]
        for i in range(shown):
            rows.append(
                {
                    "event": str(abnormal.events[i]),
                    "instrument": str(abnormal.instruments[i]),
                    "window": [window.start, window.stop],
                    "car": json_number(car[i]),
                    "se": json_number(se[i]),
                    **({} if held is None else {"bhar": json_number(held[i])}),
                    "tests": {f.test: _entry(f, i) for f in single},
                }
            )
    return rows


def aggregates(
    abnormal: AbnormalReturns,
    found: Significances,
    windows: Sequence[Window],
    *,
    bhar: ReturnKind | None = None,
) -> list[dict[str, Any]]:
    """One entry per window: CAAR over the events whose window is complete, with the tests across events.

    Where ``bhar`` is given as in :func:`responses`, also the mean buy-and-hold abnormal return, ABHAR.
    """
    rows = []
    for window in windows:
        mean, _, n = across(abnormal.car(window)[:, None])
        many = [f for f in found.findings if f.window == window and len(f) == 1 and f.events[0] == ""]
        rows.append(
            {
                "window": [window.start, window.stop],
                "caar": json_number(mean[0]),
                **({} if bhar is None else {"abhar": json_number(across(abnormal.bhar(window, bhar)[:, None])[0][0])}),
                "n_events": int(n[0]),
                "tests": {f.test: _entry(f, 0) for f in many},
            }
        )
    return rows


def primary(chosen: Primary, spec: StudySpec) -> dict[str, Any]:
    """Return the primary test, its window, the design that chose it, and the tests that the data do not suit."""
    design = chosen.design
    return {
        "test": chosen.test,
        "window": [chosen.window.start, chosen.window.stop],
        "design": chosen.words,
        "reason": chosen.reason,
        "observations": design.events,
        "dates": design.dates,
        "instruments": design.instruments,
        "shared_dates": design.shared,
        "daily": design.daily,
        "bar_noun": design.bar_noun,
        "level": spec.level,
        "alternative": spec.alternative,
        "adjust": spec.adjust,
        "windows": len(spec.test_windows),
        "unsuited": dict(chosen.unsuited),
    }


def _entry(finding: Findings, row: int) -> dict[str, Any]:
    one = finding[row]
    entry = {
        "estimate": json_number(one.estimate),
        "statistic": json_number(one.statistic),
        "pvalue": json_number(one.pvalue),
        "se": json_number(one.se),
        "low": json_number(float(finding.interval.low[row])),
        "high": json_number(float(finding.interval.high[row])),
        "df": json_number(one.df),
        "n": one.n,
        "reason": one.reason or None,
        **({"note": one.note} if one.note else {}),
    }
    if finding.adjusted is not None:
        entry["adjusted_pvalue"] = json_number(float(finding.adjusted[row]))
    return entry
