"""Jobs on worker processes that may die: each job alone, one study's data per worker, results as they come."""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from typing import Any

from eventstudy.batch.entry import LedgerEntry
from eventstudy.batch.jobs import Job
from eventstudy.batch.work import attempt
from eventstudy.errors import WorkerError
from eventstudy.study.executors import results_of

Work = Callable[[Job], LedgerEntry]
TOO_LONG = "it took longer than the time limit of {:g} s and was stopped"
DIED = "its worker process died (killed, or out of memory)"
# One computing thread per worker: the workers are the parallelism.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def in_processes(
    jobs: Iterable[Job], work: Work, workers: int, time_limit: float = math.inf
) -> Generator[LedgerEntry, None, None]:
    """Do the jobs on ``workers`` processes; a worker that dies fails its one job and is replaced.

    A job that takes more than ``time_limit`` seconds fails as well, and its worker is stopped and replaced. Workers
    end by themselves when this process ends, however it ends.
    """
    waiting = deque(jobs)
    crew = [_Worker.start(work) for _ in range(min(workers, len(waiting)))]
    try:
        for worker in crew:
            worker.give(waiting.popleft())
        while busy := [worker for worker in crew if worker.job]:
            left = min(worker.started for worker in busy) + time_limit - time.monotonic()
            ready = wait([worker.talk for worker in busy], None if math.isinf(left) else max(left, 0.0))
            late = {worker for worker in busy if time.monotonic() - worker.started > time_limit}
            for worker in (w for w in busy if w.talk in ready or w in late):
                job, entry = worker.take() if worker.talk in ready else (worker.job, None)
                if job is None:
                    raise RuntimeError("a worker without a job cannot be late")
                if entry is None:
                    reason = TOO_LONG.format(time_limit) if worker in late and worker.talk not in ready else DIED
                    worker.stop()
                    crew[crew.index(worker)] = worker = _Worker.start(work)
                    entry = LedgerEntry(job.study, job.shown_path, "failed", 4 if reason != DIED else 70, reason)
                if waiting:
                    worker.give(waiting.popleft())
                yield entry
    finally:
        for worker in crew:
            worker.stop()


def on_executor(jobs: Iterable[Job], work: Work, executor: Executor) -> Generator[LedgerEntry, None, None]:
    """Do the jobs on an executor whose workers see the same folders; a job whose worker is lost is a failed entry."""
    futures = {executor.submit(attempt, work, job.at_home()): job for job in jobs}
    try:
        for future in as_completed(futures):
            job = futures.pop(future)
            try:
                yield replace(next(results_of([future])), path=job.shown_path)
            except WorkerError as error:
                yield LedgerEntry(job.study, job.shown_path, "failed", error.exit_code, str(error))
    finally:
        for future in futures:
            future.cancel()


@dataclass(eq=False)
class _Worker:
    """One process, its connection, and a connection whose end says that its parent has ended."""

    process: Any
    talk: Connection
    alive: Connection
    job: Job | None = field(default=None)
    started: float = math.inf

    @classmethod
    def start(cls, work: Work) -> _Worker:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        their_life, our_life = context.Pipe(duplex=False)
        process = context.Process(target=_serve, args=(theirs, their_life, work), daemon=True)
        process.start()
        theirs.close()
        their_life.close()
        return cls(process, ours, our_life)

    def give(self, job: Job) -> None:
        self.job, self.started = job, time.monotonic()
        try:
            self.talk.send(job)
        except OSError:  # it died idle; take() will say so
            return

    def take(self) -> tuple[Job, LedgerEntry | None]:
        if self.job is None:
            raise RuntimeError("no job was given to this worker")
        job, self.job = self.job, None
        try:
            return job, self.talk.recv()
        except (EOFError, OSError):
            return job, None

    def stop(self) -> None:
        self.process.kill() if self.job else self.process.terminate()
        self.process.join()
        self.talk.close()
        self.alive.close()


def _serve(talk: Connection, life: Connection, work: Work) -> None:
    # Ctrl-C reaches the whole group; the parent decides, and stops the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in THREADS:
        os.environ[name] = "1"
    threading.Thread(target=_die_with_parent, args=(life,), daemon=True).start()
    while True:
        try:
            job = talk.recv()
        except EOFError:
            return
        talk.send(attempt(work, job))


def _die_with_parent(life: Connection) -> None:
    try:
        life.recv()
    except (EOFError, OSError):
        os._exit(1)
