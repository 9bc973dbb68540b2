"""Atheris on one reader, guided by coverage: ``python -m tests.faults.guided READER SECONDS FOLDER``."""

from __future__ import annotations

import sys
import warnings
from contextlib import suppress
from pathlib import Path


def main(name: str, seconds: int, folder: Path) -> None:
    """Fuzz a reader; an error that is not the project's ends the process, its input is kept in the folder."""
    import atheris

    with atheris.instrument_imports(include=["eventstudy"]):
        import eventstudy as es
        from tests.faults import fuzz_readers, growth

        warnings.simplefilter("ignore")
        read = fuzz_readers.READERS[name].call
        for content in (growth.SEEDS.get(name, b""), b"PAR1", b"PK\x03\x04", b"a,b\n1,2\n"):
            with suppress(es.EventStudyError):
                read(content)  # imports what the reader needs: only what is imported here guides the fuzzer

    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    if name in growth.SEEDS:
        (corpus / "seed").write_bytes(growth.SEEDS[name])

    def one(content: bytes) -> None:
        try:
            read(content)
        except es.EventStudyError:
            return

    flags = [f"-max_total_time={seconds}", "-seed=1", "-max_len=4096", "-timeout=20", f"-artifact_prefix={folder}/"]
    atheris.Setup([sys.argv[0], *flags, str(corpus)], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
