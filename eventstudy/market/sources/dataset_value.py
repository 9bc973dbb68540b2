"""Dataset: series that stay on disk or behind s3:// until the workers of a study read what they need."""

from __future__ import annotations

from eventstudy.arrays import value
from eventstudy.market.sources.description import DataSpec
from eventstudy.renamed import named_fields


@named_fields
@value
class Dataset:
    """A Parquet dataset that a study reads by need; nothing of it is in memory.

    Attributes
    ----------
    spec : DataSpec
        Where it is, and what its files do not say about themselves.
    offline : bool
        Keep an address from the network.
    any_sign : bool
        Whether prices at or below zero are data, as in a study of differences.
    memory : int
        Bytes that one worker may use.
    keep : str
        Folder that keeps the answers of finished shards, so that a run that was ended takes them up; empty for none.

    Examples
    --------
    >>> Dataset(DataSpec(source="dataset", path="s3://prices/bars?region=us-east-1", step="1min"))
    <Dataset s3://prices/bars>
    """

    spec: DataSpec
    offline: bool = False
    any_sign: bool = False
    memory: int = 1_000_000_000
    keep: str = ""

    def __repr__(self) -> str:
        return f"<Dataset {shown(self.spec.path)}>"


def shown(path: str) -> str:
    """Return a path for messages and reports: an address without keys and options.

    >>> shown("s3://key:secret@bucket/bars?region=us-east-1")
    's3://bucket/bars'
    """
    address, sign, rest = path.partition("://")
    return f"{address}{sign}{rest.partition('?')[0].rpartition('@')[2]}" if sign else path
