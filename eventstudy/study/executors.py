"""Who computes: this process, local processes (loky) or a Dask cluster. No other file knows these libraries."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import contextmanager
from typing import Any

from eventstudy.errors import NetworkError, UsageError, WorkerError

# One computing thread per worker: the workers are the parallelism.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
CONNECT_SECONDS = 10
# How often a cluster computes a task again whose worker died.
RETRIES = 3


@contextmanager
def executor_for(workers: int = 1, scheduler: str = "") -> Iterator[Executor | None]:
    """Yield what computes: None for this process, N local processes, or the cluster behind an address.

    Parameters
    ----------
    workers : int
        Local processes; 1 computes here.
    scheduler : str
        Address of a Dask scheduler, ``tcp://HOST:8786``.

    Raises
    ------
    UsageError
        If both are given, Dask is not installed, or the workers have another version of this package.
    NetworkError
        If the scheduler cannot be reached, or has no worker.
    """
    if scheduler and workers > 1:
        raise UsageError("--workers and --scheduler were both given.", remedy="Give one of them.")
    if scheduler:
        with _cluster(scheduler) as executor:
            yield executor
    elif workers > 1:
        with _local(workers) as executor:
            yield executor
    else:
        yield None


@contextmanager
def _local(workers: int) -> Iterator[Executor]:
    from loky import ProcessPoolExecutor

    executor = ProcessPoolExecutor(workers, env=dict.fromkeys(THREADS, "1"))
    try:
        yield executor
    finally:
        executor.shutdown(wait=True, kill_workers=True)


@contextmanager
def _cluster(address: str) -> Iterator[Executor]:
    try:
        import distributed
    except ImportError:
        raise UsageError(
            "A Dask cluster needs the package dask[distributed].", remedy="pip install 'market-eventstudy[dask]'."
        ) from None
    connect: Any = distributed.Client
    try:
        client = connect(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise NetworkError(
            f"The Dask scheduler {address} cannot be reached: {str(error) or type(error).__name__}.",
            remedy="Check the address (tcp://HOST:8786) and that the scheduler runs.",
        ) from None
    try:
        _check_workers(client, address)
        yield client.get_executor(retries=RETRIES)
    finally:
        client.close(timeout=CONNECT_SECONDS)


def _check_workers(client: Any, address: str) -> None:
    """Refuse a cluster without workers, and one whose workers run another version: their bits could differ."""
    from eventstudy import __version__

    if not client.ncores():
        raise NetworkError(f"The Dask scheduler {address} has no worker.", remedy="Start one: dask worker " + address)
    try:
        versions = client.run(package_version)
    except ImportError:
        raise UsageError(
            f"The workers of {address} do not have this package.",
            remedy=f"Install market-eventstudy {__version__} on them.",
        ) from None
    other = {where: version for where, version in versions.items() if version != __version__}
    if other:
        where, version = min(other.items())
        raise UsageError(
            f"The worker {where} runs version {version} of this package, and this process {__version__}.",
            remedy=f"Install version {__version__} on every worker.",
        )


def package_version() -> str:
    """Return the version of this package where the call runs."""
    from eventstudy import __version__

    return __version__


def worker_count(executor: Executor) -> int:
    """Return how many tasks an executor computes at once, as far as it says."""
    client = getattr(executor, "_client", None)
    if client is not None:
        return max(1, sum(map(int, client.ncores().values())))
    return int(getattr(executor, "_max_workers", 0) or os.cpu_count() or 1)


def results_of(futures: Iterable[Future[Any]]) -> Iterator[Any]:
    """Yield the results in the order of the tasks; workers that are gone end in one sentence.

    Raises
    ------
    WorkerError
        If a worker died and its task is not computed again, or the cluster is gone.
    """
    for future in futures:
        try:
            yield future.result()
        except (BrokenExecutor, CancelledError) as error:
            raise WorkerError(
                f"The workers are gone: {_first_line(error)}.",
                remedy="Look for a lack of memory or a stopped scheduler, then run it again.",
            ) from None
        except Exception as error:
            if type(error).__module__.partition(".")[0] != "distributed":
                raise
            raise WorkerError(
                f"The Dask cluster gave up a task: {_first_line(error)}.",
                remedy="Look at the logs of its workers, then run it again.",
            ) from None


def _first_line(error: BaseException) -> str:
    text = str(error).strip().splitlines()
    return (text[0] if text else type(error).__name__).rstrip(".")
