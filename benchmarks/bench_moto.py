"""A study of a dataset on moto's S3 server: its bytes are those of the local dataset, and what is refused.

usage: scripts/bench moto; installs moto into an environment of its own, because its dependencies conflict with the
pinned ones; SIMULATED minutes of three instruments; ends with 1 if the bytes differ
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.fs as pafs

import eventstudy as es
from benchmarks.bench_dataset import HOURS, made, written
from eventstudy.errors import EventStudyError

MOTO, KEY, SECRET, INSTRUMENTS = "moto[server]==5.2.5", "testing", "not-a-secret", 3


def installed() -> Path:
    """Return the command of moto's server, installed once into a folder of the system's temporary files."""
    folder = Path(tempfile.gettempdir()) / "eventstudy-moto"
    server = folder / "bin" / "moto_server"
    if not server.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([folder / "bin" / "pip", "install", "-q", MOTO], check=True)
    return server


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder as the bucket ``prices`` on loopback; yield the host and port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{free.getsockname()[1]}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen([installed(), "-H", "127.0.0.1", "-p", host.split(":")[1]], **quiet)
    how: dict[str, Any] = {"endpoint_override": host, "scheme": "http", "region": "us-east-1"}
    filesystem = pafs.S3FileSystem(access_key=KEY, secret_key=SECRET, allow_bucket_creation=True, **how)
    try:
        for attempt in range(60):
            try:
                filesystem.create_dir("prices")
                break
            except OSError:
                if attempt == 59:
                    raise
                time.sleep(1)
        pafs.copy_files(str(folder), f"prices/{folder.name}", destination_filesystem=filesystem)
        yield host
    finally:
        server.terminate()
        server.wait()


def studied(path: str) -> str:
    """Return the result of a study of a dataset as text, or the sentence that refuses it."""
    settings: dict[str, Any] = {"placebo": {"days": 20, "known_events": "keep"}, "tests": ("cross_sectional_t",)}
    window: dict[str, Any] = {"estimation": (-400, -61), "event": (-30, 60), "clock": "minutes"}
    spec = es.StudySpec(model="constant_mean", calendars=HOURS, **window, **settings)
    hours = {"step": "1min", "timezone": "UTC", "label": "right", "calendar": "BENCH"}
    try:
        result = es.run_study(spec, made(INSTRUMENTS, 2), es.open_dataset(path, **hours))
    except EventStudyError as error:
        return f"{type(error).__name__}: {error}"
    return json.dumps(result.to_dict(), sort_keys=True)


def main() -> int:
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    folder = written(INSTRUMENTS)
    with serving(folder) as host:
        address = f"s3://{KEY}:{SECRET}@prices/{{}}?endpoint_override={host}&scheme=http&region=us-east-1"
        local, far = studied(str(folder)), studied(address.format(folder.name))
        print(f"{MOTO}: {len(far):,} characters of result.json, equal to those of the local dataset: {local == far}")
        print("absent:", studied(address.format("nothing")))
    print("server gone:", studied(address.format(folder.name))[:200])
    return int(local != far)


if __name__ == "__main__":
    sys.exit(main())
