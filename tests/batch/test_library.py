"""The batch with the real library: whole nights of real studies, secrets that stay secret, a real kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from eventstudy.batch.jobs import plan
from eventstudy.batch.library import combined, run_one
from eventstudy.batch.redact import HIDDEN, redact, secret_values
from eventstudy.batch.run_batch import BatchRun, run_batch
from eventstudy.batch.work import attempt
from eventstudy.cli.batch import _instant
from eventstudy.cli.init import contents
from eventstudy.errors import UsageError
from tests.batch.toys import NIGHT, in_this_process, tree

ROOT = Path(__file__).parents[2]
CANARY = "c4n4ry-s3cr3t-9"


def batch(folder: Path, *more: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "eventstudy", "batch", "studies", "--out", "reports", *more]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EVENTSTUDY")}
    surroundings = {**kept, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(
        command, cwd=folder, env=surroundings, capture_output=True, text=True, timeout=300, check=False
    )


def night_here(folder: Path) -> BatchRun:
    """The same night in this process, where the libraries are loaded already."""
    jobs = plan([folder / "studies"], folder / "reports", offline=True)
    pool = partial(in_this_process, work=run_one)
    return run_batch(jobs, folder / "reports", pool=pool, now=lambda: NIGHT)


def write_studies(folder: Path) -> None:
    for name, content in contents("batch").items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def test_combined_digest_is_of_all_inputs_in_any_order() -> None:
    assert combined({"a": "1", "b": "2"}) == combined({"b": "2", "a": "1"})
    assert combined({"a": "1", "b": "2"}) != combined({"a": "2", "b": "1"})


def test_two_nights_of_real_studies(tmp_path: Path) -> None:
    write_studies(tmp_path)
    first = batch(tmp_path, "--json", "--log", "night.log", "--offline")
    assert first.returncode == 0, first.stderr
    told = json.loads(first.stdout)
    assert [row["state"] for row in told["this_run"]] == ["written", "written"]
    by_name = {row["study"]: row for row in told["studies"]}
    # The ECB's fixing moved by -1.990 % to the next one; the model takes off its mean of the year before.
    assert "-198." in by_name["fixing"]["finding"]
    assert by_name["fixing"]["finding"].startswith("From the close of 13 April 2021")
    assert by_name["minutes"]["finding"].startswith("SIMULATED. From 18:00 to 18:37 Moscow time"), (
        "said on the terminal too"
    )
    for row in told["studies"]:
        folder = tmp_path / "reports" / row["current"]
        wanted = {"report.html", "manifest.json", "result.json", "car.csv", "figure.png", "figure.svg", "entry.json"}
        assert wanted <= {path.name for path in folder.iterdir()}
        assert row["current"] == f"{row['study']}/{row['spec_digest'][:12]}-{row['data_digest'][:12]}"
        manifest = json.loads((folder / "manifest.json").read_text())
        assert manifest["spec_digest"] == row["spec_digest"]
        assert combined({d["name"]: d["digest"] for d in manifest["data"]}) == row["data_digest"]
    assert "SIMULATED" in (tmp_path / "reports/index.html").read_text()
    lines = [json.loads(line) for line in (tmp_path / "night.log").read_text().splitlines()]
    assert {line["study"]: line["state"] for line in lines} == {"fixing": "written", "minutes": "written"}
    whole = tree(tmp_path / "reports")
    second = batch(tmp_path, "--workers", "2", "--offline")
    assert second.returncode == 0
    assert "Nothing to do: 2 of 2 reports are there already." in second.stderr
    assert tree(tmp_path / "reports") == whole


def test_since_leaves_old_studies_alone(tmp_path: Path) -> None:
    write_studies(tmp_path)
    for since, state in (("2024-01-01", "not due"), ("2021-04-13", "written")):
        at = _instant(since, NIGHT)
        (job, _) = plan([tmp_path / "studies"], tmp_path / "out", since=at)
        assert attempt(run_one, job).state == state
    assert _instant("30d", NIGHT) == NIGHT - timedelta(days=30)
    assert _instant("12h", NIGHT) == NIGHT - timedelta(hours=12)
    assert _instant("", NIGHT) is None
    assert _instant("2026-11-01T18:00+03:00", NIGHT) == datetime(2026, 11, 1, 15, tzinfo=UTC)
    for naive in ("2026-11-01T18:00", "yesterday", "30"):
        with pytest.raises(UsageError, match="is not an instant"):
            _instant(naive, NIGHT)


def test_an_event_without_data_needs_review_and_says_so(tmp_path: Path) -> None:
    write_studies(tmp_path)
    (tmp_path / "studies/minutes.toml").unlink()
    events = (tmp_path / "studies/events.toml").read_text()
    (tmp_path / "studies/events.toml").write_text(events.replace("2021-04-13T", "2023-04-13T"))
    night = night_here(tmp_path)
    assert night.exit_code == 1
    assert [(entry.state, entry.exit_code) for entry in night.entries] == [("written", 1)]
    assert "needs review" in (tmp_path / "reports/index.html").read_text()


SECRET_SETTINGS = {
    "EVENTSTUDY_MOEX_TOKEN": CANARY,
    "EVENTSTUDY_TOKEN": CANARY,
    "API_KEY": CANARY,
    "AWS_SECRET_ACCESS_KEY": CANARY,
    "DB_PASSWORD": CANARY,
    "GITHUB_TOKEN": CANARY,
    "SMTP_PASSWD": CANARY,
    "SERVICE_CREDENTIALS": CANARY,
    "VENDOR_APIKEY": CANARY,
    "PRIVATE_KEY": CANARY,
    "HTTPS_PROXY": f"http://ann:{CANARY}@127.0.0.1:9",
    "HTTP_PROXY": f"http://ann:{CANARY}@127.0.0.1:9",
    "ALL_PROXY": f"http://ann:{CANARY}@127.0.0.1:9",
    "EVENTSTUDY_MOEX_URL": f"https://ann:{CANARY}@127.0.0.1:9/iss",
}
SERVICE = """
name = "{name}"
[events]
file = "events.toml"
[[data]]
instrument = "SBER"
{source}
[window]
event = [0, 0]
"""


def plant(folder: Path) -> int:
    """Plant the canary in 20 places besides an honest study; return how many."""
    write_studies(folder)
    studies = folder / "studies"
    moex = 'source = "moex"\nstep = "10min"\nfirst = "2021-04-12"\nlast = "2021-04-13"'
    file = 'source = "file"\ntimezone = "UTC"\nlabel = "right"\nstep = "10min"\npath = "{}"'
    (studies / "service.toml").write_text(SERVICE.format(name="service", source=moex))
    (studies / "address.toml").write_text(
        SERVICE.format(name="a", source=file.format(f"https://ann:{CANARY}@x.example/p.csv"))
    )
    (studies / "query.toml").write_text(SERVICE.format(name="q", source=file.format(f"p.csv?day=1&token={CANARY}")))
    (folder / ".netrc").write_text(f"machine iss.moex.com login ann password {CANARY}\n")
    (folder / ".env").write_text(f"EVENTSTUDY_TOKEN={CANARY}\n")
    events = (studies / "events.toml").read_text()
    seen = f'sources = ["https://ann:{CANARY}@news.example/a", "https://news.example/b?api_key={CANARY}"]\n'
    (studies / "events.toml").write_text(events.replace('basis = "assumed"\n', 'basis = "assumed"\n' + seen))
    return len(SECRET_SETTINGS) + 4 + 2


def test_a_canary_in_20_places_reaches_no_output(tmp_path: Path) -> None:
    assert plant(tmp_path) >= 20
    night = batch(tmp_path, "--json", "--log", "night.log", "--debug", HOME=str(tmp_path), **SECRET_SETTINGS)
    assert night.returncode == 1, night.stderr
    states = {row["study"]: row["state"] for row in json.loads(night.stdout)["this_run"]}
    assert states == {
        "address": "failed",
        "fixing": "written",
        "minutes": "written",
        "query": "failed",
        "service": "failed",
    }
    assert CANARY not in night.stdout + night.stderr
    assert CANARY not in (tmp_path / "night.log").read_text()
    written = tree(tmp_path / "reports")
    assert len(written) >= 14
    assert [name for name, content in written.items() if CANARY.encode() in content] == []


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("GET https://ann:pw@host/x", "GET https://[hidden]@host/x"),
        ("https://host/x?token=abc&day=1", "https://host/x?token=[hidden]&day=1"),
        ("https://host/x?day=1&api_key=abc#top", "https://host/x?day=1&api_key=[hidden]#top"),
        ("Authorization: Bearer abcdef123456", "Authorization: Bearer [hidden]"),
        ('{"password": "hunter22"}', '{"password": "[hidden]"}'),
        ("value s3cr3t-value here", "value [hidden] here"),
        ("session 2021-04-13, key 'model', author: Smith", "session 2021-04-13, key 'model', author: Smith"),
        ("study.toml:3:5: model: unknown key", "study.toml:3:5: model: unknown key"),
        ("https://host/a:b/c@d", "https://host/a:b/c@d"),
    ],
)
def test_secrets_are_hidden_and_honest_text_is_not(said: str, shown: str) -> None:
    assert redact(said, {"MY_TOKEN": "s3cr3t-value", "PATH": "here"}) == shown
    assert redact(shown, {}) == shown


def test_short_and_ordinary_settings_are_no_secrets() -> None:
    assert secret_values({"API_KEY": "abc", "PATH": "/usr/bin", "AUTHOR": "Jane Smith", "LANG": "en_US.UTF-8"}) == ()
    assert secret_values({"A_TOKEN": "abcdef", "B_TOKEN": "abcdefgh"}) == ("abcdefgh", "abcdef")
    assert redact("abcdefgh", {"A_TOKEN": "abcdef", "B_TOKEN": "abcdefgh"}) == HIDDEN


@pytest.mark.slow
def test_a_real_batch_that_is_killed_heals(tmp_path: Path) -> None:
    write_studies(tmp_path)
    night_here(tmp_path)
    calm = tree(tmp_path / "reports")
    (tmp_path / "reports").rename(tmp_path / "calm")
    process = subprocess.Popen(
        [sys.executable, "-m", "eventstudy", "--offline", "batch", "studies", "--out", "reports", "--workers", "2"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None and not list((tmp_path / "reports/.aside").glob("*/car.csv")):
        time.sleep(0.002)
    assert process.poll() is None
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert list((tmp_path / "reports/.aside").iterdir()), "it was killed in the middle of a report"
    night_here(tmp_path)
    assert tree(tmp_path / "reports") == calm
