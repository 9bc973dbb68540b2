"""The interactive page: plotly inside, nothing from outside, hostile text as text."""

from __future__ import annotations

import re
import sys

import pytest

from eventstudy.errors import UsageError
from eventstudy.report.interactive import interactive, shown
from tests.report.made import made_result


def test_without_plotly_the_word_is_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "plotly.subplots", None)
    with pytest.raises(UsageError, match=r"market-eventstudy\[interactive\]"):
        interactive(made_result())


def test_the_page_holds_its_script_and_loads_nothing() -> None:
    pytest.importorskip("plotly", reason="plotly is not installed (extra 'interactive')")
    result = made_result(title="</script><script>alert(1)</script>", simulated=True)
    page = interactive(result)
    assert page == interactive(result)
    text = page.decode("utf-8")
    assert "alert(1)</script>" not in text
    assert not re.search(r"<script[^>]+src=", text)
    assert "SIMULATED" in text


def test_labels_are_escaped_for_plotly() -> None:
    assert shown("<a href='https://evil.example'>x</a>") == "&lt;a href=&#x27;https://evil.example&#x27;&gt;x&lt;/a&gt;"
