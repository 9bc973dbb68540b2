"""``eventstudy init``: a commented study to start from, which runs offline as it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from eventstudy.cli import console
from eventstudy.errors import EventFileError, UsageError
from eventstudy.show.json_text import json_text

# What each template's first line of talk says.
TEMPLATES = {
    "fx-intraday": "one event on one-minute bars of USD/RUB (SIMULATED until you name a source)",
    "equity-daily": "four events on daily share prices with a market model (SIMULATED until you add your data)",
    "earnings": "earnings announcements of many shares from one price file and one list (SIMULATED)",
    "groups": "good, no and bad news on daily shares: groups, a regression, all specifications (SIMULATED)",
    "surprises": "EUR/USD by the minute around releases, actual against consensus (SIMULATED)",
    "batch": "two studies for the nightly batch, with the events they share",
}
Template = Annotated[
    Literal["fx-intraday", "equity-daily", "earnings", "groups", "surprises", "batch"],
    typer.Argument(help="Name of the template.", metavar="TEMPLATE"),
]
Folder = Annotated[
    Path | None, typer.Argument(help="Directory to write to. Default: the name of the template.", metavar="DIR")
]


def init(template: Template, folder: Folder = None) -> None:
    """Create a study from a template.

    A commented study, its events and its data are written, ready for `validate` and `run`. No file is overwritten.

    Templates: fx-intraday (minutes around one event), equity-daily (daily shares, market model, several events),
    earnings (many shares in one price file, a list of tickers and dates), groups (good and bad news, a regression, all
    specifications), surprises (minutes around releases, actual against consensus), batch (two for the nightly job).

    Examples:

      eventstudy init fx-intraday
      eventstudy init equity-daily my-study
    """
    if template not in TEMPLATES:
        raise UsageError(f"{template!r} is not a template. Known: {', '.join(TEMPLATES)}.")
    target = Path(template) if folder is None else folder
    files = contents(template)
    existing = [name for name in files if (target / name).exists()]
    if existing:
        raise EventFileError(
            f"{str(target / existing[0])!r} exists and is not overwritten.", remedy="Choose another folder."
        )
    from eventstudy.files import write_file

    for name, content in files.items():
        console.data(write_file(target / name, content))
    console.talk(f"Wrote {TEMPLATES[template]}.")
    first = target / next(name for name in files if name.endswith("study.toml") or name.startswith("studies/"))
    if template == "batch":
        console.talk(f"Next: eventstudy batch {first.parent} --out reports")
    else:
        console.talk(f"Next: eventstudy run {first} --out {target / 'result'}")


def contents(template: str) -> dict[str, bytes]:
    """Return the files of a template by their relative path; prices are simulated here, from a fixed seed."""
    from importlib.resources import files

    from eventstudy.study.schema import DIRECTIVE, SCHEMA_FILE, json_schema

    root = files("eventstudy.cli") / "templates" / template
    found = {entry.name: entry.read_bytes() for entry in root.iterdir() if entry.is_file()}
    if template == "batch":
        found = {f"studies/{name}": content for name, content in found.items()}
    if template == "equity-daily":
        found |= {f"prices/{code}.SIMULATED.csv": text.encode() for code, text in simulated_prices().items()}
    if template == "earnings":
        found |= {name: text.encode() for name, text in simulated_earnings().items()}
    if template == "groups":
        found |= {name: text.encode() for name, text in simulated_news().items()}
    if template == "surprises":
        found |= {name: text.encode() for name, text in simulated_releases().items()}
    studies = [name for name in found if name.endswith(".toml") and not name.endswith("events.toml")]
    for name in studies:
        found[name] = DIRECTIVE.encode() + found[name]
        found[str(Path(name).with_name(SCHEMA_FILE))] = f"{json_text(json_schema())}\n".encode()
    return dict(sorted(found.items()))


CODES = ("AAA", "BBB", "CCC", "DDD", "INDEX")
SEED, DAYS = 20261123, 760


def simulated_prices() -> dict[str, str]:
    """Return daily closes of four invented shares and an index, one CSV text each; every one says SIMULATED.

    Daily log returns are 0.0002 + 1.0 * index + noise of 1.2 %; the shares jump by +3, -4, +2 and -3 % on the events
    of the template, so that the study has something to find.
    """
    import numpy as np

    days = np.arange(np.datetime64("2023-01-02"), np.datetime64("2026-12-01"))
    days = days[np.is_busday(days)][:DAYS]
    draws = np.random.default_rng(SEED).standard_normal((len(CODES), len(days)))
    index = 0.0002 + 0.008 * draws[-1]
    returns = np.vstack([index + 0.012 * draws[:-1], index])
    for code, day, move in JUMPS:
        returns[CODES.index(code), np.flatnonzero(days == np.datetime64(day))[0]] += move
    closes = 100 * np.exp(np.cumsum(returns, axis=1))
    return {code: _csv(days, closes[row]) for row, code in enumerate(CODES)}


def _csv(days: object, closes: object) -> str:
    lines = [f"{day},{close:.4f}" for day, close in zip(days, closes, strict=True)]  # type: ignore[call-overload]
    return "date,close\n" + "\n".join(lines) + "\n"


SHARES, QUARTER, SURPRISE = 12, 63, 0.02


def simulated_earnings() -> dict[str, str]:
    """Return one long price table of invented shares and an index, and the list of their announcements.

    Daily log returns are 0.0002 + index + noise of 1.2%. Every share announces each quarter, in turn before the open
    and after the close, and moves by a simulated surprise of 2% (standard deviation) on the trading day that follows.
    """
    import numpy as np

    days = np.arange(np.datetime64("2023-01-02"), np.datetime64("2026-12-01"))
    days = days[np.is_busday(days)][:DAYS]
    rng = np.random.default_rng(SEED)
    index = 0.0002 + 0.008 * rng.standard_normal(len(days))
    returns = index + 0.012 * rng.standard_normal((SHARES, len(days)))
    codes = [f"S{number:02d}" for number in range(1, SHARES + 1)]
    events = ["ticker,date,session"]
    for row, code in enumerate(codes):
        for place in range(300 + row, len(days) - 10, QUARTER):
            returns[row, place] += SURPRISE * rng.standard_normal()
            after = (row + place) % 2 == 1
            events.append(f"{code},{days[place - after]},{'amc' if after else 'bmo'}")
    closes = 100 * np.exp(np.cumsum(np.vstack([returns, index]), axis=1))
    rows = [
        f"{day},{code},{close:.4f}"
        for code, series in zip([*codes, "INDEX"], closes, strict=True)
        for day, close in zip(days, series, strict=True)
    ]
    return {
        "prices.SIMULATED.csv": "\n".join(["Date,Ticker,Close", *rows]) + "\n",
        "events.csv": "\n".join(events) + "\n",
    }


NEWS = {"good": 0.02, "none": 0.0, "bad": -0.02}


def simulated_news() -> dict[str, str]:
    """Return prices and announcements as for the template earnings, with kinds of news and the return of each."""
    import numpy as np

    files = simulated_earnings()
    head, *rows = files["events.csv"].splitlines()
    rng, kinds = np.random.default_rng(SEED), list(NEWS)
    sizes = rng.lognormal(3, 1, len(rows))
    listed = [f"{row},{kinds[i % 3]},{size:.1f}" for i, (row, size) in enumerate(zip(rows, sizes, strict=True))]
    moves: dict[tuple[str, str], float] = {}
    for row in listed:
        ticker, day, session, news, _ = row.split(",")
        moves[ticker, day if session == "bmo" else _next_weekday(day)] = NEWS[news]
    lines, level = ["Date,Ticker,Close"], dict.fromkeys({row.split(",")[1] for row in _prices(files)}, 1.0)
    for line in _prices(files):
        day, ticker, close = line.split(",")
        level[ticker] *= 1 + moves.get((ticker, day), 0.0)
        lines.append(f"{day},{ticker},{float(close) * level[ticker]:.4f}")
    return {
        "prices.SIMULATED.csv": "\n".join(lines) + "\n",
        "events.csv": "\n".join([f"{head},news,size", *listed]) + "\n",
    }


def _prices(files: dict[str, str]) -> list[str]:
    return files["prices.SIMULATED.csv"].splitlines()[1:]


def _next_weekday(day: str) -> str:
    import numpy as np

    return str(np.busday_offset(np.datetime64(day), 1, roll="forward"))


RELEASES, PER_SURPRISE, LEAD = 40, 0.0008, 40


def simulated_releases() -> dict[str, str]:
    """Return one-minute bars of EUR/USD from 08:00 to 10:00 in New York on 160 weekdays of summer time, and releases.

    Log returns are noise of 0.8 bp a minute; a release at 08:30 moves the price by 8 bp per standard deviation of its
    surprise over three minutes.
    """
    import numpy as np

    rng = np.random.default_rng(SEED)
    days = np.arange(np.datetime64("2025-03-17"), np.datetime64("2025-11-01"))
    days = days[np.is_busday(days)][: LEAD + 3 * RELEASES]
    returns = rng.normal(0, 0.00008, (len(days), 121))
    consensus, surprise = rng.normal(150, 30, RELEASES).round(0), rng.normal(0, 25, RELEASES).round(0)
    events = ["time,instrument,actual,consensus"]
    for place, (expected, gap) in enumerate(zip(consensus, surprise, strict=True)):
        day = LEAD + 3 * place
        returns[day, 31:34] += PER_SURPRISE * gap / surprise.std(ddof=1) * np.array([0.6, 0.3, 0.1])
        events.append(f"{days[day]} 08:30:00,EURUSD,{expected + gap:.0f},{expected:.0f}")
    closes = 1.05 * np.exp(np.cumsum(returns.ravel())).reshape(returns.shape)
    bars = [
        f"{date} {8 + minute // 60:02d}:{minute % 60:02d},{closes[row, minute]:.6f}"
        for row, date in enumerate(days)
        for minute in range(121)
    ]
    return {
        "eurusd.SIMULATED.csv": "\n".join(["time,close", *bars]) + "\n",
        "events.csv": "\n".join(events) + "\n",
    }


# Trading day and size of the planted moves; the events file of the template says the evening before or the morning.
JUMPS = (
    ("AAA", "2024-09-10", 0.03),
    ("BBB", "2024-11-05", -0.04),
    ("CCC", "2025-02-11", 0.02),
    ("DDD", "2025-04-15", -0.03),
)
