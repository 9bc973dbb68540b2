"""Options of commands that may compute on several processes or machines."""

from __future__ import annotations

from typing import Annotated

import typer

Workers = Annotated[int, typer.Option(help="Number of parallel processes.", min=1, max=256)]
Scheduler = Annotated[
    str,
    typer.Option(
        help="Compute on the Dask cluster of this scheduler (extra: dask). Default: none.", metavar="tcp://HOST:PORT"
    ),
]
