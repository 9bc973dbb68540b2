"""``eventstudy selfcheck``: answers that are known from outside, computed here and now by this installation."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from eventstudy.cli import console

if TYPE_CHECKING:
    from eventstudy.study.result import StudyResult

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]


@dataclass(frozen=True, slots=True)
class Case:
    """One known answer: the figure, where it comes from, how near it must be, and how it is computed here."""

    name: str
    reference: float
    tolerance: float
    source: str
    compute: Callable[[], float]


def selfcheck(as_json: AsJson = False) -> int:
    """Compare known results with published references.

    Exit code 0 if all agree, else 1.

    Everything is offline and takes less than ten seconds. References are published figures, exact fractions and
    arithmetic by hand; none was computed by this program.

    Examples:

      eventstudy selfcheck
      eventstudy selfcheck --json
    """
    before = time.perf_counter()
    rows = []
    with console.progress(len(CASES), "known answers") as done:
        for case in CASES:
            rows.append((case, *_computed(case)))
            done(case.name)
    seconds = time.perf_counter() - before
    good = [abs(found - case.reference) <= case.tolerance for case, found, _ in rows]
    if as_json:
        cases = [
            {
                "case": case.name,
                "computed": found,
                "reference": case.reference,
                "tolerance": case.tolerance,
                "source": case.source,
                "ok": ok,
                "fault": fault,
            }
            for (case, found, fault), ok in zip(rows, good, strict=True)
        ]
        console.json_data({"ok": all(good), "cases": cases})
    else:
        shown = [
            ("ok" if ok else "BAD", case.name, f"{found:.10g}", f"{case.reference:.10g}", fault or case.source)
            for (case, found, fault), ok in zip(rows, good, strict=True)
        ]
        console.table(("", "case", "computed", "reference", "from"), shown)
    console.talk(f"{sum(good)} of {len(good)} known answers agree, in {seconds:.1f} s.")
    return 0 if all(good) else 1


def _computed(case: Case) -> tuple[float, str]:
    try:
        return float(case.compute()), ""
    except Exception as fault:
        return math.nan, f"{type(fault).__name__}: {fault}"


def fixing_response() -> float:
    """Return the response of the ECB fixing to the founding event: it must fall on 14 April, not on the 13th."""
    from importlib.resources import as_file, files

    from eventstudy.study.load import load_study
    from eventstudy.study.run import run_study

    with as_file(files("eventstudy.cli") / "demo_studies") as folder:
        loaded = load_study(folder / "fixing.toml")
    plain = loaded.spec.model_copy(
        update={"model": "zero", "estimation": None, "tests": ("time_series_t",), "event": (0, 0), "windows": ()}
    )
    return car(run_study(plain, loaded.events, loaded.data))


def _hand_study(model: str, tests: tuple[str, ...] = ("time_series_t",), *, twins: bool = False) -> StudyResult:
    """Run one event of a daily study small enough for pencil and paper.

    Estimation x = -2, -1, 0, 1, 2 and y = 1 + 2 x + e with e = 1, -2, 2, -2, 1 (in units of 0.01; e is orthogonal to
    1 and x), then the event day with x = 3 and y = 9.
    """
    import pandas as pd

    from eventstudy.news.items import Event, EventTime
    from eventstudy.study.run import run_study
    from eventstudy.study.spec import StudySpec

    days = pd.date_range("2021-03-01 21:00", periods=6, freq="D", tz="UTC")
    frame = (
        pd.DataFrame({"Y": [-2.0, -3.0, 3.0, 1.0, 6.0, 9.0], "X": [-2.0, -1.0, 0.0, 1.0, 2.0, 3.0]}, index=days) / 100
    )
    at = (days[-1] - pd.Timedelta(hours=5)).to_pydatetime()
    frame["Z"] = frame["Y"]
    event = Event("hand", EventTime(at, at), ("Y", "Z") if twins else ("Y",))
    spec = StudySpec(model=model, estimation=(-5, -1), event=(0, 0), min_observations=5, tests=tests)
    return run_study(spec, [event], frame, market="X" if model == "market" else None)


def car(result: StudyResult) -> float:
    """Return the first response of a result."""
    return float(result.to_dict()["responses"][0]["car"])


def statistic(result: StudyResult, test: str) -> float:
    return float(result.to_dict()["responses"][0]["tests"][test]["statistic"])


def patell_z() -> float:
    """Return Patell's Z of two events on the same day, each the one of pencil and paper."""
    found = _hand_study("market", ("patell",), twins=True).to_dict()["aggregates"][0]["tests"]["patell"]
    return float(found["statistic"])


def student_pvalue() -> float:
    import numpy as np

    from eventstudy.inference.distributions import pvalue

    return float(pvalue(np.array([2.228139]), np.array([10.0]), "t", "two-sided")[0])


def normal_pvalue() -> float:
    import numpy as np

    from eventstudy.inference.distributions import pvalue

    return float(pvalue(np.array([10.0]), np.array([np.nan]), "normal", "greater")[0])


def placebo_outside() -> float:
    """Return how many of five placebo days moved at least as far as 0.02: -0.03, 0.02 and 0.05 did."""
    import numpy as np

    from eventstudy.inference.placebo_test import count_placebo

    days = np.array([-0.03, 0.019, 0.02, 0.05, 0.0])
    return float(count_placebo(np.array([0.02]), (days,)).two_sided[0])


def moscow_opening() -> float:
    """Return the hour (UTC) at which the currency board opened on 13 April 2021: 07:00 in Moscow since 1 March."""
    from datetime import date

    from eventstudy.market.calendars import calendar, sessions

    first = min(session.opens_at for session in sessions(calendar("MOEX-FX"), date(2021, 4, 13), date(2021, 4, 13)))
    return first.hour + first.minute / 60


def quote_on_record() -> float:
    """Return the demo's SIMULATED close at 18:53 Moscow time, which passes through the article's figure."""
    from datetime import UTC, datetime

    import pandas as pd

    from eventstudy.simulate.demo import demo_market

    bars = next(b for b in demo_market().bars if b.instrument.code == "USD000UTSTOM")
    return float(bars.frame["close"].loc[pd.Timestamp(datetime(2021, 4, 13, 15, 53, tzinfo=UTC))])


HAND = "by hand: five estimation days, one event day"
CASES: tuple[Case, ...] = (
    Case("ECB fixing, 13 to 14 April 2021", math.log(75.6857 / 77.2066), 2e-6, "ECB reference rates", fixing_response),
    # alpha = 1, beta = 2 (in 0.01), so AR = 9 - 1 - 2 * 3 = 2.
    Case("market model, abnormal return", 0.02, 1e-15, HAND, lambda: car(_hand_study("market"))),
    # s2 = (1 + 4 + 4 + 4 + 1) / 3 = 14/3; V = 14/3 (1 + 1/5 + 9/10) = 49/5; t = 2 / sqrt(9.8).
    Case(
        "market model, t",
        2 / math.sqrt(9.8),
        1e-12,
        HAND,
        lambda: statistic(_hand_study("market"), "time_series_t"),
    ),
    # mean = (-2 - 3 + 3 + 1 + 6) / 5 = 1, so AR = 9 - 1 = 8.
    Case("constant mean, abnormal return", 0.08, 1e-15, HAND, lambda: car(_hand_study("constant_mean"))),
    # s2 = (9 + 16 + 4 + 0 + 25) / 4 = 13.5; V = 13.5 (1 + 1/5) = 16.2; t = 8 / sqrt(16.2).
    Case(
        "constant mean, t",
        8 / math.sqrt(16.2),
        1e-12,
        HAND,
        lambda: statistic(_hand_study("constant_mean"), "time_series_t"),
    ),
    # Each t is 2 / sqrt(9.8) on 3 df, so Z = 2 t / sqrt(2 * 3 / (3 - 2)).
    Case("Patell Z of two events", 4 / math.sqrt(9.8 * 6), 1e-12, "closed form of Patell 1976, by hand", patell_z),
    Case("Student t, p of 2.228139 on 10 df", 0.05, 1e-7, "any table of Student's t", student_pvalue),
    Case("normal, p of 10 standard errors", 7.61985302416047e-24, 1e-35, "Abramowitz and Stegun 26.2", normal_pvalue),
    Case("placebo days with a CAR at least as large", 3, 0, "counted by hand", placebo_outside),
    Case("currency board opens 13 April 2021, UTC", 4, 0, "Moscow Exchange: 07:00 since 1 March 2021", moscow_opening),
    Case("demo quote at 18:53, SIMULATED", 76.16, 0.005, "the founding article: 76.16 as of 18:53", quote_on_record),
)
