"""Fit the scorer of times in texts; print its coefficients, their cross-validation by source, and calibration."""

from __future__ import annotations

import json
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import statsmodels.api as sm

from benchmarks.news_pages import FIELD, leads, page_leads
from eventstudy.news.context import DatingContext
from eventstudy.news.contradictions import contradictions
from eventstudy.news.dating import gather, moments_of, stated
from eventstudy.news.items import NewsItem
from eventstudy.news.scorer import FEATURES, probability
from tests.news.unseen import hostile_texts

ROOT = Path(__file__).parents[1]
# Texts written to deceive are far more frequent in the corpora than in the press.
CORPUS_WEIGHT = 0.05
PENALTY = 0.003
FOLDS = 10


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
                first, last = (datetime.fromisoformat(e.replace("Z", "+00:00")) for e in ends)
                label = (first, last)
            yield f"{corpus}-{case['id']}", NewsItem("x", "corpus", "", case["text"]), context, label
    for path in sorted((folder / "corpus").glob("*.toml")):
        for number, case in enumerate(tomllib.loads(path.read_text(encoding="utf-8"))["cases"]):
            stamps = tuple((n, case[n]) for n in ("published", "updated") if n in case)
            context = DatingContext(
                zone=case.get("zone", ""), day_first={"dmy": True, "mdy": False}.get(case.get("order", ""))
            )
            label = None
            if "expect" in case:
                start, end = (datetime.fromisoformat(p).astimezone(UTC) for p in case["expect"].split("/"))
                label = (start, end - timedelta(microseconds=1))
            yield (
                f"{path.stem}-{number}",
                NewsItem("x", "corpus", case.get("title", ""), case["text"], stamps=stamps),
                context,
                label,
            )
    for number, (published, text) in enumerate(hostile_texts()):
        yield f"hostile-{number}", NewsItem("x", "corpus", "", text, stamps=published), DatingContext(), None


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


def fold_of(group: str, *, press: bool) -> str:
    """Return the fold of a publisher, or the corpus of a text: each is left out of the fit that judges it."""
    if press:
        return f"press {crc32(group.encode()) % FOLDS}"
    return "own" if group.startswith(("english_", "russian_")) else group.partition("-")[0]


def out_of_fold(samples: Sequence[Sample]) -> dict[str, dict[str, float]]:
    """Return the coefficients of the fit without each fold."""
    folds = sorted({fold_of(s.group, press=s.press) for s in samples})
    return {f: fit([s for s in samples if fold_of(s.group, press=s.press) != f]) for f in folds}


def outcomes(fits: dict[str, dict[str, float]], threshold: float) -> Counter[tuple[str, str]]:
    """Return how often the texts are dated right, wrong, or not, by fits that did not see their source."""
    found: Counter[tuple[str, str]] = Counter()
    rows = [("leads", lead.publisher, lead.item, lead.context, lead.interval) for lead in leads()]
    rows += [(fold_of(n, press=False), n, item, context, label) for n, item, context, label in corpora()]
    for kind, group, item, context, label in rows:
        press = kind == "leads"
        weights = fits.get(fold_of(group, press=press)) or fits["own"]
        gathered = gather(item, context)
        moments = tuple(replace(m, probability=probability(m.features, weights)) for m in gathered.moments)
        gathered = replace(gathered, moments=moments)
        against = contradictions(gathered.readings, gathered.published, moments, context)
        time = None if gathered.conflicts or against else stated(gathered, context, threshold)[0]
        found[kind, verdict(time, label, press=press)] += 1
    return found


def verdict(time: tuple[datetime, datetime] | None, label: tuple[datetime, datetime] | None, *, press: bool) -> str:
    """Judge an interval: a lead's must meet its labeled days, that of a corpus contain the labeled interval."""
    if time is None:
        return "refused" if label is None else "missed"
    if label is None:
        return "wrong"
    second = timedelta(seconds=1)
    inside = time[0] <= label[0] + second and label[1] - second <= time[1]
    return "right" if inside or (press and label[0] <= time[1] and time[0] <= label[1]) else "wrong"


def main() -> None:
    if not FIELD.exists():
        print(f"{FIELD} is absent: the scorer is fitted on its pages and leads.")
        return
    samples = [*press_samples(), *corpus_samples()]
    press = np.array([s.press for s in samples])
    right = np.array([s.right for s in samples])
    counts = [(part.sum(), right[part].sum()) for part in (press, ~press)]
    print("{} times of press texts ({} right), {} of the corpora ({} right)".format(*counts[0], *counts[1]))
    fits = out_of_fold(samples)
    print("texts dated right/wrong (missed), by fits without their publisher or corpus")
    for threshold in np.arange(0.9, 0.25, -0.05):
        found = outcomes(fits, threshold)
        kinds = sorted({k for k, _ in found}, key=lambda k: (k != "leads", k))
        parts = [f"{k} {found[k, 'right']}/{found[k, 'wrong']} ({found[k, 'missed']})" for k in kinds]
        wrong, all_right = (sum(found[k, v] for k in kinds if k != "leads") for v in ("wrong", "right"))
        print(f"{threshold:.2f}: {'; '.join(parts)}; corpora wrong {wrong} of {wrong + all_right}")
    p = np.array([predict([s], fits[fold_of(s.group, press=s.press)])[0] for s in samples])
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
