"""The page of licenses is that of the packages that are installed."""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import SourceFileLoader
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def licenses() -> Any:
    path = Path(__file__).parents[1] / "scripts" / "licenses"
    loader = SourceFileLoader("licenses", str(path))
    spec = importlib.util.spec_from_loader("licenses", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.mark.skipif(sys.platform != "linux", reason="the page lists what is installed on Linux")
def test_the_page_of_licenses_is_up_to_date(licenses: Any) -> None:
    try:
        page = licenses.page()
    except PackageNotFoundError as missing:
        pytest.skip(f"an extra is not installed: {missing}")
    names = {line.split(" | ")[0] for line in page.splitlines()}
    written = licenses.PAGE.read_text(encoding="utf-8")
    if names == {line.split(" | ")[0] for line in written.splitlines()}:
        assert page == written, "Run scripts/licenses."
    else:  # another version of Python needs other packages, the same ones have the same licenses
        assert sys.version_info[:2] != (3, 11), "Run scripts/licenses."


def test_the_base_install_has_no_copyleft_license(licenses: Any) -> None:
    rows = [
        line.split(" | ") for line in licenses.PAGE.read_text(encoding="utf-8").splitlines() if line.count("|") == 4
    ]
    base = {name.lstrip("| "): kind for name, kind, comes in rows if comes.startswith("base")}
    assert len(base) > 30
    assert not {name: kind for name, kind in base.items() if "GPL" in kind or "MPL" in kind}


def test_a_package_without_a_license_stops_the_script(licenses: Any) -> None:
    class Unlicensed:
        class metadata(dict[str, str]):  # noqa: N801
            @staticmethod
            def get_all(_name: str, default: list[str]) -> list[str]:
                return default

    Unlicensed.metadata = Unlicensed.metadata({"Name": "nobody"})  # type: ignore[misc, assignment]
    with pytest.raises(SystemExit, match="nobody names no license"):
        licenses.license_of(Unlicensed)
