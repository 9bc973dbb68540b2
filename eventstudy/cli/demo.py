"""``eventstudy demo``: the founding case, offline: a SIMULATED day of minutes and the real daily fixing."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated

import typer

STUDIES = ("simulated-day", "fixing")
Out = Annotated[Path, typer.Option(help="Directory for figures and reports.", metavar="DIR")]


def demo(out: Out = Path("eventstudy-demo")) -> None:
    """Run the example study offline on SIMULATED minutes and ECB daily rates.

    Two studies of one event: simulated one-minute bars (SIMULATED, with a known effect), and the European
    Central Bank's daily fixing of USD/RUB.

    Examples:

      eventstudy demo

      eventstudy demo --out first-look
    """
    from eventstudy.cli import console
    from eventstudy.cli.run import answer
    from eventstudy.report.summary import answer as lines
    from eventstudy.study.load import load_study

    with as_file(files("eventstudy.cli") / "demo_studies") as folder:
        for name in STUDIES:
            result, written = answer(load_study(folder / f"{name}.toml"), (out / name, (), {}))
            console.lines(lines(result, width=console.width()))
            shown = [path for path in written if path.name in {"figure.png", "report.html"}]
            console.data("".join(f"  {path.name:<12} {path}\n" for path in shown))
