"""The report as a mail in a file: HTML with the figure inside, at most one megabyte, never sent from here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from eventstudy.errors import DataError
from eventstudy.report.html import environment
from eventstudy.report.page_parts import Page
from eventstudy.report.tables import text_table
from eventstudy.show.escape import plain

MOST_BYTES = 1_000_000
# A mail is read on the way: the first rows of a long table suffice.
MOST_ROWS = 60


def render_mail(page: Page, pictures: Mapping[str, bytes]) -> bytes:
    """Return an ``.eml`` file: plain text, HTML with inline styles, each figure as an inline PNG.

    Parameters
    ----------
    page : Page
    pictures : mapping of str to bytes
        PNG by figure name; what does not fit into the size limit is left out, and the mail says so.

    Raises
    ------
    DataError
        If the text alone is larger than a mail may be.
    """
    kept: dict[str, bytes] = dict(pictures)
    while True:
        message = _message(page, kept, left_out=len(pictures) - len(kept)).as_bytes(policy=SMTP)
        if len(message) <= MOST_BYTES:
            return message
        if not kept:
            raise DataError(
                f"The mail would have {len(message):,} bytes; allowed are {MOST_BYTES:,}.",
                remedy="Send report.html, or run the study on fewer events.",
            )
        kept.popitem()


def _message(page: Page, pictures: Mapping[str, bytes], *, left_out: int) -> EmailMessage:
    stamp = "SIMULATED: " if page.simulated else ""
    mail = EmailMessage()
    mail["Subject"] = f"{stamp}{plain(page.title, 120)}"
    mail["From"] = Address("eventstudy", "eventstudy", "localhost.invalid")
    mail["To"] = "undisclosed-recipients:;"
    mail["X-Unsent"] = "1"
    mail.set_content(plain_text(page))
    shown = {name: f"{name}@eventstudy" for name in pictures}
    html = environment().get_template("mail.html").render(page=page, shown=shown, left_out=left_out, most=MOST_ROWS)
    mail.add_alternative(re.sub(r"\n\s*\n+", "\n", html), subtype="html")
    body = list(mail.iter_parts())[-1]
    assert isinstance(body, EmailMessage)  # noqa: S101  it was added in the line above
    for name, content in pictures.items():
        file = f"{name}{'-SIMULATED' if page.simulated else ''}.png"
        body.add_related(content, "image", "png", cid=f"<{shown[name]}>", filename=file, disposition="inline")
    _fixed_boundaries(mail)
    return mail


def _fixed_boundaries(mail: EmailMessage) -> None:
    """Give every multipart the same boundary each time: the same result is the same bytes."""
    for number, part in enumerate(part for part in mail.walk() if part.is_multipart()):
        part.set_boundary(f"=-eventstudy-{number}-=")


def plain_text(page: Page) -> str:
    """Return the page as plain text of visible characters only."""
    stamp = "SIMULATED: " if page.simulated else ""
    parts = [stamp + plain(page.title), *[plain(sentence, 1000) for sentence in page.finding]]
    for section in page.sections:
        parts.append(section.heading.upper())
        parts += [plain(paragraph, 2000) for paragraph in section.paragraphs]
        parts += [f"- {plain(point, 1000)}" for point in section.points]
        parts += [f"- {plain(c.name)}: {plain(c.text, 1000)} {c.url}".rstrip() for c in section.citations]
        parts += [text_table(table) for table in section.tables]
        parts += [plain(note, 1000) for note in section.notes]
    return "\n\n".join(parts) + "\n"
