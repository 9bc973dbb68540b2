"""Print time and memory of reading 10 million one-minute bars and cutting 1,000 windows, against pyarrow.

Run as ``python -m benchmarks.bench_store``. Each part runs in a process of its own, so that peaks do not mix; the
medians of three runs are compared.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

ROWS, WINDOWS, LENGTH = 10_000_000, 1_000, 500
COLUMNS = ("open", "high", "low", "close", "volume")
MINUTE_US = 60_000_000
RUNS = 3


def fill(root: Path) -> None:
    """Write the same bars into a store, into a folder of Parquet files, and into one plain Parquet file."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    from eventstudy.arrays import from_epoch_us
    from eventstudy.market.store.bar_store import BarStore, commit

    draw = np.random.default_rng(20210413)
    price = np.round(77 + draw.standard_normal(ROWS).cumsum() / 1000, 4)
    columns = {c: price + draw.integers(-3, 4, ROWS) / 1e4 for c in COLUMNS[:4]}
    columns["volume"] = draw.integers(1, 1000, ROWS).astype(float)
    closes = np.arange(1, ROWS + 1, dtype=np.int64) * MINUTE_US
    last = date(1970, 1, 1) + timedelta(days=int(closes[-1] // 86_400_000_000))
    frame = pd.DataFrame(columns, index=from_epoch_us(closes), copy=False)
    commit(BarStore(root / "store"), key(), frame, (date(1970, 1, 1), last))
    table = pa.table({"time": pa.array(closes).cast(pa.timestamp("us", "UTC")), **columns})
    pq.write_table(table, root / "plain.parquet", compression="zstd", row_group_size=131_072)
    (root / "folder").mkdir()
    for part in range(10):
        piece = table.slice(part * ROWS // 10, ROWS // 10)
        pq.write_table(piece, root / "folder" / f"{part}.parquet", compression="zstd", row_group_size=131_072)


def key():  # type: ignore[no-untyped-def]
    import pandas as pd

    from eventstudy.market.store.stored_series import SeriesKey

    return SeriesKey("bench", "MADE", "", pd.Timedelta(minutes=1))


def spans() -> list[tuple[int, int]]:
    starts = np.random.default_rng(7).integers(1, ROWS - LENGTH, WINDOWS)
    return [(int(s) * MINUTE_US, int(s + LENGTH - 1) * MINUTE_US) for s in starts]


def by_pyarrow(root: Path) -> int:
    """Read all columns with pyarrow as arrays, then cut the windows: what the package is compared with."""
    import pyarrow.parquet as pq

    return _cut_table(pq.read_table(root / "plain.parquet", use_threads=False))


def by_pyarrow_on_ours(root: Path) -> int:
    """The same on the store's own files, which are packed for speed."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from eventstudy.market.store.bar_store import BarStore, state

    store = BarStore(root / "store")
    paths = [store.folder(key()) / "segments" / s.file_name for s in state(store, key()).segments]
    return _cut_table(pa.concat_tables([pq.read_table(path, use_threads=False) for path in paths]))


def _cut_table(table: Any) -> int:
    table = table.rename_columns(["time", *COLUMNS])
    arrays = {name: table[name].to_numpy() for name in table.column_names}
    closes = arrays["time"].astype("datetime64[us]").astype(np.int64)
    total = 0
    for first, last in spans():
        start, stop = np.searchsorted(closes, [first, last + 1])
        total += sum(len(values[start:stop].copy()) for values in arrays.values()) // len(arrays)
    return total


def by_store(root: Path) -> int:
    from eventstudy.market.store.bar_store import BarStore, read

    block = read(BarStore(root / "store"), key())
    return sum(len(block.cut(*span)) for span in spans())


def by_store_windows(root: Path) -> int:
    from eventstudy.market.store.bar_store import BarStore, windows

    return sum(map(len, windows(BarStore(root / "store"), key(), spans())))


def by_folder(root: Path) -> int:
    from eventstudy.market.sources.description import DataSpec
    from eventstudy.market.sources.folder import folder_windows

    spec = DataSpec(source="folder", path=str(root / "folder"), step="1min", label="right")
    return sum(map(len, folder_windows(spec, "MADE", spans())))


PARTS: dict[str, Callable[[Path], int]] = {
    "pyarrow": by_pyarrow,
    "pyarrow on the store's files": by_pyarrow_on_ours,
    "store": by_store,
    "windows": by_store_windows,
    "folder": by_folder,
}


def measure(part: str, root: Path) -> dict[str, float]:
    PARTS[part].__module__  # noqa: B018 - the imports below are not part of what is measured
    import pandas  # noqa: F401
    import pyarrow.parquet  # noqa: F401

    import eventstudy.market.sources.folder
    import eventstudy.market.store.bar_store  # noqa: F401

    before = peak_kilobytes()
    begun = time.perf_counter()
    bars = PARTS[part](root)
    seconds = time.perf_counter() - begun
    assert bars == WINDOWS * LENGTH
    return {"seconds": seconds, "megabytes": (peak_kilobytes() - before) / 1024}


def peak_kilobytes() -> int:
    """Return the peak of this very process; ``ru_maxrss`` would still hold that of the one that started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM")))


def main() -> None:
    if len(sys.argv) == 3:
        print(json.dumps(measure(sys.argv[1], Path(sys.argv[2]))))
        return
    size = ROWS * 8 * (len(COLUMNS) + 1) / 2**20
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder))
        found: dict[str, dict[str, float]] = {}
        for part in PARTS:
            command = [sys.executable, "-m", "benchmarks.bench_store", part, folder]
            runs = [json.loads(subprocess.run(command, capture_output=True, check=True).stdout) for _ in range(RUNS)]
            found[part] = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    base = found["pyarrow"]["seconds"]
    print(f"{ROWS:,} one-minute bars, {WINDOWS:,} windows of {LENGTH}; the columns are {size:,.0f} MB in memory")
    for part, one in found.items():
        print(
            f"{part:<28} {one['seconds']:6.2f} s  {one['seconds'] / base:5.2f} x pyarrow   "
            f"{one['megabytes']:7,.0f} MB  {one['megabytes'] / size:5.2f} x the columns"
        )


if __name__ == "__main__":
    main()
