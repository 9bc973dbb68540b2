"""Fit the scorer of times in texts; print its coefficients, their cross-validation over publishers, and calibration."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import statsmodels.api as sm

from benchmarks.news_pages import FIELD, leads, page_leads
from eventstudy.news.context import DatingContext
from eventstudy.news.dating import moments_of
from eventstudy.news.items import NewsItem
from eventstudy.news.scorer import FEATURES

ROOT = Path(__file__).parents[1]
# Texts written to deceive are far more frequent in the corpora than in the press.
CORPUS_WEIGHT = 0.05
PENALTY = 0.003
FOLDS = 10
WRONG_RATE = 1 / 30


@dataclass(frozen=True)
class Sample:
    """One time of one text: its features, whether it is that of the news, and whose text it is."""

    group: str
    features: dict[str, float]
    right: bool
    weight: float
    press: bool


def press_samples() -> Iterator[Sample]:
    """Yield the times of the leads and of the first paragraphs of the pages."""
    for lead in [*leads(), *page_leads(ROOT / "benchmarks" / "lead_labels.csv")]:
        for number, moment in enumerate(lead.moments()):
            if moment.role == "event" and moment.covers is not None:
                yield Sample(lead.publisher, moment.features, lead.is_right(number, moment), 1.0, True)


def corpus_samples() -> Iterator[Sample]:
    """Yield the times of the corpora in tests/news."""
    for name, item, context, label in corpora():
        for moment in moments_of(item, context):
            if moment.role == "event" and moment.covers is not None and moment.conflict is None:
                right = label is not None and moment.covers[0] <= label[1] and label[0] <= moment.covers[1]
                yield Sample(name, moment.features, right, CORPUS_WEIGHT, False)


def corpora() -> Iterator[tuple[str, NewsItem, DatingContext, tuple[datetime, datetime] | None]]:
    """Yield (group, item, context, labeled interval or None) of every labeled text in tests/news."""
    folder = ROOT / "tests" / "news"
    for corpus in ("corpus_blind", "corpus_second", "corpus_review"):
        for line in (folder / corpus / "cases.jsonl").read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            declared = case["declared"]
            fetched = declared["fetched_at"]
            context = DatingContext(
                zone=declared["publisher_zone"] or "",
                day_first={"dmy": True, "mdy": False}.get(declared["day_month_order"]),
                fetched_at=None if fetched is None else datetime.fromisoformat(fetched.replace("Z", "+00:00")),
            )
            ends = [case["earliest"], case["latest"]]
            label = None
            if case["expect"] != "refuse" and None not in ends:
                label = tuple(datetime.fromisoformat(e.replace("Z", "+00:00")) for e in ends)
            yield f"{corpus}-{case['id']}", NewsItem("x", "corpus", "", case["text"]), context, label
    for path in sorted((folder / "corpus").glob("*.toml")):
        for number, case in enumerate(tomllib.loads(path.read_text(encoding="utf-8"))["cases"]):
            stamps = tuple((n, case[n]) for n in ("published", "updated") if n in case)
            context = DatingContext(
                zone=case.get("zone", ""), day_first={"dmy": True, "mdy": False}.get(case.get("order", ""))
            )
            label = None
            if "expect" in case:
                label = tuple(datetime.fromisoformat(p).astimezone(UTC) for p in case["expect"].split("/"))
            yield (
                f"{path.stem}-{number}",
                NewsItem("x", "corpus", case.get("title", ""), case["text"], stamps=stamps),
                context,
                label,
            )


def fit(samples: Sequence[Sample]) -> dict[str, float]:
    """Return the coefficients of the logistic regression, the slopes shrunk by a small quadratic penalty."""
    x, y, w = design(samples)
    alpha = np.full(x.shape[1], PENALTY)
    alpha[0] = 0.0
    model = sm.GLM(y, x, family=sm.families.Binomial(), freq_weights=w)
    found = model.fit_regularized(alpha=alpha, L1_wt=0.0)
    return dict(zip(["intercept", *FEATURES], map(float, found.params), strict=True))


def design(samples: Sequence[Sample]) -> tuple[Any, Any, Any]:
    """Return the regressors with a constant, the labels and the weights."""
    x = np.array([[1.0, *(s.features.get(name, 0.0) for name in FEATURES)] for s in samples])
    return x, np.array([float(s.right) for s in samples]), np.array([s.weight for s in samples])


def predict(samples: Sequence[Sample], coefficients: dict[str, float]) -> Any:
    """Return the probabilities of the samples."""
    x, _, _ = design(samples)
    return 1 / (1 + np.exp(-x @ np.array(list(coefficients.values()))))


def out_of_fold(samples: Sequence[Sample]) -> Any:
    """Return the probability of every sample by a fit without its publisher's fold."""
    groups = sorted({s.group for s in samples})
    fold = {g: i % FOLDS for i, g in enumerate(np.random.default_rng(0).permutation(groups))}
    found = np.zeros(len(samples))
    for number in range(FOLDS):
        rest = [s for s in samples if fold[s.group] != number]
        here = [i for i, s in enumerate(samples) if fold[s.group] == number]
        if here:
            found[here] = predict([samples[i] for i in here], fit(rest))
    return found


def main() -> None:
    if not FIELD.exists():
        print(f"{FIELD} is absent: the scorer is fitted on its pages and leads.")
        return
    samples = [*press_samples(), *corpus_samples()]
    press = np.array([s.press for s in samples])
    right = np.array([s.right for s in samples])
    counts = [(part.sum(), right[part].sum()) for part in (press, ~press)]
    print("{} times of press texts ({} right), {} of the corpora ({} right)".format(*counts[0], *counts[1]))
    p = out_of_fold(samples)
    print("threshold  press right/wrong/missed  corpora right/wrong/missed  (out of fold)")
    chosen = 0.95
    for threshold in np.arange(0.95, 0.30, -0.05):
        line = [f"{threshold:9.2f}"]
        for part in (press, ~press):
            taken = part & (p >= threshold)
            line.append(
                f"{(taken & right).sum():6d} {(taken & ~right).sum():4d} {(part & right & ~taken).sum():4d}      "
            )
        taken = press & (p >= threshold)
        if (taken & ~right).sum() <= WRONG_RATE * taken.sum():
            chosen = float(threshold)
        print("  ".join(line))
    print(f"lowest threshold with at most 1 wrong of 30 on press texts: {chosen:.2f}")
    print("calibration on press texts, out of fold:")
    for low in np.arange(0, 1, 0.2):
        part = press & (p >= low) & (p < low + 0.2)
        if part.any():
            mean, share = p[part].mean(), right[part].mean()
            print(f"  {low:.1f} to {low + 0.2:.1f}: predicted {mean:.2f}, right {share:.2f} of {part.sum()}")
    print("COEFFICIENTS, fitted on all:")
    for name, value in fit(samples).items():
        print(f'    "{name}": {value:.2f},')


if __name__ == "__main__":
    main()
    sys.exit(0)
