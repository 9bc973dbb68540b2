"""Calendar-time portfolio: one mean abnormal return per instant, however many events share it."""

from __future__ import annotations

import numpy as np

from eventstudy.inference.sample import Sample, Statistic, not_applicable, one


def calendar_time(sample: Sample) -> Statistic:
    """t of the calendar-time portfolio: H0, its mean abnormal return per bar is zero (Jaffe 1974; Mandelker 1974).

    ``P_t`` is the mean abnormal return of the events whose window holds instant t; ``t = mean(P) / (sd(P) / sqrt(T))``
    with T - 1 degrees of freedom. Estimate and standard error are those of ``mean(P)``: a return per bar in which every
    instant counts once, not the mean CAR, in which every event does. With ``standardize`` P_t is divided by its
    forecast standard deviation, and so are estimate and standard error.
    """
    abnormal = sample.abnormal
    cells = abnormal.columns(sample.window)
    if abnormal.closes.shape != abnormal.ar.shape:
        return not_applicable("calendar times are kept for studies of up to 2,000,000 cells", n_events=len(abnormal))
    ar, closes = abnormal.ar[:, cells], abnormal.closes[:, cells]
    present = np.isfinite(ar) & np.isfinite(sample.car)[:, None]
    instants, index = np.unique(closes[present], return_inverse=True)
    T = len(instants)
    if T < 2:
        reason = f"the calendar-time portfolio has {T} instants; its standard deviation needs at least 2"
        return not_applicable(reason, n_events=len(abnormal))
    count = np.bincount(index)
    portfolio = np.bincount(index, weights=ar[present]) / count
    if sample.options["standardize"]:
        variance = np.bincount(index, weights=abnormal.variance()[:, cells][present]) / count**2
        portfolio = portfolio / np.sqrt(variance)
    se = float(portfolio.std(ddof=1) / np.sqrt(T))
    if not se > 0:
        return not_applicable("the returns of the calendar-time portfolio are all equal", n_events=len(abnormal))
    mean, n = float(portfolio.mean()), int(np.isfinite(sample.car).sum())
    return one(mean, mean / se, se=se, df=T - 1, n_events=n)
