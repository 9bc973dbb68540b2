"""The gallery shows every figure, with the line that makes it."""

from __future__ import annotations

import importlib.util
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

import pytest

from eventstudy.report.figures import FIGURES

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def gallery() -> Any:
    loader = SourceFileLoader("gallery", str(ROOT / "scripts" / "gallery"))
    spec = importlib.util.spec_from_loader("gallery", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_the_gallery_has_every_figure_and_its_picture(gallery: Any) -> None:
    assert set(gallery.SOURCES) == set(FIGURES), "Add the figure to scripts/gallery and run it."
    assert (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8") == gallery.page(), "Run scripts/gallery."
    pictures = {path.stem for path in (ROOT / "docs" / "images" / "gallery").glob("*.png")}
    assert pictures == set(FIGURES)


def test_the_line_of_a_figure_makes_it(gallery: Any) -> None:
    axes = gallery.demo().plot(kind="horizons")
    assert axes.figure.findobj(match=lambda artist: ", after " in getattr(artist, "get_text", str)())
