"""An Airflow DAG that brings the event studies up to date every night; copy it into the folder of your DAGs.

Secrets come from the environment of the worker. Exit code 1 (a study failed or needs review) is not retried; the
index page says which study. Any other code fails the task.
"""

from __future__ import annotations

import subprocess

import pendulum
from airflow.sdk import dag, task

COMMAND = "eventstudy --quiet --json-log batch studies --out reports --workers 2 --wait"
FOLDER = "eventstudies"


@dag(
    schedule="30 23 * * 1-5",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["eventstudy"],
)
def event_studies() -> None:
    @task
    def batch() -> int:
        code = subprocess.run(COMMAND.split(), cwd=FOLDER, check=False).returncode  # noqa: S603
        if code > 1:
            raise RuntimeError(f"eventstudy batch ended with exit code {code}")
        return code

    batch()


event_studies()
