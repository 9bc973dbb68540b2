"""What a study asks of a dataset before its workers read: its columns, rows by instrument, a digest of files."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads

from eventstudy.arrays import brief
from eventstudy.errors import DataError, UsageError, takes
from eventstudy.market.sources.dataset import GridRequest, dataset_grid, parquet_dataset, unreadable
from eventstudy.market.sources.dataset_value import Dataset, shown
from eventstudy.market.sources.description import DataSpec
from eventstudy.market.sources.price_files import described
from eventstudy.renamed import named_arguments

FOOTER_BYTES = 8
SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([KMGT]?)(I?)B", re.IGNORECASE)
# Of a process at its peak: the interpreter with its libraries, and for every row the table read, its checks, the bars
# and the prices by the clock. `scripts/bench dataset` prints what they are.
LEAST_BYTES, ROW_BYTES = 300_000_000, 450
WORKER_MEMORY = "1GB"


def bytes_of(size: str) -> int:
    """Return a size in bytes.

    >>> bytes_of("1GB"), bytes_of("512 MiB")
    (1000000000, 536870912)

    Raises
    ------
    UsageError
        If it is not a size, or less than what a process takes before it reads.
    """
    found = SIZE.fullmatch(size.strip()) if isinstance(size, str) else None
    if found is None:
        raise UsageError(f"memory = {brief(size)} is not a size.", remedy='Write "1GB" or "800MB".')
    asked = int(float(found[1]) * (1024 if found[3] else 1000) ** " KMGT".index(found[2].upper() or " "))
    if asked <= LEAST_BYTES:
        raise UsageError(
            f"memory = {size!r} is too little: a worker takes {LEAST_BYTES // 10**6} MB before it reads.",
            remedy='Write "1GB".',
        )
    return asked


@named_arguments
@takes(path=(str, Path), memory=str, keep=str)
def open_dataset(path: str | Path, *, memory: str = WORKER_MEMORY, keep: str = "", **description: Any) -> Dataset:
    """Return a Parquet dataset for ``run_study``, whose workers read from it what the events need.

    Parameters
    ----------
    path : str or Path
        A folder of Parquet files of one schema, or an address: ``"s3://BUCKET/bars?region=us-east-1"``.
    memory : str
        What one worker may use, ``"1GB"``.
    keep : str
        Folder that keeps the answers of finished shards, for a run that is ended and started again; default: none.
    **description
        What the files do not say about themselves, as in a ``[data]`` table of a study file: ``step``, ``timezone``,
        ``label``, ``closes_at``, ``calendar``, ``columns`` ...

    Returns
    -------
    Dataset

    Raises
    ------
    DataError, UsageError
        If there is no dataset, or no column is known to hold times or prices.

    Examples
    --------
    >>> import pathlib, tempfile, pandas as pd
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = pd.bdate_range("2024-01-01", periods=3)
    >>> pd.DataFrame({"date": days, "ticker": "AAA", "close": [1.0, 2.0, 3.0]}).to_parquet(folder / "a.parquet")
    >>> data = open_dataset(str(folder), step="1D", timezone="America/New_York", closes_at="16:00")
    >>> data.spec.step
    '1D'
    """
    dataset = Dataset(described(path=str(path), source="dataset", **description), memory=bytes_of(memory), keep=keep)
    check_columns(dataset)
    return dataset


def check_columns(dataset: Dataset) -> str:
    """Return in words what a dataset is; one that cannot be read is refused before the study runs."""
    files = parquet_dataset(dataset.spec.path, offline=dataset.offline)
    try:
        _, found = dataset_grid(files, GridRequest(dataset.spec, None))
    except (OSError, pa.ArrowException) as error:
        raise unreadable(dataset.spec.path, error) from None
    shape = {"long": "instruments in a column", "one": "one instrument", "wide": "one column per instrument"}
    n = len(files.files)
    return f"{shown(dataset.spec.path)}: a dataset of {n:,} file{'s' * (n != 1)}, {shape[found.shape]}, read by need"


def dataset_digest(dataset: Dataset, codes: Collection[str]) -> str:
    """Return the SHA-256 of the names, sizes and footers of the files that may hold some instruments.

    A footer states the place, the size and as a rule the bounds of every column of every row group.
    """
    files = parquet_dataset(dataset.spec.path, offline=dataset.offline)
    digest = hashlib.sha256()
    try:
        for fragment in files.get_fragments(filter=_of_codes(files, dataset.spec, codes)):
            with fragment.filesystem.open_input_file(fragment.path) as file:
                size = file.size()
                end = file.read_at(FOOTER_BYTES, max(0, size - FOOTER_BYTES))
                length = min(size, int.from_bytes(end[:4], "little") + FOOTER_BYTES)
                name = fragment.path.rpartition(dataset.spec.path.rpartition("/")[2])[2]
                digest.update(f"{name}\n{size}\n".encode())
                digest.update(file.read_at(length, size - length))
    except (OSError, pa.ArrowException) as error:
        raise unreadable(dataset.spec.path, error) from None
    return digest.hexdigest()


def _of_codes(files: Any, spec: DataSpec, codes: Collection[str]) -> Any:
    """Return the filter of some instruments; None where no column has them."""
    grid, found = dataset_grid(files, GridRequest(spec, None))
    if found.ticker < 0:
        return None
    return pc.field(grid.names[found.ticker]).cast(pa.string()).isin(sorted(codes))


def rows_by_instrument(dataset: Dataset, codes: Sequence[str]) -> Mapping[str, int]:
    """Return about how many rows a dataset has of each instrument, by the statistics of its row groups.

    Rows of a group of several instruments are shared out evenly among all that it holds.

    Raises
    ------
    DataError, NetworkError
        If a file cannot be read.
    """
    files = parquet_dataset(dataset.spec.path, offline=dataset.offline)
    try:
        grid, found = dataset_grid(files, GridRequest(dataset.spec, None))
        if found.ticker < 0:
            return dict.fromkeys(codes, files.count_rows())
        return _counted(files, grid.names[found.ticker], sorted(codes))
    except (OSError, pa.ArrowException) as error:
        raise unreadable(dataset.spec.path, error) from None


def _counted(files: Any, name: str, known: list[str]) -> Mapping[str, int]:
    total: Counter[str] = Counter()
    per_group = 0
    for fragment in files.get_fragments():
        partition = pads.get_partition_keys(fragment.partition_expression)
        if name in partition and str(partition[name]) not in known:
            continue
        for group in fragment.row_groups:
            bounds = group.statistics.get(name, {}) if name not in partition else {}
            low, high = (str(bounds.get(side, partition.get(name, ""))) for side in ("min", "max"))
            inside = known[bisect_left(known, low) : bisect_right(known, high)] if high else known
            if not inside:
                continue
            several = low != high or not high
            if several:
                per_group = per_group or _distinct(fragment, group.id, name)
            total.update(dict.fromkeys(inside, -(-group.num_rows // max(len(inside), per_group if several else 1))))
    return total


def _distinct(fragment: Any, group: int, name: str) -> int:
    """Return how many instruments one row group holds."""
    column = fragment.subset(row_group_ids=[group]).to_table(columns=[name], use_threads=False)[name]
    return max(1, len(pc.unique(column)))


def physical_memory() -> int:
    """Return the bytes of memory that this machine has, as far as the system says."""
    return sys.maxsize if not hasattr(os, "sysconf") else os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def refuse_small_memory(dataset: Dataset, codes: Collection[str] | None, rows: int | None = None) -> None:
    """Refuse rows that are held at once and exceed the memory that is allowed; without ``rows`` all are counted.

    Raises
    ------
    DataError
        If they do.
    """
    if rows is None and _certainly_small(dataset):
        return
    if rows is None:
        every = codes is None or parquet_rows(dataset) * ROW_BYTES + LEAST_BYTES <= dataset.memory
        rows = parquet_rows(dataset) if every else sum(rows_by_instrument(dataset, sorted(codes or ())).values())
    needed = LEAST_BYTES + rows * ROW_BYTES
    if needed <= dataset.memory:
        return
    named = sorted(codes or ())
    some, most = ", ".join(named[:3]) + (", ..." if len(named) > 3 else ""), -(-needed // 10**9)
    raise DataError(
        f"{some or shown(dataset.spec.path)} needs {rows:,} rows at once, about {needed / 1e9:.2f} GB; "
        f"{dataset.memory / 1e9:.2f} GB are allowed.",
        remedy=f'Set [compute] memory = "{most}GB", or bound the period with first and last.',
    )


# A row takes at least so many bytes of a file, as prices and volumes do; fewer only where all rows are alike.
FILE_BYTES_PER_ROW = 4


def _certainly_small(dataset: Dataset) -> bool:
    """Return whether local files are so small that their rows need not be counted."""
    path = Path(dataset.spec.path)
    if "://" in dataset.spec.path or not path.exists():
        return False
    size = sum(file.stat().st_size for file in path.rglob("*")) if path.is_dir() else path.stat().st_size
    return LEAST_BYTES + size / FILE_BYTES_PER_ROW * ROW_BYTES <= dataset.memory


def parquet_rows(dataset: Dataset) -> int:
    """Return how many rows the files have."""
    return int(parquet_dataset(dataset.spec.path, offline=dataset.offline).count_rows())
