"""The first law, one direction: a folder imports only those before it; imports stay light; public names are exact."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import eventstudy

ROOT = Path(eventstudy.__file__).parent
FLOW = [
    *["errors", "renamed", "toml_places", "arrays", "files", "references", "show", "market", "news", "abnormal"],
    *["inference", "response", "reactions", "simulate", "study", "report", "batch", "cli"],
]
# The only doors upward: a result shows and saves itself, inside a method.
UPWARD_DOORS = {("study/result.py", "report")}
HEAVY = {"pandas", "numpy", "scipy", "statsmodels", "matplotlib", "pydantic", "pyarrow", "httpx2", "yfinance", "jinja2"}


def rooms() -> list[Path]:
    return sorted(ROOT.rglob("*.py"))


def imported(path: Path, *, module_level: bool) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if module_level else list(ast.walk(tree))
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("eventstudy"):
            parts = (node.module or "").split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("eventstudy.")}
    return found & set(FLOW)


@pytest.mark.parametrize("path", rooms(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_folder_imports_only_those_before_it(path: Path) -> None:
    place = path.relative_to(ROOT)
    room = place.parts[0].removesuffix(".py")
    if room not in FLOW:
        assert room in {"__init__", "__main__"}, f"{place} stands outside the flow {FLOW}"
        return
    doors = {target for source, target in UPWARD_DOORS if source == place.as_posix()}
    against = {name for name in imported(path, module_level=False) if FLOW.index(name) > FLOW.index(room)}
    assert not imported(path, module_level=True) & against, f"{place} imports against the flow"
    assert against <= doors, f"{place} reaches up to {against - doors}"


def test_public_names_are_exact_and_loadable() -> None:
    assert set(eventstudy.__all__) == {"__version__", *eventstudy.PUBLIC}
    for name in eventstudy.PUBLIC:
        assert getattr(eventstudy, name) is not None
    assert set(dir(eventstudy)) == set(eventstudy.__all__)


def test_an_unknown_public_name_lists_the_known_ones() -> None:
    with pytest.raises(AttributeError, match="Bars"):
        _ = eventstudy.nothing_of_the_kind


@pytest.mark.parametrize("statement", ["import eventstudy", "import eventstudy.cli.app"])
def test_the_import_is_light(statement: str) -> None:
    code = f"import sys; {statement}; print('\\n'.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not HEAVY & set(loaded)


def test_nothing_deserializes_code_or_hides_the_machine() -> None:
    forbidden = re.compile(r"\b(pickle|joblib|yaml\.load|marshal)\b|\beval\(|\bexec\(|allow_pickle=True")
    hits = [f"{p.relative_to(ROOT)}: {m[0]}" for p in rooms() for m in [forbidden.search(p.read_text("utf-8"))] if m]
    assert not hits


def test_only_one_module_writes_files_atomically() -> None:
    """A second implementation of write-aside-and-rename would have to prove again all that ``files`` has proven."""
    calls = re.compile(r"\b(os\.replace|os\.fsync|os\.link|mkstemp|NamedTemporaryFile)\b")
    assert [p.relative_to(ROOT).as_posix() for p in rooms() if calls.search(p.read_text("utf-8"))] == ["files.py"]


def modules() -> dict[str, Path]:
    found = {".".join(path.relative_to(ROOT.parent).with_suffix("").parts): path for path in rooms()}
    return {name.removesuffix(".__init__"): path for name, path in found.items()}


def all_imports(path: Path, known: dict[str, Path]) -> set[str]:
    """Modules that a file imports anywhere: at its top, in functions, for types only, or by ``import_module``."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {name if (name := f"{node.module}.{a.name}") in known else node.module for a in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Call) and "import_module" in ast.unparse(node.func) and node.args:
            found |= {str(arg.value) for arg in node.args[:1] if isinstance(arg, ast.Constant)}
    return found & known.keys()


def circles(edges: dict[str, set[str]]) -> list[list[str]]:
    """Groups of modules that reach one another: what is left after taking away, again and again, modules that import
    nothing of the rest or that nothing of the rest imports."""
    left = {name: set(targets) - {name} for name, targets in edges.items()}
    while True:
        imported_by = set().union(*left.values()) if left else set()
        ends = {name for name, targets in left.items() if not targets & left.keys() or name not in imported_by}
        if not ends:
            return [sorted(left)] if left else []
        left = {name: targets - ends for name, targets in left.items() if name not in ends}


def test_no_circle_of_imports_lazy_and_typing_ones_included_but_the_doors_of_a_result() -> None:
    known = modules()
    edges = {name: all_imports(path, known) for name, path in known.items()}
    edges["eventstudy"] = set()  # the package loads its public names when they are asked for
    doors = {f"eventstudy.{source.removesuffix('.py').replace('/', '.')}": target for source, target in UPWARD_DOORS}
    for source, target in doors.items():
        edges[source] = {name for name in edges[source] if not name.startswith(f"eventstudy.{target}")}
    assert circles(edges) == []


def test_a_circle_is_found_however_it_is_closed() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [["b", "c"]]
    assert circles({"a": {"b", "a"}, "b": set()}) == []


# What a room may have: its literal table, the settings of its study-file tables, the values that it returns.
OF_A_ROOM = {"__init__", "table", "settings", "values"}


def basenames() -> dict[str, list[str]]:
    """Places of every file name; a command and a plot are named after their subject."""
    found: dict[str, list[str]] = {}
    for path in rooms():
        place = path.relative_to(ROOT)
        if place.parts[0] != "cli" and place.parts[:2] != ("report", "plots") and path.stem not in OF_A_ROOM:
            found.setdefault(path.stem, []).append(place.as_posix())
    return found


def class_names() -> dict[str, list[str]]:
    """Places of every class and type alias that other files may import."""
    found: dict[str, list[str]] = {}
    for path in rooms():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            alias = isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias"
            if isinstance(node, ast.ClassDef) or alias:
                name = node.name if isinstance(node, ast.ClassDef) else ast.unparse(node.target)
                if not name.startswith("_"):
                    found.setdefault(name, []).append(path.relative_to(ROOT).as_posix())
    return found


@pytest.mark.parametrize("names", [basenames, class_names])
def test_a_name_stands_for_one_thing(names: Callable[[], dict[str, list[str]]]) -> None:
    assert {name: places for name, places in names().items() if len(places) > 1} == {}
