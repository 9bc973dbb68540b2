"""Resampling tests: the reference distribution is drawn, from seeds keyed by the event and never by the machine.

A weight belongs to an event: it depends on the study's seed, the test and the event's own name. So neither the order of
the events, nor the other events, nor the number of workers changes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from eventstudy.abnormal.seeds import generator
from eventstudy.arrays import Alternative, FloatArray, look_up
from eventstudy.inference.parametric import NO_SKEW, hall, johnson, skewness
from eventstudy.inference.sample import Sample, Statistic, not_applicable, one

Generator = np.random.Generator
DRAWS_PER_BLOCK = 1 << 22
EVENTS_PER_BLOCK = 512

TIE = 1e-12  # of a statistic: a draw that is smaller by less counts as equal


def rademacher(rngs: Sequence[Generator], draws: int) -> FloatArray:
    """-1 and 1, each with probability one half."""
    size = (draws + 7) // 8
    bits = np.frombuffer(b"".join(rng.bytes(size) for rng in rngs), np.uint8).reshape(len(rngs), size)
    signs = np.unpackbits(bits, axis=1, count=draws).astype(np.float64)
    signs *= 2
    signs -= 1
    return signs


def mammen(rngs: Sequence[Generator], draws: int) -> FloatArray:
    """Mammen's two points: mean 0, variance 1, third moment 1."""
    root = np.sqrt(5.0)
    low = np.stack([rng.random(draws) for rng in rngs]) < (root + 1) / (2 * root)
    return np.asarray(np.where(low, (1 - root) / 2, (1 + root) / 2), dtype=np.float64)


def webb(rngs: Sequence[Generator], draws: int) -> FloatArray:
    """Webb's six points, for few events."""
    points = np.sqrt(np.array([1.5, 1.0, 0.5]))
    six = np.concatenate([-points, points[::-1]])
    return np.asarray(six[np.stack([rng.integers(0, 6, draws) for rng in rngs])], dtype=np.float64)


# One generator per event in, weights (events, draws) out.
WEIGHTS: Mapping[str, Callable[[Sequence[Generator], int], FloatArray]] = {
    "rademacher": rademacher,
    "mammen": mammen,
    "webb": webb,
}


def wild_bootstrap(sample: Sample) -> Statistic:
    """Wild bootstrap of the cross-sectional t: the null is imposed, each CAR keeps its own size."""
    usable = np.flatnonzero(np.isfinite(sample.car))
    car, n, draws = sample.car[usable], len(usable), int(sample.options["draws"])
    if n < 2:
        return not_applicable(f"resampling needs at least 2 events, there is {n}", n_events=n)
    if not car.std() > 0:
        return not_applicable("all CARs are equal, so their standard deviation is zero", n_events=n)
    abnormal, kind = sample.abnormal, str(sample.options["weights"])
    names = [(str(abnormal.events[i]), str(abnormal.instruments[i])) for i in usable]
    t = float(np.sqrt(n) * car.mean() / car.std(ddof=1))
    return _statistic(sample, t, wild_t(car, names, kind, seed=sample.seed, draws=draws), n)


def wild_t(car: FloatArray, names: Sequence[tuple[str, str]], kind: str, *, seed: int, draws: int) -> FloatArray:
    """Return ``draws`` t statistics of ``w_i CAR_i``.

    Parameters
    ----------
    car : FloatArray, shape (N,)
    names : sequence of (event, instrument), length N
        What keys the weights of each event.
    kind : str
        Row of ``WEIGHTS``.
    seed, draws : int
    """
    weights, n = look_up("weights", WEIGHTS, kind), len(car)
    total, squares = np.zeros(draws), np.zeros(draws)
    for low in range(0, n, EVENTS_PER_BLOCK):
        block = names[low : low + EVENTS_PER_BLOCK]
        w = weights([generator(seed, "wild_bootstrap", kind, *name) for name in block], draws)
        part = car[low : low + EVENTS_PER_BLOCK]
        total += part @ w
        squares += np.square(part) @ np.square(w, out=w)
    mean = total / n
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.sqrt(n) * mean / np.sqrt(np.maximum(squares - n * mean**2, 0.0) / (n - 1)))


def bootstrap_t(sample: Sample) -> Statistic:
    """Skewness-adjusted t against its bootstrap distribution (Lyon, Barber and Tsai 1999): resamples of N/4 events.

    Two-sided p-values take each tail by itself, as their critical values do: a skewed distribution has two of them.
    """
    S, g, n = skewness(sample)
    if not np.isfinite(S):
        return not_applicable(NO_SKEW, n_events=n)
    adjust = {"johnson": johnson, "hall": hall}[str(sample.options["adjustment"])]
    car = sample.car[np.isfinite(sample.car)]
    car = car[np.argsort(np.abs(car), kind="stable")]  # whatever the order of the events and the sign of returns
    m = max(3, round(n * float(sample.options["share"])))
    rng = generator(sample.seed, "bootstrap_t", str(sample.window))
    simulated = np.concatenate(
        [_resampled(car, rng.integers(0, n, (size, m)), adjust) for size in _sizes(int(sample.options["draws"]), m)]
    )
    return _statistic(sample, adjust(S, g, n), simulated[np.isfinite(simulated)], n, tails=True)


def _resampled(car: FloatArray, pick: np.ndarray, adjust: Callable[[float, float, int], float]) -> FloatArray:
    x, m = car[pick], pick.shape[1]
    center = x.mean(axis=1)
    s = x.std(axis=1, ddof=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        S = (center - car.mean()) / s
        g = ((x - center[:, None]) ** 3).mean(axis=1) / s**3
        extra = g**2 * S**3 / 27 if adjust is hall else 0.0
        return np.asarray(np.sqrt(m) * (S + g * S**2 / 3 + extra + g / (6 * m)))


def _sizes(draws: int, n: int) -> list[int]:
    step = max(1, DRAWS_PER_BLOCK // n)
    return [min(step, draws - low) for low in range(0, draws, step)]


def _statistic(sample: Sample, t: float, simulated: FloatArray, n: int, *, tails: bool = False) -> Statistic:
    row = one(float(np.nanmean(sample.car)), t, n_events=n)
    if tails and sample.alternative == "two-sided":
        p = min(1.0, 2 * min(empirical(t, simulated, "greater"), empirical(t, simulated, "less")))
    else:
        p = empirical(t, simulated, sample.alternative)
    return Statistic(row.estimate, row.statistic, n=np.array([len(simulated)]), n_events=n, pvalue=np.array([p]))


def empirical(t: float, simulated: FloatArray, alternative: Alternative) -> float:
    """Return (1 + draws at least as far out) / (1 + draws).

    Few events give few distinct draws, and the draw that is the sample itself differs from it by rounding: a part in
    1e12 counts as equal, which can only raise the p-value.
    """
    if not np.isfinite(t) or not len(simulated):
        return float("nan")
    slack = TIE * abs(t)
    far = {
        "two-sided": np.abs(simulated) >= abs(t) - slack,
        "greater": simulated >= t - slack,
        "less": simulated <= t + slack,
    }[alternative]
    return float((1 + far.sum()) / (1 + len(simulated)))
