"""``eventstudy cite``: BibTeX for this package and for the methods a study uses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eventstudy.cli import complete, console

if TYPE_CHECKING:
    from eventstudy.references import Reference

Names = Annotated[
    list[str] | None,
    typer.Argument(
        help="Models and tests, for example: market patell.", metavar="[NAME]...", autocompletion=complete.methods
    ),
]
Study = Annotated[
    Path | None, typer.Option(help="Cite what this study file uses. Default: only the names.", metavar="STUDY.toml")
]


def cite(names: Names = None, study: Study = None) -> None:
    """Print BibTeX entries for the methods used.

    Entries are for this package, and for the models and tests named or used by a study.

    Examples:

      eventstudy cite patell placebo
      eventstudy cite --study study.toml
    """
    import eventstudy
    from eventstudy.references import package_bibtex

    asked = list(names or [])
    if study is not None:
        from eventstudy.study.spec import StudySpec

        spec = StudySpec.from_toml(study)
        asked += [spec.model, *spec.tests]
    entries = [package_bibtex(eventstudy.__version__), *(work.bibtex() for work in references(asked))]
    console.data("\n\n".join(dict.fromkeys(entries)))


def references(names: list[str]) -> list[Reference]:
    """Return the works behind each model or test.

    Raises
    ------
    UnknownNameError
        For a name that is neither.
    """
    from eventstudy.abnormal.models.table import MODELS
    from eventstudy.errors import UnknownNameError
    from eventstudy.inference.table import TESTS

    known = {name: row.references for name, row in MODELS.items()}
    known |= {name: row.references for name, row in TESTS.items()}
    for name in names:
        if name not in known:
            raise UnknownNameError("model or test", name, known)
    return [work for name in names for work in known[name]]
