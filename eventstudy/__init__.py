"""eventstudy: what did the price do that it would not have done anyway, how fast, and how sure are we.

The public names are loaded on first use, so that ``import eventstudy`` and ``eventstudy --help`` stay quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

PUBLIC = {
    "Bars": "eventstudy.market.bars",
    "Event": "eventstudy.news.items",
    "EventTime": "eventstudy.news.items",
    "Instrument": "eventstudy.market.instruments",
    "NewsItem": "eventstudy.news.items",
    "log_returns": "eventstudy.market.returns",
    "read_bars": "eventstudy.market.sources.files",
    "write_bars": "eventstudy.market.sources.parquet_file",
    "read_events": "eventstudy.news.events.files",
    "StudyResult": "eventstudy.study.result",
    "StudySpec": "eventstudy.study.spec",
    "run_study": "eventstudy.study.run",
}

__all__ = ["__version__", *sorted(PUBLIC)]


def __getattr__(name: str) -> Any:
    if name not in PUBLIC:
        from eventstudy.study.renamed import hint

        advice = "" if name.startswith("_") else hint("name", name, __all__)
        raise AttributeError(
            " ".join(filter(None, [f"eventstudy has no {name!r}.", advice, f"Public names are {', '.join(__all__)}."]))
        )
    value = getattr(import_module(PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
