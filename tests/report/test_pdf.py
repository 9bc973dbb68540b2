"""PDF where weasyprint is, a clear word where it is not; never anything from outside."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from eventstudy.errors import UsageError
from eventstudy.report.build import build
from eventstudy.report.html import render_page
from eventstudy.report.pdf import render_pdf, with_values
from eventstudy.report.write import save
from tests.report.made import made_result

PAGE = "<h1>A call</h1><p>SBER +113.5 bp</p>"


def test_without_weasyprint_the_word_is_clear(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(UsageError, match=r"market-eventstudy\[pdf\].*print report.html"):
        save(made_result(), tmp_path, also=("report.pdf",))
    assert not (tmp_path / "manifest.json").exists()


def test_a_page_becomes_a_pdf() -> None:
    try:
        import weasyprint  # noqa: F401
    except (ImportError, OSError) as error:
        pytest.skip(f"weasyprint or Pango is not installed (extra 'pdf'): {error}")
    assert render_pdf(PAGE).startswith(b"%PDF-")


@pytest.mark.parametrize("source", ["https://evil.example/x.png", "file:///etc/passwd"])
def test_nothing_is_fetched(source: str) -> None:
    pytest.importorskip("weasyprint")
    page = PAGE.replace("</p>", f'</p><img src="{source}">')
    assert source in page
    with pytest.raises(UsageError, match="loads nothing"):
        render_pdf(page)


def test_a_report_with_its_figures_becomes_a_pdf_in_their_colors() -> None:
    pytest.importorskip("weasyprint")
    report = build(made_result())
    html = render_page(report.page, {**report.pictures})
    assert "var(--one)" in html
    assert "var(--" not in with_values(html)
    document = render_pdf(html)
    assert document.startswith(b"%PDF-")
    assert len(document) > 20_000


def test_a_figure_inside_the_page_is_no_request() -> None:
    pytest.importorskip("weasyprint")
    dot = "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4="
    assert render_pdf(PAGE.replace("</p>", f'</p><img src="{dot}">')).startswith(b"%PDF-")
