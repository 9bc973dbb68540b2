"""The lines of ``eventstudy data check``; what holds of several instruments is printed once, with their names."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eventstudy.market.quality.problems import Finding
    from eventstudy.market.sources.survey import Survey

# Names of instruments that a line lists before it only counts them; --json has them all.
SHOWN = 10


def lines_of(surveys: Sequence[Survey]) -> list[str]:
    """Return the surveys of a file as lines: instruments that were read alike stand together.

    A universe in one table has one step, zone, calendar and label side, and often one defect in many instruments, such
    as a holiday filled with prices.
    """
    alike: dict[Hashable, list[Survey]] = {}
    for one in surveys:
        alike.setdefault((read_as(one), one.assumed, one.evidence.side, one.clock), []).append(one)
    return [line for group in alike.values() for line in lines_of_group(group)]


def lines_of_group(group: Sequence[Survey]) -> list[str]:
    """Return the lines of instruments that were read alike."""
    first = group[0]
    lines = [f"{names(group)}: {rows_of(group)}, {read_as(first)}"]
    lines += [f"  assumed: {words}" for words in first.assumed]
    one_reason = all(one.evidence == first.evidence for one in group)
    lines += [
        f"  label: {first.evidence}{'' if one_reason else f' (of {first.instrument.code})'}",
        f"  zone: {first.clock}",
    ]
    lines += findings_of(group)
    clean = [one for one in group if not one.inspection.findings]
    if clean:
        lines.append("  nothing found" + (f" in {names(clean)}" if len(clean) < len(group) else ""))
    return lines


def findings_of(group: Sequence[Survey]) -> list[str]:
    """Return one line for each kind of defect: the first instrument in full, the others with their rows."""
    kinds: dict[tuple[str, str], list[tuple[Survey, Finding]]] = {}
    for one in group:
        for finding in one.inspection.findings:
            kinds.setdefault((finding.kind, finding.action), []).append((one, finding))
    return [f"  {line}" for found in kinds.values() for line in lines_of_kind(found, len(group) > 1)]


def lines_of_kind(found: Sequence[tuple[Survey, Finding]], several: bool) -> list[str]:
    """Return the lines of one kind of defect."""
    (first, finding), others = found[0], found[1:]
    lines = [f"{first.instrument.code}: {finding}" if several else str(finding)]
    same = [one for one, other in others if str(other) == str(finding)]
    differ = [(one, other) for one, other in others if str(other) != str(finding)]
    if same:
        lines.append(f"  the same in {names(same)}")
    if differ:
        listed = ", ".join(f"{one.instrument.code}{other.rows}" for one, other in differ[:SHOWN])
        lines.append(f"  also in {listed}{more(len(differ))}")
    return lines


def names(group: Sequence[Survey]) -> str:
    """Return the codes of instruments, the first of many with the number of the others."""
    return ", ".join(one.instrument.code for one in group[:SHOWN]) + more(len(group))


def more(n: int) -> str:
    """Return how many are not listed."""
    return f" and {n - SHOWN:,} more" if n > SHOWN else ""


def rows_of(group: Sequence[Survey]) -> str:
    """Return how many rows each instrument has."""
    fewest, most = min(one.n_rows for one in group), max(one.n_rows for one in group)
    if len(group) == 1:
        return f"{most} row{'s' * (most != 1)}"
    return f"{len(group):,} instruments, " + (
        f"{most} rows each" if fewest == most else f"{fewest} to {most} rows each"
    )


def read_as(one: Survey) -> str:
    """Return how a series was read."""
    from eventstudy.market.store.stored_series import step_name

    return f"step {step_name(one.step)}, {one.spec.timezone or 'UTC'}, calendar {one.instrument.calendar}, {one.layout}"
