"""The files of a result, each written at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eventstudy.news.items import Event
    from eventstudy.report.build import Report
    from eventstudy.study.result import StudyResult


def save(
    result: StudyResult,
    directory: str | Path,
    *,
    digests: Mapping[str, str] | None = None,
    events: Sequence[Event] = (),
    also: tuple[str, ...] = (),
    beside: Mapping[str, bytes] | None = None,
) -> tuple[Path, ...]:
    """Write a result's files into ``directory`` and return them in the order they were written.

    Always: ``result.json``, ``car.csv``, ``fits.csv`` (the estimated models) and ``ar.csv`` (the bars behind it) of a
    study that is not large, ``figure.png`` and
    ``figure.svg`` (where there is something to draw), ``report.html``; ``manifest.json`` comes last and holds the
    SHA-256 of every other file, so that a folder whose manifest agrees is whole. Simulated data says SIMULATED
    inside every file, and ``SIMULATED.txt`` says so in the folder.

    The files are written into a folder beside ``directory``, which then takes its place; an earlier result is removed
    only when the new one is complete. A folder that holds anything else is refused and left as it is.

    Parameters
    ----------
    result : StudyResult
    directory : str or Path
    digests : mapping of str to str
        SHA-256 of every input by its name.
    events : sequence of Event
        The events themselves, whose labels, times, evidence and sources the page then tells.
    also : tuple of str
        Further rows of :data:`EXTRAS`, for example ``("report.md", "report.eml")``; a file with options takes them
        behind a colon: ``"tables.tex:percent,stars"``.
    beside : mapping of str to bytes
        Further files as they are, for example the study file.

    Raises
    ------
    UnknownNameError
        For a name that is not in :data:`EXTRAS`, or an option that its file does not have.
    FileError
        If the folder cannot be written to, or holds files that are not of an earlier result; they are untouched.
    """
    from eventstudy.report.build import build
    from eventstudy.report.manifest import digest
    from eventstudy.report.placing import MANIFEST, check_replaceable, put_result
    from eventstudy.report.table_files import json_bytes
    from eventstudy.show.work_steps import counted

    folder = Path(directory)
    check_replaceable(folder)
    report = build(result, digests, events)
    makers = {**always(result, report), **dict(map(extra, also))}
    # Everything is computed before anything is written: an interrupt or a failure until then changes nothing.
    files = counted(makers.items(), "files made")
    contents = {name: make(result, report) for name, make in files} | dict(beside or {})
    written = {name: digest(content) for name, content in contents.items()}
    stamp = {"SIMULATED": SIMULATED_NOTE} if result.simulated else {}
    # Names alone do not say with which options a file was written; `reproduce` writes it again with them.
    options = {"also": chosen} if (chosen := [name for name in also if ":" in name]) else {}
    manifest = json_bytes({**stamp, **report.facts, **options, "files": written})
    put_result(folder, {**contents, MANIFEST: manifest})
    return tuple(folder / name for name in (*written, MANIFEST))


MOST_CELLS = 100_000
MOST_FITS = 10_000
SIMULATED_NOTE = "every number here comes from simulated data, not from a market"
Maker = Callable[["StudyResult", "Report"], bytes]


def always(result: StudyResult, report: Report) -> dict[str, Maker]:
    """Return the files every result gets."""
    figures: dict[str, Maker] = {"figure.png": _png, "figure.svg": _svg} if report.shown else {}
    stamp: dict[str, Maker] = {"SIMULATED.txt": _stamp} if result.simulated else {}
    bars: dict[str, Maker] = {"ar.csv": _ar} if result.abnormal.ar.size <= MOST_CELLS else {}
    fits: dict[str, Maker] = {"fits.csv": _fits} if len(result.abnormal) <= MOST_FITS else {}
    return {"result.json": _json, "car.csv": _car, **fits, **bars, **figures, "report.html": _html, **stamp}


def _json(result: StudyResult, report: Report) -> bytes:
    from eventstudy.report.table_files import json_bytes

    return json_bytes(({"SIMULATED": SIMULATED_NOTE} if result.simulated else {}) | result.to_dict())


def _car(result: StudyResult, report: Report) -> bytes:
    from eventstudy.report.table_files import frame_csv

    return frame_csv(result.to_frame("car"), simulated=result.simulated)


def _fits(result: StudyResult, report: Report) -> bytes:
    from eventstudy.report.table_files import frame_csv

    return frame_csv(result.to_frame("fits"), simulated=result.simulated)


def _ar(result: StudyResult, report: Report) -> bytes:
    from eventstudy.report.figure_data import prices_of
    from eventstudy.report.table_files import frame_csv

    return frame_csv(result.to_frame("ar").assign(price=prices_of(result)), simulated=result.simulated)


def _png(result: StudyResult, report: Report) -> bytes:
    from eventstudy.report.canvas import figure_of, png

    return png(figure_of(report.shown[0].draw()), title=_stamped(report))


def _svg(result: StudyResult, report: Report) -> bytes:
    from eventstudy.report.canvas import figure_of, svg

    return svg(figure_of(report.shown[0].draw()), title=_stamped(report))


def _stamped(report: Report) -> str:
    return f"{'SIMULATED: ' if report.page.simulated else ''}{report.page.title}"


def _html(result: StudyResult, report: Report) -> bytes:
    from eventstudy.report.html import render_page

    return render_page(report.page, report.pictures).encode("utf-8")


def _stamp(result: StudyResult, report: Report) -> bytes:
    return b"SIMULATED: every number in this folder comes from simulated data, not from a market.\n"


def _markdown(result: StudyResult, report: Report) -> bytes:
    from eventstudy.report.markdown import render_markdown

    first = {report.shown[0].picture.name: "figure.png"} if report.shown else {}
    return render_markdown(report.page, first).encode("utf-8")


def _latex(result: StudyResult, report: Report, *, percent: bool = False, stars: bool = False) -> bytes:
    from eventstudy.report.latex import LatexOptions, render_latex

    options = LatexOptions(percent=percent, stars=stars)
    return render_latex(report.page, options=options, name=result.spec.name).encode("utf-8")


def _mail(result: StudyResult, report: Report) -> bytes:
    from eventstudy.report.canvas import figure_of, small_png
    from eventstudy.report.mail import render_mail

    shown = [s for s in report.shown if not s.again]
    return render_mail(report.page, {s.picture.name: small_png(figure_of(s.draw())) for s in shown})


def _pdf(result: StudyResult, report: Report) -> bytes:
    from eventstudy.report.pdf import render_pdf

    return render_pdf(_html(result, report).decode("utf-8"))


def _parquet(result: StudyResult, report: Report) -> bytes:
    from eventstudy.report.table_files import frame_parquet

    return frame_parquet(result.to_frame("car"), simulated=result.simulated)


def _workbook(result: StudyResult, report: Report) -> bytes:
    from eventstudy.report.spreadsheet import workbook

    return workbook(result)


def _interactive(result: StudyResult, report: Report) -> bytes:
    from eventstudy.report.interactive import interactive

    return interactive(result)


# Files a result gets only when asked for.
EXTRAS: dict[str, Maker] = {
    "report.md": _markdown,
    "tables.tex": _latex,
    "report.eml": _mail,
    "report.pdf": _pdf,
    "car.parquet": _parquet,
    "tables.xlsx": _workbook,
    "figure.html": _interactive,
}
# Options of a file, written behind a colon and set to true in the call of its maker.
OPTIONS: dict[str, tuple[str, ...]] = {"tables.tex": ("percent", "stars")}


def extra(asked: str) -> tuple[str, Maker]:
    """Return the name of a further file and its maker, with the options that stand behind a colon.

    Raises
    ------
    UnknownNameError
        If there is no such file, or it has no such option.

    Examples
    --------
    >>> extra("tables.tex:percent,stars")[0]
    'tables.tex'
    """
    from functools import partial

    from eventstudy.arrays import look_up

    name, _, options = asked.partition(":")
    maker = look_up("report file", EXTRAS, name)
    known = dict.fromkeys(OPTIONS.get(name, ()), True)
    chosen = [option.strip() for option in options.split(",") if option.strip()]
    set_to = {option: look_up(f"option of {name}", known, option) for option in chosen}
    return name, partial(maker, **set_to) if set_to else maker
