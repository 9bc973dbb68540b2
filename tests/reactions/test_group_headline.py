"""The headline of a study of groups states how its groups differ, and its page shows them first."""

from __future__ import annotations

import re

import numpy as np

import eventstudy as es
from eventstudy.report.build import build
from eventstudy.report.headline import headline
from tests.reactions.made import listed, market_of, study


def grouped(worth: dict[str, float], repeats: int) -> tuple[es.StudyResult, dict[str, float]]:
    """Events of groups whose day is worth what is given, and the mean abnormal return of each by numpy."""
    frame, pairs = market_of(len(worth) * repeats)
    news = list(worth) * repeats
    for (code, row), name in zip(pairs, news, strict=True):
        frame.loc[frame.index[row], code] += worth[name]
    result = study(frame, listed(frame, pairs, news=news), groups={"by": ["news"]}, windows=[(0, 0)])
    at = result.abnormal.ar[:, result.abnormal.tau.tolist().index(0)]
    return result, {name: float(at[np.array(news) == name].mean()) for name in worth}


def title_of(result: es.StudyResult) -> str:
    return " ".join(headline(result).title.split())


def test_the_title_states_two_means_and_their_difference() -> None:
    result, means = grouped({"bad": -0.02, "good": 0.02}, 12)
    found = re.fullmatch(
        r"Prices (rose|fell) ([\d.]+)% on average for news = good and (rose|fell) ([\d.]+)% for news = bad "
        r"on the event day.*; the difference is ([+-][\d.]+) bp \(p < 0\.001\)",
        title_of(result),
    )
    assert found, title_of(result)
    assert (found[1], found[3]) == ("rose", "fell")
    assert float(found[5]) == round((means["good"] - means["bad"]) * 1e4, 1)
    figures = headline(result).figures
    assert [float(figure.number) for figure in figures[:3]] == [
        round(v * 1e4, 1) for v in (means["good"], means["bad"], means["good"] - means["bad"])
    ]
    assert build(result).shown[0].picture.name == "groups"


def test_the_title_of_three_groups_says_whether_they_differ() -> None:
    apart, _ = grouped({"bad": -0.03, "none": 0.0, "good": 0.03}, 10)
    assert title_of(apart).endswith("the 3 groups differ (p < 0.001)")
    alike, _ = grouped({"a": 0.0, "b": 0.0, "c": 0.0}, 10)
    assert re.search(r"the 3 groups do not differ significantly \(p = 0\.\d+\)$", title_of(alike)), title_of(alike)
