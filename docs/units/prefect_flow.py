"""A Prefect flow that brings the event studies up to date every night: `python prefect_flow.py` serves it.

Secrets come from the environment of the worker. Exit code 1 (a study failed or needs review) is not retried; the
index page says which study. Any other code fails the flow.
"""

from __future__ import annotations

import subprocess

from prefect import flow, task

COMMAND = "eventstudy --quiet --json-log batch studies --out reports --workers 2 --wait"
FOLDER = "eventstudies"


@task
def batch() -> int:
    code = subprocess.run(COMMAND.split(), cwd=FOLDER, check=False).returncode  # noqa: S603
    if code > 1:
        raise RuntimeError(f"eventstudy batch ended with exit code {code}")
    return code


@flow(name="event-studies")
def event_studies() -> int:
    return batch()


if __name__ == "__main__":
    event_studies.serve(name="nightly", cron="30 23 * * 1-5")
