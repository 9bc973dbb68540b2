"""``eventstudy calibrate``: the size of a study's tests on its own quiet times, and the smallest effect they see."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eventstudy.cli import console, exits
from eventstudy.cli.compute import Scheduler, Workers
from eventstudy.errors import UsageError

if TYPE_CHECKING:
    from eventstudy.study.calibrate import Calibration

Study = Annotated[Path, typer.Argument(help="The study file (TOML).", metavar="STUDY.toml")]
Data = Annotated[
    Path | None, typer.Option(help="Directory of price files. Default: paths in the study file.", metavar="DIR")
]
Draws = Annotated[int, typer.Option(help="Number of placebo studies.", min=20, metavar="N")]
Figure = Annotated[
    Path | None,
    typer.Option(help="Plot the rejection rates to this file, .png or .svg; default: none.", metavar="FILE"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
PERCENT = 100.0
BASIS_POINTS = 1e4


def calibrate(
    study: Study,
    data: Data = None,
    draws: Draws = 200,
    figure: Figure = None,
    as_json: AsJson = False,
    workers: Workers = 1,
    scheduler: Scheduler = "",
) -> int:
    """Estimate size and power of the study's tests on non-event dates.

    The last column is the smallest detectable effect: the shock, in basis points of one bar, that the test detects
    with 80% power at the 5% level. "effective N" is the number of independent p-values with the same information; "!"
    marks a fraction outside the range of a correctly sized test.

    Examples:

      eventstudy calibrate study.toml
      eventstudy calibrate study.toml --draws 1000 --json
      eventstudy calibrate study.toml --draws 20 --figure sizes.png
    """
    from eventstudy.study.calibrate import calibrate as measure
    from eventstudy.study.executors import executor_for
    from eventstudy.study.load import load_study

    if figure is not None and figure.suffix not in {".png", ".svg"}:
        raise UsageError(f"{figure.name!r} is not a format of figures.", remedy="Name it .png or .svg.")
    with console.working("reading events and prices"):
        loaded = load_study(study, data_folder=data, offline=console.manners().offline, accept_proposals=True)
    given = loaded.spec, loaded.events, list(loaded.data), loaded.market, list(loaded.factors) or None
    with executor_for(workers, scheduler) as executor, console.working("calibrating"):
        found = measure(*given, draws=draws, executor=executor)
    if figure is not None:
        console.talk(f"wrote {draw(found, figure)}")
    if as_json:
        console.json_data({"study": loaded.spec.name, "calibration": [_entry(one) for one in found]})
        return exits.OK
    title = (
        f"{loaded.spec.name}: fraction of placebo p-values at or below each level; "
        "in brackets the range of a correctly sized test"
    )
    columns = ("test", "window", "n", "effective N", "1 %", "5 %", "10 %", "80 % see, bp")
    console.table(columns, (_row(one) for one in found), title)
    return exits.OK


def draw(found: Sequence[Calibration], path: Path) -> Path:
    """Write the calibration figure, as its ending says; drawn data says SIMULATED in the file's own words too."""
    from eventstudy.files import write_file
    from eventstudy.report.canvas import figure_of, png, svg
    from eventstudy.report.figures import FIGURES

    plotted = figure_of(FIGURES["calibration"](found))
    stamp = "SIMULATED: " if any(one.simulated for one in found) else ""
    title = f"{stamp}size of the tests on quiet times"
    return write_file(path, (svg if path.suffix == ".svg" else png)(plotted, title=title))


def _row(one: Calibration) -> tuple[object, ...]:
    effect = "none" if one.smallest_effect != one.smallest_effect else f"{one.smallest_effect * BASIS_POINTS:.0f}"
    return (one.test, str(one.window), one.draws, one.independent, *(_share(one, level) for level in one.size), effect)


def _share(one: Calibration, level: float) -> str:
    low, high = one.band[level]
    mark = "" if low <= one.size[level] <= high else "!"
    return f"{one.size[level] * PERCENT:.1f}{mark} ({low * PERCENT:.0f}-{high * PERCENT:.0f})"


def _entry(one: Calibration) -> dict[str, Any]:
    return {
        "test": one.test,
        "window": [one.window.start, one.window.stop],
        "n": one.draws,
        "independent": one.independent,
        "size": {f"{level:g}": value for level, value in one.size.items()},
        "band": {f"{level:g}": list(value) for level, value in one.band.items()},
        "smallest_effect": one.smallest_effect,
    }
