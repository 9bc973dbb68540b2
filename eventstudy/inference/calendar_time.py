"""Calendar-time portfolio: one mean abnormal return per instant, however many events share it."""

from __future__ import annotations

import numpy as np

from eventstudy.inference.sample import Sample, Statistic, not_applicable, one


def calendar_time(sample: Sample) -> Statistic:
    """t of the mean over instants of the mean abnormal return of all events whose window holds that instant."""
    abnormal = sample.abnormal
    cells = abnormal.columns(sample.window)
    if abnormal.closes.shape != abnormal.ar.shape:
        return not_applicable("calendar times are kept for studies of up to 2,000,000 cells", n_events=len(abnormal))
    ar, closes = abnormal.ar[:, cells], abnormal.closes[:, cells]
    there = np.isfinite(ar) & np.isfinite(sample.car)[:, None]
    instants, index = np.unique(closes[there], return_inverse=True)
    T = len(instants)
    if T < 2:
        return not_applicable(
            f"the portfolio stands on {T} instants; its spread needs at least 2", n_events=len(abnormal)
        )
    count = np.bincount(index)
    mean = np.bincount(index, weights=ar[there]) / count
    if sample.options["standardize"]:
        variance = np.bincount(index, weights=abnormal.variance()[:, cells][there]) / count**2
        mean = mean / np.sqrt(variance)
    se = float(mean.std(ddof=1) / np.sqrt(T))
    if not se > 0:
        return not_applicable("the portfolio's returns are all equal", n_events=len(abnormal))
    n = int(np.isfinite(sample.car).sum())
    told = float(np.nanmean(sample.car))
    return one(told, float(mean.mean()) / se, se=np.nan if sample.options["standardize"] else se, df=T - 1, n_events=n)
