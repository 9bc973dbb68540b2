"""The response to look around in: one HTML file with plotly inside, where the extra ``interactive`` is installed."""

from __future__ import annotations

from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from eventstudy.arrays import from_epoch_us
from eventstudy.errors import UsageError
from eventstudy.report.figure_data import response_view
from eventstudy.report.style import STYLES
from eventstudy.report.views import ResponseView, pointwise_band
from eventstudy.show.escape import plain
from eventstudy.show.numbers import zone_name

if TYPE_CHECKING:
    from eventstudy.study.result import StudyResult

LOOK = STYLES["light"]


def shown(text: str) -> str:
    """Return text that plotly, which reads a little HTML in its labels, shows as it is."""
    return escape(plain(text, 160))


def interactive(result: StudyResult, *, event: str = "", instrument: str = "") -> bytes:
    """Return one response as an interactive page; it holds a script (plotly's own) and loads nothing.

    Parameters
    ----------
    result : StudyResult
    event, instrument : str
        Which response; empty for the first that was used.

    Raises
    ------
    UsageError
        If plotly is not installed, or nothing was used that could be drawn.
    """
    try:
        from plotly.subplots import make_subplots
    except ImportError:
        raise UsageError(
            "An interactive figure needs plotly, which is not installed.",
            remedy="Run: pip install 'market-eventstudy[interactive]'",
        ) from None
    view = response_view(result, event, instrument)
    rows = 1 if view.prices is None else 2
    figure = make_subplots(rows=rows, cols=1, shared_xaxes=True, vertical_spacing=0.06)
    stamp = "SIMULATED: " if view.simulated else ""
    for trace, row in traces(view, stamp):
        figure.add_trace(trace, row=row, col=1)
    figure.add_vrect(
        x0=on_clock(view.earliest, view.zone),
        x1=on_clock(view.latest, view.zone),
        fillcolor=LOOK.news,
        opacity=0.3,
        line_width=0,
        annotation_text="news public",
    )
    title = f"{stamp}{shown(view.title)}, {shown(view.instrument)}"
    figure.update_layout(title=title, template="plotly_white", hovermode="x unified", height=360 * rows)
    figure.update_xaxes(title_text=f"{stamp}{shown(zone_name(view.zone))} time", row=rows, col=1)
    figure.update_yaxes(title_text=f"{stamp}CAR, bp", row=rows, col=1)
    page: str = figure.to_html(include_plotlyjs=True, full_html=True, div_id="response")
    return page.encode("utf-8")


def traces(view: ResponseView, stamp: str) -> list[tuple[Any, int]]:
    """Return what is drawn and in which row: price, then CAR over its band."""
    import plotly.graph_objects as go

    parts: list[tuple[Any, int]] = []
    row = 1
    if view.prices is not None:
        at = local(view.prices.closes, view.zone)
        parts.append((go.Scatter(x=at, y=view.prices.price, name=f"{stamp}price", line={"color": LOOK.ink}), 1))
        row = 2
    at = local(view.path.at, view.zone)
    band = pointwise_band(view.path)
    if band is not None:
        half = np.array(band.half) * 1e4
        edge = {"mode": "lines", "line": {"width": 0}, "showlegend": False, "hoverinfo": "skip"}
        parts.append((go.Scatter(x=at, y=-half, **edge), row))
        fill = {"fill": "tonexty", "fillcolor": "rgba(140,149,159,0.25)", "showlegend": True, "name": shown(band.words)}
        parts.append((go.Scatter(x=at, y=half, **{**edge, **fill}), row))
    line = {"color": LOOK.one, "width": 2}
    parts.append(
        (go.Scatter(x=at, y=view.path.car * 1e4, name=f"{stamp}CAR, bp", mode="lines+markers", line=line), row)
    )
    return parts


def local(instants: Any, zone: str) -> list[str]:
    """Return instants as ISO texts of the local clock; plotly reads no offset, so there is none."""
    return [on_clock(at, zone) for at in from_epoch_us(instants)]


def on_clock(at: datetime, zone: str) -> str:
    """Return an instant as the local clock shows it, as ISO text without an offset."""
    return at.astimezone(ZoneInfo(zone or "UTC")).replace(tzinfo=None).isoformat()
