"""From a view to axes: a new figure of the right size, or the axes a caller gave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eventstudy.report.canvas import drawing, margins, new_axes
from eventstudy.report.plots.panel import draw_panel, header_inches
from eventstudy.report.views import ResponseView

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTHS = {"wide": 7.6, "narrow": 4.1}
LEFT, RIGHT = 0.78, 0.16
BOTTOMS = {"wide": 0.86, "narrow": 1.02}


def draw_response(view: ResponseView, ax: Axes | None = None, *, style: str = "light", width: str = "wide") -> Axes:
    """Draw the response panel into ``ax`` or a new figure; return the axes of the cumulated abnormal return."""
    with drawing(style) as look:
        left = LEFT + (0.24 if view.simulated else 0.0)
        inches, bottom = WIDTHS[width], BOTTOMS[width]
        header = header_inches(view, inches - left - RIGHT)
        parts = 1.0 if view.prices is None else 2.0 + (0.4 if view.prices.volume.size else 0.0)
        sheet = ax if ax is not None else new_axes(inches, header + bottom + 2.15 * parts)
        box = margins(sheet, (left, bottom, RIGHT, header), own=ax is None)
        sheet.set_axis_off()
        figure = sheet.get_figure(root=True)
        assert figure is not None  # noqa: S101  an Axes always has a figure here
        made = draw_panel(view, figure, box, look)
        return made[0] if view.prices is None else made[1]
