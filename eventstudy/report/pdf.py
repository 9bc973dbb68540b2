"""The page as PDF, where weasyprint and the Pango library are installed."""

from __future__ import annotations

import re

from eventstudy.errors import UsageError
from eventstudy.report.style import variables


def render_pdf(html: str) -> bytes:
    """Return the page as PDF; nothing is fetched meanwhile.

    Variables of the style sheet get their values before: inside figures, WeasyPrint does not know them.

    Raises
    ------
    UsageError
        If weasyprint or a library it needs is not installed: the message says how to get it and what to do instead.
    """
    try:
        from weasyprint import HTML
    except (ImportError, OSError) as error:
        raise UsageError(
            f"A PDF needs weasyprint and the Pango library, which are not both installed ({type(error).__name__}).",
            remedy="Run: pip install 'market-eventstudy[pdf]' (and install Pango), or print report.html to PDF.",
        ) from None
    from weasyprint.urls import FatalURLFetchingError, URLFetcher

    # Figures are part of the page as data: URLs; everything else is refused.
    fetcher = URLFetcher(allowed_protocols=("data",), fail_on_errors=True)
    try:
        document: bytes = HTML(string=with_values(html), url_fetcher=fetcher).write_pdf()
    except (FatalURLFetchingError, ValueError) as error:
        raise UsageError(f"The page asked for something outside it ({error}); a report loads nothing.") from None
    return document


def with_values(html: str) -> str:
    """Return a page with the light values in the place of style-sheet variables.

    >>> with_values("fill:var(--ink)")
    'fill:#14181d'
    """
    values = dict(pair.split(":", 1) for pair in f"{variables('light')};--badge:#7a1f5c;--badge-bg:#f7e6f0".split(";"))
    return re.sub(r"var\((--[a-z0-9-]+)\)", lambda match: values.get(match[1], "inherit"), html)
