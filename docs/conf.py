"""How the documentation is built: ``python -m sphinx -W docs docs/_build/html``; every warning is an error."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent / "_ext")]

import eventstudy  # noqa: E402

project = "eventstudy"
copyright = "the eventstudy authors"
release = version = eventstudy.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "tables_and_commands"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "_ext", "units"]
html_theme = "alabaster"
html_static_path = ["_static"]  # alabaster reads custom.css
html_theme_options = {"description": "What the price did, how fast, and how sure that is", "fixed_sidebar": True}
html_show_sphinx = False
html_copy_source = False
myst_heading_anchors = 3
napoleon_google_docstring = False
napoleon_use_rtype = False
autodoc_typehints = "none"
autodoc_member_order = "bysource"
python_use_unqualified_type_names = True
