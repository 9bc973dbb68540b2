"""Event studies of market reactions: event time, abnormal returns, inference.

``event_study`` is the short form for daily data, ``run_study`` runs any study; both return a ``StudyResult``.
Public names are imported on first use, so that ``import eventstudy`` and ``eventstudy --help`` stay fast.
"""

from __future__ import annotations

import gc
from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# Public name -> module that defines it. A name that is a module itself (``simulate``) stands with its package.
PUBLIC = {
    # studies
    "StudyResult": "eventstudy.study.result",
    "StudySpec": "eventstudy.study.spec",
    "event_study": "eventstudy.study.event_study",
    "calibrate": "eventstudy.study.calibrate",
    "load_study": "eventstudy.study.load",
    "run_study": "eventstudy.study.run",
    "specifications": "eventstudy.study.specifications",
    # intraday response
    "ResponseSettings": "eventstudy.response.settings",
    "respond": "eventstudy.response.respond",
    # values
    "Bars": "eventstudy.market.bars",
    "Dataset": "eventstudy.market.sources.dataset_value",
    "Event": "eventstudy.news.items",
    "EventTime": "eventstudy.news.items",
    "Instrument": "eventstudy.market.instruments",
    "NewsItem": "eventstudy.news.items",
    "Returns": "eventstudy.market.returns",
    "Universe": "eventstudy.market.universe",
    "Window": "eventstudy.abnormal.windows",
    # reading and writing
    "date_item": "eventstudy.news.dating",
    "date_news": "eventstudy.news.dated",
    "log_returns": "eventstudy.market.returns",
    "open_dataset": "eventstudy.market.sources.on_disk",
    "read_bars": "eventstudy.market.sources.price_files",
    "read_events": "eventstudy.news.events.event_files",
    "read_news": "eventstudy.news.readers",
    "read_universe": "eventstudy.market.sources.price_files",
    "write_bars": "eventstudy.market.sources.parquet_file",
    # tables of methods
    "ADJUSTMENTS": "eventstudy.inference.multiple",
    "FIGURES": "eventstudy.report.figures",
    "MODELS": "eventstudy.abnormal.models.table",
    "TESTS": "eventstudy.inference.table",
    # long horizons
    "clustered_mean": "eventstudy.inference.long_horizon",
    "matched_returns": "eventstudy.inference.long_horizon",
    # simulated data
    "demo_market": "eventstudy.simulate",
    "simulate": "eventstudy",
    # errors and warnings
    "BarsError": "eventstudy.errors",
    "CalendarError": "eventstudy.errors",
    "DataError": "eventstudy.errors",
    "EventFileError": "eventstudy.errors",
    "EventStudyError": "eventstudy.errors",
    "EventStudyWarning": "eventstudy.errors",
    "EventTimeError": "eventstudy.errors",
    "FileError": "eventstudy.errors",
    "LockHeldError": "eventstudy.errors",
    "WorkerError": "eventstudy.errors",
    "NetworkError": "eventstudy.errors",
    "NewsError": "eventstudy.errors",
    "Notice": "eventstudy.errors",
    "SourceError": "eventstudy.errors",
    "SpecError": "eventstudy.errors",
    "StampError": "eventstudy.errors",
    "StoreError": "eventstudy.errors",
    "UnknownNameError": "eventstudy.errors",
    "UsageError": "eventstudy.errors",
}

__all__ = ["__version__", *sorted(PUBLIC)]


def __getattr__(name: str) -> Any:
    if name not in PUBLIC:
        from eventstudy.renamed import hint

        advice = "" if name.startswith("_") else hint("name", name, __all__)
        raise AttributeError(
            " ".join(filter(None, [f"eventstudy has no {name!r}.", advice, f"Public names are {', '.join(__all__)}."]))
        )
    home = PUBLIC[name]
    collects = gc.isenabled()
    gc.disable()  # what imports make stays: the collector would search all of it again and again
    try:
        value = import_module(f"{home}.{name}") if home == __name__ else getattr(import_module(home), name)
    finally:
        if collects:
            gc.enable()
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
