"""Resampling tests: the reference distribution is drawn, from a seed keyed by the study and never by the machine."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

import numpy as np

from eventstudy.arrays import Alternative, FloatArray, look_up
from eventstudy.inference.parametric import NO_SKEW, hall, johnson, skewness
from eventstudy.inference.sample import Sample, Statistic, not_applicable, one

Generator = np.random.Generator
DRAWS_PER_BLOCK = 1 << 22


def generator(seed: int, *keys: str) -> Generator:
    """Return a generator keyed by words: the same draws whatever the number of workers or the order of work."""
    words = hashlib.sha256("\x1f".join(keys).encode()).digest()
    numbers = np.frombuffer(words, dtype="<u4").tolist()
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *numbers])))


def rademacher(rng: Generator, shape: tuple[int, int]) -> FloatArray:
    """-1 and 1, each with probability one half."""
    bits = rng.bytes((shape[0] * shape[1] + 7) // 8)
    signs = np.unpackbits(np.frombuffer(bits, np.uint8), count=shape[0] * shape[1]).astype(np.float64) * 2 - 1
    return signs.reshape(shape)


def mammen(rng: Generator, shape: tuple[int, int]) -> FloatArray:
    """Mammen's two points: mean 0, variance 1, third moment 1."""
    root = np.sqrt(5.0)
    low = rng.random(shape) < (root + 1) / (2 * root)
    return np.asarray(np.where(low, (1 - root) / 2, (1 + root) / 2), dtype=np.float64)


def webb(rng: Generator, shape: tuple[int, int]) -> FloatArray:
    """Webb's six points, for few events."""
    points = np.sqrt(np.array([1.5, 1.0, 0.5]))
    six = np.concatenate([-points, points[::-1]])
    return np.asarray(six[rng.integers(0, 6, shape)], dtype=np.float64)


WEIGHTS: Mapping[str, Callable[[Generator, tuple[int, int]], FloatArray]] = {
    "rademacher": rademacher,
    "mammen": mammen,
    "webb": webb,
}


def wild_bootstrap(sample: Sample) -> Statistic:
    """Wild bootstrap of the cross-sectional t: the null is imposed, each CAR keeps its own size."""
    car = sample.car[np.isfinite(sample.car)]
    n, draws = len(car), int(sample.options["draws"])
    if n < 2:
        return not_applicable(f"resampling needs at least 2 events, there is {n}", n_events=n)
    weights = look_up("weights", WEIGHTS, str(sample.options["weights"]))
    rng = generator(sample.seed, "wild_bootstrap", str(sample.window), str(sample.options["weights"]))
    t = float(np.sqrt(n) * car.mean() / car.std(ddof=1))
    drawn = np.concatenate([_wild(weights(rng, (size, n)), car) for size in _sizes(draws, n)])
    return _drawn(sample, t, drawn, n)


def _wild(w: FloatArray, car: FloatArray) -> FloatArray:
    """t of w * car for every row of weights; sums of squares by one more product instead of a second array."""
    n = len(car)
    mean = w @ car / n
    squares = np.square(w) @ np.square(car)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.sqrt(n) * mean / np.sqrt(np.maximum(squares - n * mean**2, 0.0) / (n - 1)))


def bootstrap_t(sample: Sample) -> Statistic:
    """Skewness-adjusted t against its bootstrap distribution (Lyon, Barber and Tsai 1999): resamples of N/4 events."""
    S, g, n = skewness(sample)
    if not np.isfinite(S):
        return not_applicable(NO_SKEW, n_events=n)
    adjust = {"johnson": johnson, "hall": hall}[str(sample.options["adjustment"])]
    car = sample.car[np.isfinite(sample.car)]
    m = max(3, round(n * float(sample.options["share"])))
    rng = generator(sample.seed, "bootstrap_t", str(sample.window))
    drawn = np.concatenate(
        [_resampled(car, rng.integers(0, n, (size, m)), adjust) for size in _sizes(int(sample.options["draws"]), m)]
    )
    return _drawn(sample, adjust(S, g, n), drawn[np.isfinite(drawn)], n)


def _resampled(car: FloatArray, pick: np.ndarray, adjust: Callable[[float, float, int], float]) -> FloatArray:
    x, m = car[pick], pick.shape[1]
    centre = x.mean(axis=1)
    s = x.std(axis=1, ddof=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        S = (centre - car.mean()) / s
        g = ((x - centre[:, None]) ** 3).mean(axis=1) / s**3
        extra = g**2 * S**3 / 27 if adjust is hall else 0.0
        return np.asarray(np.sqrt(m) * (S + g * S**2 / 3 + extra + g / (6 * m)))


def _sizes(draws: int, n: int) -> list[int]:
    step = max(1, DRAWS_PER_BLOCK // max(n, 1))
    return [min(step, draws - low) for low in range(0, draws, step)]


def _drawn(sample: Sample, t: float, drawn: FloatArray, n: int) -> Statistic:
    made = one(float(np.nanmean(sample.car)), t, n_events=n)
    p = empirical(t, drawn, sample.alternative)
    return Statistic(made.estimate, made.statistic, n=np.array([len(drawn)]), n_events=n, pvalue=np.array([p]))


def empirical(t: float, drawn: FloatArray, alternative: Alternative) -> float:
    """Return (1 + draws at least as far out) / (1 + draws)."""
    if not np.isfinite(t) or not len(drawn):
        return float("nan")
    far = {"two-sided": np.abs(drawn) >= abs(t), "greater": drawn >= t, "less": drawn <= t}[alternative]
    return float((1 + far.sum()) / (1 + len(drawn)))
