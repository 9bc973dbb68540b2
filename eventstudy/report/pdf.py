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
    made: bytes = HTML(string=html, url_fetcher=_only_data).write_pdf()
    return made


def _only_data(url: str, *args: object, **options: object) -> object:
    """Open the figures inside the page and refuse everything else."""
    if not url.startswith("data:"):
        raise UsageError(f"The page asked for {url[:80]!r}; a report loads nothing from outside.")
    from weasyprint.urls import default_url_fetcher

    return default_url_fetcher(url)
