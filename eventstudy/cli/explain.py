"""``eventstudy explain``: the formula, the window, the numbers and the dropped rows behind one figure of a result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from eventstudy.cli import complete, console
from eventstudy.cli.results import figures_of, read_bars, read_fits, read_result
from eventstudy.errors import UnknownNameError

Json = Mapping[str, Any]
Result = Annotated[Path, typer.Argument(help="Directory of a result, or its result.json.", metavar="RESULT")]
Figure = Annotated[
    str,
    typer.Argument(
        help="EVENT/INSTRUMENT/START:STOP or mean/START:STOP. Default: list all.",
        metavar="[ID]",
        autocompletion=complete.figures,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]


def explain(result: Result, figure: Figure = "", as_json: AsJson = False) -> None:
    """Show how a reported number was computed.

    The explanation lists formula, windows, estimated model, every bar, tests, and excluded events with the reason.

    Without an ID the numbers of the result are listed. Returns are decimal; 1 bp is 0.0001.

    Examples:

      eventstudy explain result
      eventstudy explain result biden-putin-2021-04-13/USD000UTSTOM/0:0
    """
    with console.working("reading the result"):
        study, facts = read_result(result)
    figures = dict(figures_of(study))
    if not figure:
        rows = [(name, _bp(found.get("car", found.get("caar")))) for name, found in figures.items()]
        if as_json:
            console.json_data([name for name, _ in rows])
        else:
            console.table(("id", "response"), rows)
        return
    if figure not in figures:
        raise UnknownNameError("figure of this result", figure, figures)
    answer = explanation(figure, figures[figure], study, facts)
    with console.working("reading the bars of the result"):
        bars = read_bars(result)
    answer |= behind(figure, answer, study, bars)
    answer["fit"] = read_fits(result).get((figures[figure].get("event", ""), figures[figure].get("instrument", "")))
    if as_json:
        console.json_data(answer)
    else:
        console.data(as_text(answer))


def explanation(name: str, figure: Json, study: Json, facts: Json) -> dict[str, Any]:
    """Return all that is behind one figure, as plain data."""
    from eventstudy.abnormal.models.table import MODELS
    from eventstudy.inference.table import TESTS

    spec = facts["spec"]
    model = MODELS[spec["model"]]
    mean = name.startswith("mean/")
    dropped = [row for row in study["outcomes"] if row["outcome"] != "used" and (mean or row["event"] in name)]
    tests = [
        {
            "test": test,
            "null": TESTS[test].null,
            "formula": TESTS[test].formula,
            "source": TESTS[test].source,
            **numbers,
        }
        for test, numbers in figure["tests"].items()
    ]
    return {
        "id": name,
        "simulated": study.get("simulated", False),
        "value": figure.get("caar" if mean else "car"),
        "standard_error": figure.get("se"),
        "what": _WHAT[mean],
        "window": {"tau": figure["window"], "clock": spec["clock"], "anchor": spec["anchor"], "meaning": _ANCHOR},
        "returns": spec["returns"],
        "model": {"name": spec["model"], "formula": model.formula, "source": model.source},
        "estimation": spec["estimation"],
        "estimation_clock": spec.get("estimation_clock") or spec["clock"],
        "tests": tests,
        "events_used": figure.get("n_events", 1),
        "dropped": dropped,
        "warnings": study["warnings"],
        "data": facts.get("data", []),
    }


def behind(name: str, answer: Json, study: Json, bars: Sequence[Json]) -> dict[str, Any]:
    """Return the numbers that one figure is the sum or the mean of: its bars, or the CAR of every event."""
    start, stop = answer["window"]["tau"]
    if name.startswith("mean/"):
        rows = [r for r in study["responses"] if r["window"] == [start, stop]]
        return {"events": [{key: r[key] for key in ("event", "instrument", "car", "se")} for r in rows]}
    of_window = [bar for bar in bars if f"{bar['event']}/{bar['instrument']}/{start}:{stop}" == name]
    return {"bars": [bar for bar in of_window if start <= bar["tau"] <= stop]}


_WHAT = {
    True: "CAAR: mean over the used events of their cumulative abnormal returns in the window",
    False: "CAR: sum of the abnormal returns of one event in the window",
}
_ANCHOR = (
    "tau = 0 runs from the reference close (the last before the news could be public) to the first close after it "
    "surely was; every other tau is one bar"
)


def as_text(answer: Mapping[str, Any]) -> str:
    """Return an explanation as lines for a person."""
    start, stop = answer["window"]["tau"]
    lines = [f"{answer['id']}: {_bp(answer['value'])}" + ("  SIMULATED data" if answer["simulated"] else "")]
    lines += [f"what       {answer['what']}"]
    lines += [
        f"window     tau {start:+d} to {stop:+d} in {answer['window']['clock']}, anchor {answer['window']['anchor']}"
    ]
    lines += [f"           {answer['window']['meaning']}"]
    lines += [f"model      {answer['model']['name']}: {answer['model']['formula']} ({answer['model']['source']})"]
    lines += [f"estimated  {_estimation(answer)}; {answer['returns']} returns"]
    lines += _fit_line(answer["fit"])
    lines += _numbers(answer)
    if answer["standard_error"] is not None:
        lines += [f"se         {_bp(answer['standard_error']).lstrip('+')}"]
    for test in answer["tests"]:
        shown = {key: test[key] for key in ("statistic", "df", "pvalue", "n") if test.get(key) is not None}
        numbers = ", ".join(f"{key} {value:.6g}" for key, value in shown.items())
        lines += [f"test       {test['test']}: {numbers or test['reason']}"]
        lines += [f"           null: {test['null']}; {test['formula']} ({test['source']})"]
    lines += [f"dropped    {row['event']} {row['instrument']}: {row['reason']}" for row in answer["dropped"]]
    lines += ["dropped    nothing"] if not answer["dropped"] else []
    lines += [f"warning    {row['code']}: {row['message']}" for row in answer["warnings"]]
    lines += [f"data       {row['name']}: SHA-256 {row['digest'][:16]}..." for row in answer["data"]]
    return "\n".join(lines)


def _numbers(answer: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line per bar with its running sum, or per event of a mean."""
    total = 0.0
    for bar in answer.get("bars", ()):
        total += bar["ar"] or 0.0
        merged = f", {bar['n_bars']} bars merged" if bar["n_bars"] > 1 else ""
        price = "" if bar.get("price") is None else f" at {bar['price']:,.6g}"
        ar = "no return, left out" if bar["ar"] is None else f"AR {_bp(bar['ar'])}, sum so far {_bp(total)}"
        close = bar["close"].replace(":00+00:00", " UTC")
        yield f"bar {bar['tau']:+6d} closes {close}{price}: {ar}{merged}"
    rows = answer.get("events", ())
    for row in sorted(rows, key=lambda row: -abs(row["car"] or 0.0))[:MOST_EVENTS]:
        yield f"event      {row['event']} {row['instrument']}: CAR {_bp(row['car'])}"
    if len(rows) > MOST_EVENTS:
        yield f"           these are the {MOST_EVENTS} largest of {len(rows)}; --json has all"


MOST_EVENTS = 20


def _fit_line(fit: Json | None) -> Iterator[str]:
    """Yield the estimated model of one event: window, observations, coefficients with standard errors, fit."""
    if fit is None:
        return
    dates = " to ".join(fit[end][:10] for end in ("first", "last") if fit[end])
    numbers = [f"{int(fit['n'])} returns" + (f" from {dates}" if dates else "")]
    for name, estimate in fit.items():
        if name.partition("_")[0] in ("alpha", "beta") and not name.endswith("_se") and estimate is not None:
            se = fit.get(f"{name}_se")
            numbers.append(f"{name} {_coefficient(name, estimate)}" + (f" (SE {_coefficient(name, se)})" if se else ""))
    if fit["sigma"] is not None:
        numbers.append(f"sigma {_bp(fit['sigma']).lstrip('+')}")
    if fit.get("r2") is not None:
        numbers.append(f"R2 {fit['r2']:.3f}")
    yield f"estimated  {', '.join(numbers)}"


def _coefficient(name: str, estimate: float) -> str:
    return _bp(estimate).lstrip("+") if name == "alpha" else f"{estimate:.4g}"


def _estimation(answer: Mapping[str, Any]) -> str:
    window, clock = answer["estimation"], answer["estimation_clock"]
    if window is None:
        return "from no estimation window"
    return f"from tau {window[0]} to {window[1]}" + ("" if clock == answer["window"]["clock"] else f" in {clock}")


def _bp(value: float | None) -> str:
    return "no number" if value is None else f"{1e4 * value:+.1f} bp"
