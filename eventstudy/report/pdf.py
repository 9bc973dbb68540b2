"""The page as PDF, where weasyprint and the Pango library are installed."""

from __future__ import annotations

from eventstudy.errors import UsageError


def render_pdf(html: str) -> bytes:
    """Return the page as PDF; nothing is fetched while it is made.

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
        document: bytes = HTML(string=html, url_fetcher=fetcher).write_pdf()
    except (FatalURLFetchingError, ValueError) as error:
        raise UsageError(f"The page asked for something outside it ({error}); a report loads nothing.") from None
    return document
