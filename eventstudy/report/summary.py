"""The answer as lines of a terminal: the finding, four figures, one table, what qualifies it; more where asked.

At most 78 cells wide, wider where the terminal is. A table that is too wide leaves out, in this order: counts, earlier
horizons (or the median), the volume, the last horizon (or the fraction that rose), the bar, the adjusted p-value, the
interval.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from eventstudy.abnormal.models.table import MODELS
from eventstudy.report.about import claim_table
from eventstudy.report.clock_words import moved, with_words
from eventstudy.report.figure_data import price_responses
from eventstudy.report.finding import finding
from eventstudy.report.front_table import BAR, PAGE, FrontTable, front_table
from eventstudy.report.headline import Headline, headline
from eventstudy.report.reaction_sections import reaction_tables, reaction_texts
from eventstudy.report.response_section import response_text
from eventstudy.report.result_tables import aggregate_table, cut_short, response_table
from eventstudy.report.tables import text_table
from eventstudy.response.response_rows import table
from eventstudy.show.escape import for_terminal, printable
from eventstudy.show.numbers import unstamped
from eventstudy.show.terminal_text import bar, kept_columns, pad, wrap
from eventstudy.study.reaction_frames import document

if TYPE_CHECKING:
    from rich.text import Text

    from eventstudy.errors import Notice
    from eventstudy.study.result import StudyResult

WIDTH, WIDEST_TEXT = 78, 100
# More rows than this are a file's work, not a terminal's: the files and ``to_frame`` have all of them.
MOST_ROWS = 40
MOST_UNUSED, MOST_WARNINGS = 3, 3
# What changes the meaning of every number comes before the other warnings.
FIRST = ("ES-EVENT-ALL-INSTRUMENTS", "ES-EVENT-BARS", "ES-PRICE-IN-DOUBT", "ES-VARIABLE", "ES-TIME-CIRCULAR")
RISE, FALL, BADGE = "color(32)", "color(166)", "bold color(162)"
HALF_BAR = 8
LEAST_BESIDE = 30


def summary(result: StudyResult, *, verbose: bool = False, width: int = WIDTH) -> str:
    """Return the answer as plain text: lines of at most ``width`` cells, all tables and warnings if ``verbose``."""
    lines = [line.plain for line in answer(result, verbose=verbose, width=width)]
    return "\n".join(line.rstrip() for line in lines).rstrip() + "\n"


def answer(result: StudyResult, *, verbose: bool = False, width: int = WIDTH) -> list[Text]:
    """Return the answer as styled lines for a ``rich.console.Console``."""
    from rich.text import Text

    said = headline(result)
    lines = [*_title(result, said, width), *_warnings(result.notices, width, first=True), Text()]
    lines += [*_key_figures(said, width), Text()] if said.figures else []
    if said.figures:
        lines += [*_table(front_table(result).without(PAGE), width), Text()]
    sentences = [
        *said.sentences,
        *reaction_texts(with_words(result, {**result.tables(0), **document(result.reactions)})),
    ]
    for sentence in sentences:
        lines += [Text(line) for line in wrap(printable(sentence), min(width, WIDEST_TEXT))]
    lines += [Text()] if sentences else []
    lines += _unused(result, width, verbose=verbose)
    lines += _warnings(result.notices, width, most=None if verbose else MOST_WARNINGS)
    if verbose:
        lines += [Text(), *(Text(line) for part in _details(result, said, width) for line in part.splitlines() or [""])]
    while not lines[-1].plain:
        lines.pop()
    return lines


# How many observations had an outcome, as words after a number.
COUNTED_AS: Mapping[str, str] = {
    "needs_review": "to be reviewed",
    "unknown_instrument": "without prices",
    "outside_data": "outside the prices",
    "outside_validity": "outside the validity of the code",
    "window_incomplete": "with an incomplete event window",
    "estimation_too_short": "with too short an estimation window",
    "missing_returns": "with missing returns",
    "degenerate_window": "with an estimation window that gives no variance",
    "overlap": "overlapping an earlier one",
    "duplicate": "given twice",
    "circular_time": "dated from the price move",
    "failed": "without a finite estimate",
}


def _title(result: StudyResult, said: Headline, width: int) -> Iterator[Text]:
    """Return the finding in bold and the title of the study with its counts below."""
    from rich.text import Text

    stamp = "SIMULATED  " if result.simulated else ""
    for row, line in enumerate(wrap(f"{stamp}{said.title}.", min(width, WIDEST_TEXT))):
        shown = Text(line, "bold")
        if stamp and not row:
            shown.stylize(BADGE, 0, len(stamp))
        yield shown
    title = for_terminal(result.spec.title or result.spec.name, 200)
    counts = [f"{count:,} {COUNTED_AS.get(name, name)}" for name, count in result.ledger.counts().items()]
    about = f"Observations: {', '.join(counts) or 'none'}; {MODELS[result.spec.model].label}."
    about = f"{(unstamped(title) if stamp else title).rstrip('.')}. {about}"
    yield from (Text(line, "dim") for line in wrap(about, min(width, WIDEST_TEXT)))


def _key_figures(said: Headline, width: int) -> Iterator[Text]:
    from rich.cells import cell_len
    from rich.text import Text

    label = max(cell_len(f.label) for f in said.figures)
    values = [f"{f.number} {f.unit}".rstrip() for f in said.figures]
    number = max(map(cell_len, values))
    for figure, shown in zip(said.figures, values, strict=True):
        start = f"  {pad(figure.label, label)}  "
        beside = cell_len(start) + number + 2
        # Too narrow for words beside the number: they stand below it.
        indent = beside if min(width, WIDEST_TEXT) - beside >= LEAST_BESIDE else 6
        lines = wrap(printable(figure.words), min(width, WIDEST_TEXT) - indent)
        first = lines.pop(0) if lines and indent == beside else ""
        yield Text.assemble(start, (pad(shown, number), "bold"), "  ", first)
        yield from (Text(" " * indent + line) for line in lines)


def _table(shown: FrontTable, width: int) -> Iterator[Text]:
    """Return the table with the columns that fit; sign and color say the same."""
    from rich.cells import cell_len
    from rich.text import Text

    columns = shown.table.columns
    # The name of the test stands beside the key figures.
    titles = ["p" if column.name == "p" else column.title.replace("\u00d7", "x") for column in columns]
    cells = [[for_terminal(cell, 40) for cell in row] for row in shown.table.shown()]
    ranks, right = list(shown.ranks), [column.numeric for column in columns]
    if len(cells) > 1:
        largest = max(map(abs, filter(math.isfinite, shown.moves)), default=0.0)
        titles, ranks, right = [*titles, " " * (HALF_BAR - 4) + "fell|rose"], [*ranks, BAR], [*right, False]
        cells = [[*row, bar(move, largest, HALF_BAR)] for row, move in zip(cells, shown.moves, strict=True)]
    widths = [max(cell_len(row[i]) for row in [titles, *cells]) for i in range(len(titles))]
    painted = {column.title for column in columns if column.name in {"move", "mean"}}
    kept = kept_columns(widths, ranks, width - 2)
    over = sum(widths[i] + 2 for i in kept) - width
    widths[0] = max(8, widths[0] - max(over, 0))
    yield Text("  " + "  ".join(pad(titles[i], widths[i], right=right[i]) for i in kept).rstrip(), "dim")
    for row, move in zip(cells, shown.moves, strict=True):
        line = Text("  ")
        for i in kept:
            colored = (titles[i] in painted or ranks[i] == BAR) and move
            line.append(pad(row[i], widths[i], right=right[i]), (RISE if move > 0 else FALL) if colored else "")
            line.append("  ")
        yield line
    if shown.note and any(titles[i] == "p, adjusted" for i in kept):
        yield Text(f"  {shown.note}", "dim")
    if shown.omitted:
        yield Text(f"  {shown.omitted:,} more with smaller moves.", "dim")


def _unused(result: StudyResult, width: int, *, verbose: bool) -> Iterator[Text]:
    """Return which observations were not used, and why."""
    unused = list(islice((o for o in result.ledger if o.outcome != "used"), MOST_ROWS if verbose else MOST_UNUSED))
    yield from _points([f"Not used: {o.event} {o.instrument}: {o.reason}" for o in unused], width)
    left = len(result.ledger) - len(result.abnormal) - len(unused)
    yield from _points(
        [f"{left:,} more observation{'s were' if left > 1 else ' was'} not used."] if left > 0 else [], width
    )


def _warnings(notices: Sequence[Notice], width: int, *, first: bool = False, most: int | None = None) -> Iterator[Text]:
    """Return the warnings that change the meaning of every number (``first``), or the others; all unless ``most``."""
    chosen = [n for n in notices if (n.code in FIRST) == first]
    cut = first or most is not None
    shown = [f"{_sentence(n.message) if cut else for_terminal(n.message, 600)} [{n.code}]" for n in chosen[:most]]
    hidden = len(chosen) - len(shown)
    yield from _points([*shown, *([f"{hidden} more warning{'s' * (hidden > 1)}."] if hidden else [])], width)


def _points(texts: Sequence[str], width: int) -> Iterator[Text]:
    from rich.text import Text

    for text in texts:
        for row, line in enumerate(wrap(for_terminal(text, 700), min(width, WIDEST_TEXT) - 4)):
            yield Text(("    " if row else "  ! ") + line)


def _sentence(text: str, limit: int = 200) -> str:
    """Return the first sentence of a message."""
    end = text.find(". ")
    return for_terminal(text[: end + 1] if 0 < end < limit else text, limit)


def _details(result: StudyResult, said: Headline, width: int) -> Iterator[str]:
    """Return the whole finding and every table, for a reader who asked for more; no sentence a second time."""
    study, simulated = with_words(result, _beginning(result, MOST_ROWS)), result.simulated
    for sentence in finding(study, result.spec.level, moved(result)):
        if sentence in said.sentences:
            continue
        yield from wrap(for_terminal(sentence, 400), min(width, WIDEST_TEXT))
    yield ""
    responses = price_responses(result)
    if responses is not None and len(responses):
        yield response_text(table(responses), simulated=simulated, most=MOST_ROWS)
        yield ""
    if (claims := claim_table(result)) is not None:
        yield text_table(claims)
        yield ""
    if len({row["event"] for row in study["responses"]}) > 1:
        yield text_table(aggregate_table(study, simulated=simulated))
        yield ""
    if study["responses"]:
        yield text_table(response_table(study, simulated=simulated))
    yield from (text_table(cut_short(one)) for one in reaction_tables(study, simulated=simulated))
    if len(result.abnormal) > MOST_ROWS:
        yield f"These are {MOST_ROWS} of {len(result.abnormal):,}; car.csv and to_frame('car') have all."


def _beginning(result: StudyResult, most: int | None) -> dict[str, Any]:
    """Return the result as JSON values with at most so many observations; outcomes: the unused ones."""
    unused: Sequence[Any] = list(islice((o for o in result.ledger if o.outcome != "used"), MOST_ROWS))
    return {
        "outcomes": [{"event": o.event, "instrument": o.instrument, "reason": o.reason} for o in unused],
        "warnings": [{"code": n.code, "message": n.message} for n in result.notices],
        **result.tables(most),
        **document(result.reactions),
    }
