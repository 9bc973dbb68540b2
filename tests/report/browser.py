"""A real browser over the WebDriver protocol: headless Chromium driven by chromedriver, nothing in between."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

BINARIES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars")


def axe() -> str:
    """Return the accessibility checker: axe-core from npm (.ci/run), else as the extra 'dev' packs it, else ''."""
    newest = Path(sys.prefix) / "axe/node_modules/axe-core/axe.min.js"
    if newest.is_file():
        return newest.read_text("utf-8")
    if find_spec("axe_core_python") is None:
        return ""
    return (files("axe_core_python") / "axe.min.js").read_text("utf-8")


def missing() -> str:
    """Return why there is no browser to test in, or an empty string."""
    if not shutil.which("chromedriver"):
        return "chromedriver is not installed (Debian: chromium-driver)"
    return "" if any(map(shutil.which, BINARIES)) else "no Chromium is installed (Debian: chromium)"


class Browser:
    """One session; ``ask`` is a WebDriver command."""

    def __init__(self, port: int, profile: Path) -> None:
        self.root = f"http://127.0.0.1:{port}"
        binary = next(path for path in map(shutil.which, BINARIES) if path)
        options = {"binary": binary, "args": [*ARGUMENTS, f"--user-data-dir={profile}"]}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
        made = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.path = f"/session/{made['sessionId']}"

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.root + path, data, method=method)  # noqa: S310  a port of this machine
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.load(answer)["value"]

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        return self._call(method, self.path + path, body)

    def devtools(self, command: str, **parameters: Any) -> Any:
        return self.ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def open(self, page: Path) -> None:
        self.ask("POST", "/url", {"url": page.as_uri()})

    def script(self, code: str, *args: Any) -> Any:
        return self.ask("POST", "/execute/sync", {"script": code, "args": list(args)})

    def script_later(self, code: str) -> Any:
        return self.ask("POST", "/execute/async", {"script": code, "args": []})

    def log(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("POST", "/se/log", {"type": kind})
        return found

    def scheme(self, name: str) -> None:
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def size(self, width: int, height: int) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.devtools("Emulation.setDeviceMetricsOverride", **metrics)

    def picture(self) -> bytes:
        return base64.b64decode(self.ask("GET", "/screenshot"))


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """Start chromedriver on a free port, give a session, and end both."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    call = [str(shutil.which("chromedriver")), f"--port={port}", "--silent"]
    with subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as driver:
        try:
            _wait(port)
            session = Browser(port, profile)
            yield session
            session.ask("DELETE", "")
        finally:
            driver.terminate()


def _wait(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("chromedriver did not answer within ten seconds")
