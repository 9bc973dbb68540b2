"""An optional judge, such as a language model, who may choose one of the candidates or none, and never adds one."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from eventstudy.errors import UsageError
from eventstudy.news.items import EventTime, NewsItem
from eventstudy.news.time_evidence import Dating, TimeEvidence, as_json

Judge = Callable[[Mapping[str, Any]], int | None]
SECONDS = 120
MAX_TEXT = 6_000
# What only says that the rules did not decide; every other conflict needs a person.
OPEN = frozenset({"only_publication", "unlikely", "only_lower_bound", "only_upper_bound", "several_times"})


@dataclass(frozen=True, slots=True)
class Choice:
    """What a judge answered: the evidence of it, and the time it chose, if any."""

    evidence: TimeEvidence
    time: EventTime | None = None


def judged(judge: Judge, item: NewsItem, dating: Dating) -> Choice | None:
    """Ask a judge which candidate is the event's time; None where nothing may be chosen."""
    offered = [c for c in dating.candidates if c.earliest is not None and c.latest is not None]
    if not offered or any(c.kind not in OPEN for c in dating.conflicts):
        return None
    question = {
        "item": item.id,
        "title": item.title,
        "text": item.text[:MAX_TEXT],
        "published": as_json(dating.published),
        "candidates": [{"index": n, **as_json(c)} for n, c in enumerate(offered)],
    }
    answer = judge(question)
    known = answer is None or (isinstance(answer, int) and not isinstance(answer, bool) and 0 <= answer < len(offered))
    if not known:
        raise UsageError(
            f"The judge answered {answer!r} for {item.id}.", remedy=f"It may answer 0 to {len(offered) - 1}, or none."
        )
    note = "chose none" if answer is None else f"chose candidate {answer}: {'; '.join(offered[answer].reasons)}"
    name = getattr(judge, "__name__", type(judge).__name__)
    evidence = TimeEvidence("judge", name, 0, len(name), clock="reader", field="judge", note=note)
    if answer is None:
        return Choice(evidence)
    chosen = offered[answer]
    assert chosen.earliest is not None and chosen.latest is not None  # noqa: S101, PT018 - only such are offered
    return Choice(evidence, EventTime(chosen.earliest, chosen.latest, "assumed", (f"judge {name} {note}",)))


def command_judge(command: str) -> Judge:
    """Return a judge that runs a command: the question as JSON on standard input, a number or ``null`` back."""
    words = shlex.split(command)
    if not words:
        raise UsageError("--judge needs a command.", remedy="Write for example --judge 'python judge.py'.")

    def judge(question: Mapping[str, Any]) -> int | None:
        try:
            done = subprocess.run(  # noqa: S603 - the user's command, without a shell
                words, input=json.dumps(question), capture_output=True, text=True, timeout=SECONDS, check=True
            )
            answer = json.loads(done.stdout or "null")
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            raise UsageError(
                f"The judge {words[0]!r} failed: {str(error)[:200].rstrip('.')}.",
                remedy='It must print the number of a candidate, or null, as JSON; {"choice": 0} is understood too.',
            ) from None
        return answer.get("choice") if isinstance(answer, dict) else answer

    judge.__name__ = command[:80]
    return judge
