"""The response as plain rows: what a terminal, a report or a JSON file shows, still in decimals and microseconds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from eventstudy.arrays import value
from eventstudy.response.built_responses import Responses, UnbuiltResponse
from eventstudy.response.several import Pair
from eventstudy.response.values import ClaimBeside, Estimate, Move, RawCount, Response
from eventstudy.show.json_text import json_number

WHERE = {"event": "in the window", "before": "shortly before the news"}


@value
class ResponseSet:
    """The responses of a study, in the order of events and instruments, and what could not be answered.

    ``skipped`` are triples (event, instrument, reason); ``pairs`` compare the instruments of each event.
    """

    responses: Sequence[Response]
    pairs: tuple[Pair, ...] = ()
    skipped: tuple[tuple[str, str, str], ...] = ()

    def content(self) -> tuple[object, ...]:
        """Return what two sets are compared by, whether their responses are built already or not."""
        return tuple(self.responses), self.pairs, self.skipped

    @property
    def rows(self) -> Sequence[UnbuiltResponse | Response]:
        """The responses, the numbers of those that are not built yet."""
        return self.responses.rows if isinstance(self.responses, Responses) else self.responses

    def with_rows(self, rows: Iterable[UnbuiltResponse | Response]) -> ResponseSet:
        """Return the set with other responses."""
        return replace(self, responses=Responses(tuple(rows)))

    def __repr__(self) -> str:
        return f"<ResponseSet: {len(self.responses)} responses, {len(self.skipped)} not computed>"

    def __iter__(self) -> Iterator[Response]:
        return iter(self.responses)

    def __len__(self) -> int:
        return len(self.responses)


def table(responses: ResponseSet | Sequence[Response]) -> list[dict[str, Any]]:
    """Return one row per (event, instrument): what a person acts on.

    Keys: ``event instrument simulated``, ``sign`` (-1 where the study turns the quote), ``moves`` ({label: decimal log
    return}, the first close after the news first), ``pvalue`` and ``joint_pvalue`` (at the last horizon),
    ``path_pvalue`` (sup over the path), ``smallest_pvalue``, ``placebo_days``, ``t50`` (minutes), ``reversal``,
    ``pre_event_drift`` (decimal log), ``pre_event_pvalue``, ``volume`` (multiple), ``pattern``, ``regime`` (ratio),
    ``placebo`` (the raw count of the last horizon that was reached), ``times`` (see ``minutes_after_news``), ``notes``,
    ``intervals`` ({number: [low, high]}, None for an end without a bound), ``merged_minutes`` (from the last clean
    price to the first one after the news, where that is more than a bar, else None). Numbers that are not defined are
    None, with the reason in ``reasons``.
    """
    return [_row(response) for response in responses]


def _row(response: Response) -> dict[str, Any]:
    last = last_horizon(response)
    volume = next((a.window for a in response.activity if a.name == "volume"), None)
    shown = ("first_significant", "t50", "reversal", "pre_event_drift")
    numbers = {name: response.number(name) for name in shown}
    return {
        "event": response.event,
        "instrument": response.instrument,
        "simulated": response.simulated,
        "sign": response.sign,
        "moves": {move.label: json_number(move.value) for move in (response.first, *response.moves)},
        "horizon": last.label,
        "pvalue": json_number(last.pvalue),
        "joint_pvalue": json_number(last.joint_pvalue),
        "placebo": _count(last.placebo),
        "regime": json_number(response.regime),
        "anchors": {a.name: [json_number(a.value), json_number(a.pvalue)] for a in response.anchors},
        "breakdown": json_number(response.breakdown),
        "times": {name: minutes_after_news(response, name) for name in TIMES},
        "path_pvalue": json_number(response.path_pvalue),
        "smallest_pvalue": response.smallest_pvalue,
        "placebo_days": response.placebo_days,
        **{name: json_number(estimate.value) for name, estimate in numbers.items()},
        "pre_event_pvalue": json_number(numbers["pre_event_drift"].pvalue),
        "volume": json_number(volume.value) if volume else None,
        "pattern": response.pattern,
        "notes": notes_of(response),
        "merged_minutes": _merged_minutes(response),
        "intervals": {name: [json_number(e.low), json_number(e.high)] for name, e in numbers.items() if e.defined},
        "reasons": {name: e.reason for name, e in numbers.items() if e.reason},
    }


def last_horizon(response: Response) -> Move:
    """Return the move at the last horizon that trading reached; the first move where it reached none."""
    reached = [move for move in response.moves if math.isfinite(move.minutes) and math.isfinite(move.value)]
    return reached[-1] if reached else response.first


TIMES = ("t50", "t90", "peak_minutes", "first_significant")


def minutes_after_news(response: Response, name: str) -> list[float] | None:
    """Return when a time of the shape came, in minutes after the news: [low, high] from both ends of its interval.

    The news came somewhere between the last price that cannot contain it and ``latest``. What was reached before
    ``latest`` may have come at once.
    """
    estimate = response.number(name)
    if not estimate.defined:
        return None
    return [max(0.0, estimate.value - uncertain_minutes(response)), estimate.value]


def uncertain_minutes(response: Response) -> float:
    """Return the trading minutes between the last price that cannot contain the news and ``latest``."""
    path = response.path
    columns = np.flatnonzero(path.open & (np.arange(len(path.open)) > path.zero))
    return float((columns <= path.latest).sum()) * float(np.diff(path.closes).min()) / 60e6


def _count(count: RawCount) -> dict[str, Any]:
    return {"as_large": count.as_large, "days": count.days, "pvalue": json_number(count.pvalue)}


def _merged_minutes(response: Response) -> float | None:
    path = response.path
    minutes = float(path.closes[path.first] - path.closes[path.zero]) / 60e6
    return minutes if minutes > float(np.diff(path.closes).min()) / 60e6 else None


def notes_of(response: Response) -> list[str]:
    """Return what a reader must know beside the numbers: warnings, what else happened, horizons finer than a bar."""
    messages = [notice.message.rstrip(".") for notice in response.notices]
    messages += [f"{WHERE[c.where]}: {c.label}" for c in response.confounders if c.where in WHERE]
    effects = [c.effect for c in response.confounders if c.where not in WHERE]
    messages += [f"{effects.count(e)} known events on other days: {e}" for e in dict.fromkeys(effects)]
    step = float(np.diff(response.path.closes).min()) / 60e6
    for move in response.moves:
        if move.at is None and move.label.endswith(" min"):
            messages.append(f"'{move.label}' is not shown: {move.reason}")
        if move.at is not None and 0 < move.minutes <= step and step > 1:
            clock = f"{move.at.astimezone(ZoneInfo(response.zone)):%H:%M}"
            messages.append(f"'{move.label}' is the close at {clock}: a bar lasts {step:g} minutes")
    drift = response.number("pre_event_drift")
    if drift.pvalue <= 1 - response.level:
        p = f"p = {drift.pvalue:.3f}"
        messages.append(
            f"the move before the news is larger than on comparable days ({p}): earlier publication is possible"
        )
    return messages


def document(responses: ResponseSet) -> list[dict[str, Any]]:
    """Return every number of every response as plain JSON values: instants in ISO 8601, no NaN."""
    return [_document(response) for response in responses]


def _document(response: Response) -> dict[str, Any]:
    return {
        **_row(response),
        "quote": response.quote,
        "level": response.level,
        "reference_at": response.reference_at.isoformat(),
        "first_at": response.first_at.isoformat(),
        "reference_price": json_number(response.reference_price),
        "horizons": [_move(move) for move in (response.first, *response.moves)],
        "shape": {estimate.name: _estimate(estimate) for estimate in response.shape},
        "anchors": {estimate.name: _estimate(estimate) for estimate in response.anchors},
        "activity": {a.name: {"peak": _estimate(a.peak), "window": _estimate(a.window)} for a in response.activity},
        "assumed_times": None if response.assumed_times is None else {
            "minutes": response.assumed_times.minutes,
            "smallest": json_number(float(response.assumed_times.move.min())),
            "largest": json_number(float(response.assumed_times.move.max())),
            "pvalue": json_number(response.assumed_times.pvalue),
        },
        "gap": None if response.gap is None else {"kind": response.gap.name, **_estimate(response.gap)},
        "removed": [{"day": day.day.isoformat(), "reason": day.reason} for day in response.removed],
        "confounders": [
            {"at": c.at.isoformat(), "label": c.label, "where": c.where, "effect": c.effect}
            for c in response.confounders
        ],
        "claims": [_claim(claim) for claim in response.claims],
        "notices": [{"code": notice.code, "message": notice.message} for notice in response.notices],
    }  # fmt: skip


def _claim(claim: ClaimBeside) -> dict[str, Any]:
    measured = ("claimed", "level", "measured_level", "on_previous_close", "since_open", "since_news", "abnormal")
    numbers = {name: json_number(getattr(claim, name)) for name in measured}
    return {"text": claim.text, "at": claim.at.isoformat(), **numbers, "against": claim.against}


def _move(move: Move) -> dict[str, Any]:
    return {
        "label": move.label,
        "at": move.at.isoformat() if move.at else None,
        "value": json_number(move.value),
        "low": json_number(move.low),
        "high": json_number(move.high),
        "pvalue": json_number(move.pvalue),
        "joint_pvalue": json_number(move.joint_pvalue),
        "placebo": _count(move.placebo),
        "reason": move.reason,
    }


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {
        "value": json_number(estimate.value),
        "low": json_number(estimate.low),
        "high": json_number(estimate.high),
        "unit": estimate.unit,
        "pvalue": json_number(estimate.pvalue),
        "reason": estimate.reason,
    }


def pair_document(responses: ResponseSet) -> list[dict[str, Any]]:
    """Return every pair as plain JSON values."""
    return [
        {
            "event": pair.event,
            "first": pair.first,
            "second": pair.second,
            "lag_minutes": pair.lag_minutes,
            "lead_ratio": json_number(pair.lead_ratio),
            "correlation": json_number(pair.correlation),
            "beta": json_number(pair.beta),
            "explained": json_number(pair.explained),
        }
        for pair in responses.pairs
    ]


def signed(responses: Sequence[Response], signs: Mapping[str, int] | None = None) -> list[dict[str, Any]]:
    """Return the rows with every move turned so that quotes compare: "rouble strength", "risk on".

    ``signs`` maps instruments to +1 or -1; by default each instrument's own sign. Log moves only change their sign.
    """
    rows = table(responses)
    for row, response in zip(rows, responses, strict=True):
        sign = (signs or {}).get(response.instrument, response.sign)
        row["moves"] = {label: None if value is None else sign * value for label, value in row["moves"].items()}
        row["sign"] = sign
    return rows
