"""The answer of a study: frozen, comparable, with doors to tables, a figure and files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventstudy.abnormal.abnormal_returns import AbnormalReturns
from eventstudy.abnormal.events import Ledger
from eventstudy.abnormal.models.table import MODELS
from eventstudy.abnormal.placebo.paths import PlaceboPaths
from eventstudy.abnormal.windows import Window, WindowLike, as_window
from eventstudy.arrays import FloatArray, value
from eventstudy.errors import DataError, Notice, UnknownNameError, expect
from eventstudy.inference.cross_section import CrossSection, cross_section
from eventstudy.inference.findings import Findings, Significances
from eventstudy.inference.multiple import ADJUSTMENTS
from eventstudy.inference.table import TESTS
from eventstudy.references import package_bibtex
from eventstudy.study import frames, interchange
from eventstudy.study.fits import fits_frame
from eventstudy.study.primary import Primary
from eventstudy.study.renamed import hint
from eventstudy.study.slices import PriceSlice

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from eventstudy.news.items import Event
    from eventstudy.response.rows import ResponseSet
    from eventstudy.study.spec import StudySpec

FRAMES: Mapping[str, Callable[[StudyResult], pd.DataFrame]] = {
    "ar": lambda result: frames.ar_frame(result.abnormal),
    "car": lambda result: frames.car_frame(
        result.abnormal, result.windows or result.spec.test_windows, result.spec.returns
    ),
    "aar": lambda result: frames.aar_frame(result.abnormal, result.spec.returns),
    "fits": lambda result: fits_frame(result.abnormal, result.estimation, result.regressors),
    "tests": lambda result: result.significances.to_frame(),
    "outcomes": lambda result: result.ledger.to_frame(),
    "events": lambda result: frames.events_frame(result.ledger, result.abnormal),
    "diagnostics": lambda result: frames.diagnostics_frame(result.abnormal, result.diagnostics),
}


@value
class StudyResult:
    """What prices did around the events, with every number's reason.

    Attributes
    ----------
    spec : StudySpec
    ledger : Ledger
        One outcome per (event, instrument) pair of the input.
    abnormal : AbnormalReturns
        Decimal abnormal returns of the used events.
    significances : Significances
        Every test on every window.
    prices : tuple of PriceSlice
        Raw bars around each event of a small study made from Bars.
    placebo : PlaceboPaths or None
        Abnormal returns of the placebo windows, in the order of ``abnormal``: days on which the whole event window can
        be laid.
    placebo_cars : Mapping of Window to tuple of FloatArray, each (D_i,)
        What the placebo test of each window rests on: its CAR on every day that can serve for that very window.
    response : ResponseSet or None
        Shape of the intraday response, where it was asked for.
    notices : tuple of Notice
        What a careful reader must know.
    simulated : bool
        Some series was drawn, not traded: everything made from the result says SIMULATED.
    windows : tuple of Window
        The windows that were tested, in bars, in the order of the study.
    estimation : Window or None
        Estimation window in bars; None for models without one.
    regressors : tuple of str
        Names of the model's regressors, the market first.
    diagnostics : FloatArray or None
        Per event, how far its residuals are from what parametric tests assume (small studies).
    primary : Primary or None
        The test and window on which the finding rests, and why; None where no event was used.
    """

    spec: StudySpec
    ledger: Ledger
    abnormal: AbnormalReturns
    significances: Significances
    prices: tuple[PriceSlice, ...] = ()
    placebo: PlaceboPaths | None = None
    placebo_cars: Mapping[Window, tuple[FloatArray, ...]] = field(default_factory=dict)
    response: ResponseSet | None = None
    notices: tuple[Notice, ...] = ()
    simulated: bool = False
    windows: tuple[Window, ...] = ()
    diagnostics: FloatArray | None = None
    estimation: Window | None = None
    regressors: tuple[str, ...] = ()
    primary: Primary | None = None

    def __repr__(self) -> str:
        mark = "SIMULATED, " if self.simulated else ""
        return f"<StudyResult {self.spec.name!r}: {mark}{len(self.abnormal)} of {len(self.ledger)} events used>"

    @property
    def complete(self) -> bool:
        """Whether every event was used."""
        return bool(self.ledger.used.all())

    def to_frame(self, table: str = "car") -> pd.DataFrame:
        """Return a table of the result as a tidy frame; returns are decimal. An unknown name lists the tables."""
        expect("table", table, str, f"Pass one of {', '.join(FRAMES)}.")
        if table not in FRAMES:
            raise UnknownNameError("table", table, FRAMES, nearest=hint("table", table, FRAMES))
        return FRAMES[table](self)

    def to_polars(self, table: str = "car") -> Any:
        """Return the frame of :meth:`to_frame` as polars (extra ``polars``)."""
        return interchange.to_polars(self.to_frame(table))

    def to_arrow(self, table: str = "car") -> Any:
        """Return the frame of :meth:`to_frame` as an Arrow table."""
        return interchange.to_arrow(self.to_frame(table))

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON values: decimal log returns, ISO times, null where there is no number."""
        return {
            "study": self.spec.name,
            "title": self.spec.title,
            "simulated": self.simulated,
            "spec_digest": self.spec.digest(),
            "outcomes": [
                {"event": o.event, "instrument": o.instrument, "outcome": o.outcome, "reason": o.reason}
                for o in self.ledger
            ],
            **self.tables(),
            **self._intraday(),
            "warnings": [{"code": n.code, "message": n.message} for n in self.notices],
        }

    def tables(self, most: int | None = None) -> dict[str, Any]:
        """Return ``primary``, ``responses`` (of the ``most`` first events) and ``aggregates`` as JSON values."""
        windows = self.windows or self.spec.test_windows
        bhar = self.spec.returns if self.spec.measure == "bhar" else None
        parts = self.abnormal, self.significances, windows
        return {
            "primary": None if self.primary is None else frames.primary(self.primary, self.spec),
            "responses": frames.responses(*parts, most=most, bhar=bhar),
            "aggregates": frames.aggregates(*parts, bhar=bhar),
        }

    def _intraday(self) -> dict[str, Any]:
        if self.response is None:
            return {"intraday": [], "pairs": []}
        from eventstudy.response.rows import document, pair_document

        return {"intraday": document(self.response), "pairs": pair_document(self.response)}

    def summary(self) -> str:
        """Return the answer as plain text: the finding in two sentences, the tables behind it, every notice."""
        text: str = import_module("eventstudy.report.summary").summary(self)
        return text

    def cross_section(
        self,
        attributes: pd.DataFrame,
        window: WindowLike | None = None,
        *,
        covariance: str = "HC1",
        clusters: Sequence[object] | None = None,
    ) -> CrossSection:
        """Regress CARs on numeric attributes of the events.

        ``attributes`` is indexed by event id; errors are robust (``covariance``: "HC0" .. "HC3", or "nonrobust"), or
        clustered by ``clusters`` (one value per row of ``to_frame("car")`` of that window).
        """
        import pandas as pd

        expect("attributes", attributes, pd.DataFrame, "Pass a frame of numbers indexed by event id.")
        if not attributes.index.is_unique:
            raise DataError("The attributes name an event twice.", remedy="Keep one row per event id.")
        chosen = (self.windows or self.spec.test_windows)[0] if window is None else as_window(window)
        rows = attributes.reindex(list(map(str, self.abnormal.events)))
        return cross_section(self.abnormal.car(chosen), rows, covariance=covariance, clusters=clusters)

    @property
    def tests(self) -> tuple[str, ...]:
        """Tests that were computed: those of the study, and its primary test."""
        return tuple(dict.fromkeys((*self.spec.tests, *([self.primary.test] if self.primary else []))))

    def cite(self) -> str:
        """Return BibTeX of this package and of the papers behind the study's model, tests and adjustment."""
        from eventstudy import __version__

        rows: list[Any] = [MODELS[self.spec.model], *(TESTS[name] for name in self.tests)]
        rows += [ADJUSTMENTS[self.spec.adjust]] if self.spec.adjust else []
        entries = [package_bibtex(__version__), *(work.bibtex() for row in rows for work in row.references)]
        return "\n\n".join(dict.fromkeys(entries))

    def findings(self, test: str, window: WindowLike | None = None) -> tuple[Findings, ...]:
        """Return the columns of one test, one entry per window of the study, or of one window."""
        expect("test", test, str, f"Pass one of {', '.join(self.tests)}.")
        if test not in self.tests:
            raise UnknownNameError("test of this study", test, self.tests, nearest=self._untested(test))
        return self.significances.of(test, window)

    def _untested(self, test: str) -> str:
        return "Add it to the tests of the study." if test in TESTS else ""

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the response: price with the event interval, cumulated abnormal return with its band, volume."""
        if ax is not None and not hasattr(ax, "plot"):
            expect("ax", ax, type(None), "Pass matplotlib axes, or leave it out for a new figure.")
        axes: Axes = import_module("eventstudy.report.figures").response_panel(self, ax=ax)
        return axes

    def save(
        self,
        directory: str | Path,
        *,
        also: Sequence[str] = (),
        events: Sequence[Event] = (),
        digests: Mapping[str, str] | None = None,
    ) -> Path:
        """Write report, figure, tables and manifest into a directory, as ``eventstudy run --out`` does.

        Parameters
        ----------
        directory : str or Path
        also : sequence of str
            Additional output: report.md, report.eml, report.pdf, tables.tex, tables.xlsx, car.parquet or figure.html.
        events : sequence of Event, optional
            The events, whose labels, evidence and sources the report then shows.
        digests : mapping of str to str, optional
            SHA-256 of every input by its name, for the manifest (``load_study(...).digests``).

        Returns
        -------
        Path
            The directory.

        Raises
        ------
        UnknownNameError
            If a name in ``also`` is unknown.
        FileError
            If the directory cannot be written to.
        """
        also = (also,) if isinstance(also, str) else also
        expect("also", also, (list, tuple), "Pass a list of file names: ['report.md', 'tables.tex'].")
        write = import_module("eventstudy.report.write").save
        write(self, Path(directory), digests=digests, events=tuple(events), also=tuple(map(str, also)))
        return Path(directory)

    def _repr_html_(self) -> str:
        text: str = import_module("eventstudy.report.html").fragment(self)
        return text
