"""The report as Markdown: the same content in the same order as the page."""

from __future__ import annotations

from collections.abc import Mapping

from eventstudy.report.page_parts import Page, Section
from eventstudy.report.table_files import table_markdown
from eventstudy.show.escape import for_markdown


def render_markdown(page: Page, pictures: Mapping[str, str]) -> str:
    """Return the page as Markdown; ``pictures`` maps a figure's name to the file it was written to."""
    stamp = "SIMULATED: " if page.simulated else ""
    parts = [f"# {stamp}{for_markdown(page.title)}"]
    parts += [for_markdown(sentence, 1000) for sentence in page.finding]
    for section in page.sections:
        parts += _section(section, pictures)
    return "\n\n".join(parts).rstrip() + "\n"


def _section(section: Section, pictures: Mapping[str, str]) -> list[str]:
    parts = [f"## {for_markdown(section.heading)}"]
    parts += [for_markdown(paragraph, 2000) for paragraph in section.paragraphs]
    if section.points:
        parts.append("\n".join(f"- {for_markdown(point, 1000)}" for point in section.points))
    if section.citations:
        cited = [f"- {for_markdown(c.name)}: {for_markdown(c.text, 1000)} {c.url}".rstrip() for c in section.citations]
        parts.append("\n".join(cited))
    for picture in section.pictures:
        if picture.name in pictures:
            parts.append(f"![{for_markdown(picture.alt)}]({pictures[picture.name]})")
        title = picture.title if picture.title.endswith("?") else f"{picture.title}."
        parts.append(f"*{for_markdown(f'{title} {picture.caption}')}*")
    parts += [table_markdown(table).rstrip() for table in section.tables]
    return parts + [for_markdown(note, 1000) for note in section.notes]
