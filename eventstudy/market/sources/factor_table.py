"""Tables of factor returns as libraries distribute them: whether they hold returns, and in which unit."""

from __future__ import annotations

import numpy as np

from eventstudy.market.sources.description import DataSpec
from eventstudy.market.sources.price_files import paths_of
from eventstudy.market.sources.several_tables import read_table
from eventstudy.market.sources.source_series import without_codes

# A typical bar that moves by a tenth: no market does, percent do.
TYPICAL_MOVE = 0.1


def as_returns_where_they_are(spec: DataSpec) -> DataSpec:
    """Return the description of a table of factors with what its numbers say: prices are positive, returns are not.

    A table that holds returns is taken as simple returns; one whose typical value exceeds a tenth as percent.
    """
    paths = paths_of(spec)
    if len(paths) != 1 or paths[0].suffix == ".parquet":
        return spec
    columns = [rows.columns["close"] for rows in read_table(paths[0], spec).series.values()]
    known = [values[np.isfinite(values)] for values in (without_codes(column)[0] for column in columns)]
    if not any(len(values) and (values <= 0).mean() > 0.1 for values in known):
        return spec
    typical = max(float(np.median(np.abs(values))) for values in known if len(values))
    unit = "percent" if typical > TYPICAL_MOVE else spec.unit
    return spec.model_copy(update={"holds": "simple returns", "unit": unit})
