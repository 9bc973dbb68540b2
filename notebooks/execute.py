"""Run every notebook of this folder from its text and write it with its outputs (SIMULATED data and the ECB file)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import jupytext
import nbclient
import nbformat

HERE = Path(__file__).parent
LARGEST = 1_000_000


def execute(text: Path) -> bytes:
    """Return a notebook with its outputs, without times, kernel versions and random cell names."""
    notebook = jupytext.read(text)
    client = nbclient.NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(HERE)}}
    )
    client.execute()
    for place, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{place}"
        cell["metadata"] = {}
    notebook.metadata = {"kernelspec": notebook.metadata["kernelspec"], "language_info": {"name": "python"}}
    return (nbformat.writes(notebook) + "\n").encode()


def main(names: list[str]) -> int:
    os.environ.update(PYTHONHASHSEED="0", PYTHONPATH=str(HERE.parent), OMP_NUM_THREADS="1")
    for text in sorted(HERE.glob("*.py")):
        if text.name == Path(__file__).name or (names and text.stem not in names):
            continue
        content = execute(text)
        if len(content) > LARGEST:
            print(f"{text.stem}: {len(content):,} bytes are more than {LARGEST:,}.", file=sys.stderr)
            return 1
        text.with_suffix(".ipynb").write_bytes(content)
        print(f"{text.stem}: {len(content):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
