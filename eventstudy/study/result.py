"""The result of a study: frozen, comparable, with its tables, figures and files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventstudy.abnormal.abnormal_returns import AbnormalReturns
from eventstudy.abnormal.events import Ledger
from eventstudy.abnormal.models.table import MODELS
from eventstudy.abnormal.placebo.placebo_paths import PlaceboPaths
from eventstudy.abnormal.windows import Window, WindowLike, as_window
from eventstudy.arrays import FloatArray, value
from eventstudy.errors import DataError, Notice, UnknownNameError, expect
from eventstudy.inference.cross_section import CrossSection, cross_section
from eventstudy.inference.findings import Findings, Significances
from eventstudy.inference.multiple import ADJUSTMENTS
from eventstudy.inference.table import TESTS
from eventstudy.reactions.values import Reactions
from eventstudy.references import package_bibtex
from eventstudy.renamed import hint, named_fields
from eventstudy.study import frames, interchange, reaction_frames, response_frames
from eventstudy.study.balance_frames import balance_frame, left_out_frame
from eventstudy.study.fits import fits_frame
from eventstudy.study.primary import Primary
from eventstudy.study.slices import PriceSlice

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from eventstudy.news.items import Event
    from eventstudy.response.response_rows import ResponseSet
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
    "intraday": lambda result: response_frames.across_frame(result.response, result.spec.seed),
    "intraday_moves": lambda result: response_frames.moves_frame(result.response),
    "intraday_shape": lambda result: response_frames.shape_frame(result.response),
    "groups": lambda result: reaction_frames.groups_frame(result.reactions.groups),
    "group_paths": lambda result: reaction_frames.group_paths_frame(result.reactions.groups),
    "group_comparisons": lambda result: reaction_frames.comparisons_frame(result.reactions.groups),
    "surprise": lambda result: reaction_frames.surprise_frame(result.reactions.surprise),
    "regressions": lambda result: reaction_frames.regressions_frame(result.reactions.regressions),
    "regression_data": lambda result: reaction_frames.regression_data_frame(
        result.ledger, result.abnormal, result.windows or result.spec.test_windows
    ),
    "specifications": lambda result: reaction_frames.specifications_frame(result.reactions.specifications),
    "surprise_tests": lambda result: reaction_frames.surprise_tests_frame(result.reactions.surprise),
    "placebo_balance": lambda result: balance_frame(result.reactions.placebo_balance),
    "placebo_left_out": lambda result: left_out_frame(result.reactions.placebo_balance),
}


@named_fields
@value
class StudyResult:
    """Results of an event study (Campbell, Lo and MacKinlay 1997, doi:10.1515/9781400830213).

    Attributes
    ----------
    spec : StudySpec
        The settings.
    ledger : Ledger
        Outcome and reason of every (event, instrument) pair, in input order.
    abnormal : AbnormalReturns
        Decimal abnormal returns of the N pairs used.
    significances : Significances
        Every test on every window; ``to_frame("tests")`` is the table.
    prices : tuple of PriceSlice
        Prices around each event of a small study of Bars.
    placebo : PlaceboPaths or None
        Abnormal returns of the placebo windows, in the order of ``abnormal``.
    placebo_cars : mapping of Window to tuple of FloatArray, each (D_i,)
        CARs of each window on every placebo day that is eligible for that window.
    response : ResponseSet or None
        Intraday response, if computed.
    notices : tuple of Notice
        Warnings, each with a documented code.
    simulated : bool
        Whether any series is simulated; all outputs are then marked SIMULATED.
    windows : tuple of Window
        Tested windows, in bars, in the order of the study.
    diagnostics : FloatArray or None
        Residual diagnostics of every estimation window (small studies).
    estimation_returns : FloatArray or None, shape (N, 2 L1)
        Returns of the estimation window, then those of the first regressor (up to five observations).
    estimation : Window or None
        Estimation window in bars; None for models without one.
    regressors : tuple of str
        Names of the model's regressors, the market first.
    primary : Primary or None
        The test and window on which the finding rests, and why; None where no event was used.
    zone : str
        Time zone of the market, in which reports show times; ``UTC`` where none is known.
    reactions : Reactions
        Groups of events, slopes on surprises and regressions, where the study asks for them.

    Examples
    --------
    >>> import numpy as np, pandas as pd, eventstudy as es
    >>> rng, names = np.random.default_rng(0), ["AAA", "BBB", "CCC"]
    >>> days = pd.bdate_range("2020-01-01", periods=300)
    >>> index = pd.Series(rng.normal(0, 0.01, 300), days, name="index")
    >>> returns = pd.DataFrame(rng.normal(0, 0.02, (300, 3)), days, names).add(index, axis=0)
    >>> returns.iloc[280] += 0.05  # SIMULATED effect on 2021-01-27
    >>> noon = pd.Timestamp("2021-01-27 12:00", tz="America/New_York")
    >>> events = pd.DataFrame({"id": ["a", "b", "c"], "instrument": names, "time": noon})
    >>> spec = es.StudySpec(model="market", estimation=(-250, -11), event=(-5, 5),
    ...                     windows=[(0, 0)], tests=["bmp", "kp_bmp"])
    >>> result = es.run_study(spec, events, returns, index, closes_at="16:00 America/New_York")
    >>> result.to_frame("car")[["event", "car", "se"]].round(4)
      event     car      se
    0     a  0.0425  0.0183
    1     b  0.0451  0.0202
    2     c  0.0134  0.0198
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
    estimation_returns: FloatArray | None = None
    estimation: Window | None = None
    regressors: tuple[str, ...] = ()
    primary: Primary | None = None
    zone: str = "UTC"
    reactions: Reactions = field(default_factory=Reactions)

    def __repr__(self) -> str:
        mark = "SIMULATED, " if self.simulated else ""
        return f"<StudyResult {self.spec.name!r}: {mark}{len(self.abnormal)} of {len(self.ledger)} events used>"

    @property
    def complete(self) -> bool:
        """Whether every event was used."""
        return bool(self.ledger.used.all())

    def to_frame(self, table: str = "car") -> pd.DataFrame:
        """Return one table of the result as a tidy frame; returns are decimal.

        Parameters
        ----------
        table : str
            ``"ar"``: abnormal returns by event and tau. ``"car"``: CAR and BHAR by event and window. ``"aar"``: means
            across events by tau, with the numbers of positive and negative abnormal returns. ``"fits"``: estimated
            models. ``"tests"``: tests by window. ``"outcomes"``: outcome of every (event, instrument) pair.
            ``"diagnostics"``: of the estimation residuals. ``"events"``: attributes of the events. ``"intraday"``:
            the intraday responses summed up over events, for all and for each instrument; ``"intraday_moves"`` and
            ``"intraday_shape"``: every one of them, by horizon and by measure. ``"groups"``,
            ``"group_paths"``, ``"group_comparisons"``: means of groups, their paths over event time, and tests of their
            differences, if the study asks for groups. ``"surprise"``, ``"surprise_tests"``: slopes on the surprise by
            tau and their tests, if it asks for them. ``"regressions"``: coefficients of the regressions asked for.
            ``"regression_data"``: one row per observation with date, instrument, CARs and all columns of the event.
            ``"specifications"``: one row per combination of choices, if the study asks for them.
            ``"placebo_balance"``: every observation beside its placebo days, if the study matches days;
            ``"placebo_left_out"``: how many days each rule leaves out.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        UnknownNameError
            If there is no such table.
        """
        expect("table", table, str, f"Pass one of {', '.join(FRAMES)}.")
        if table not in FRAMES:
            raise UnknownNameError("table", table, FRAMES, nearest=hint("table", table, FRAMES))
        return FRAMES[table](self)

    def to_polars(self, table: str = "car") -> Any:
        """Return the frame of :meth:`to_frame` as polars.

        Parameters
        ----------
        table : str
            As for :meth:`to_frame`.

        Returns
        -------
        polars.DataFrame

        Raises
        ------
        UsageError
            If polars is not installed (extra ``polars``).
        """
        return interchange.to_polars(self.to_frame(table))

    def to_arrow(self, table: str = "car") -> Any:
        """Return the frame of :meth:`to_frame` as an Arrow table.

        Parameters
        ----------
        table : str
            As for :meth:`to_frame`.

        Returns
        -------
        pyarrow.Table
        """
        return interchange.to_arrow(self.to_frame(table))

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON values.

        Returns
        -------
        dict
            Decimal returns, ISO times, and None where there is no number.
        """
        return {
            "study": self.spec.name,
            "title": self.spec.title,
            "simulated": self.simulated,
            "spec_digest": self.spec.digest(),
            "unit": "decimal return" if self.spec.unit == "bp" else self.spec.unit,
            "outcomes": [
                {"event": o.event, "instrument": o.instrument, "outcome": o.outcome, "reason": o.reason}
                for o in self.ledger
            ],
            **self.tables(),
            **self._intraday(),
            **reaction_frames.document(self.reactions),
            "warnings": [{"code": n.code, "message": n.message} for n in self.notices],
        }

    def tables(self, most: int | None = None) -> dict[str, Any]:
        """Return the primary test, the CARs of events and the means across events as JSON values.

        Parameters
        ----------
        most : int, optional
            Number of events in ``responses``. Default: all.

        Returns
        -------
        dict
            ``primary``, ``responses`` and ``aggregates``.
        """
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
        from eventstudy.response.response_rows import document, pair_document

        return {"intraday": document(self.response), "pairs": pair_document(self.response)}

    def summary(self, *, verbose: bool = False, width: int = 78) -> str:
        """Return the result as plain text: the finding, key figures, one table and the warnings that matter most.

        Parameters
        ----------
        verbose : bool
            Add every table, every warning and every observation that was not used.
        width : int
            Most characters of a line; columns that do not fit are left out. Tables of ``verbose`` are not cut.

        Returns
        -------
        str
        """
        text: str = import_module("eventstudy.report.summary").summary(self, verbose=verbose, width=width)
        return text

    def cross_section(
        self,
        attributes: pd.DataFrame,
        window: WindowLike | None = None,
        *,
        covariance: str = "HC1",
        clusters: Sequence[object] | None = None,
    ) -> CrossSection:
        """Regress CARs on numeric attributes of the events by least squares.

        Parameters
        ----------
        attributes : pandas.DataFrame
            One row per event id, one numeric column per attribute.
        window : (int, int), optional
            Window of the CARs. Default: the first window of the study.
        covariance : {"nonrobust", "HC0", "HC1", "HC2", "HC3"}
            Covariance of the coefficients.
        clusters : sequence, optional
            One value per row of ``to_frame("car")`` of that window; standard errors are then clustered.

        Returns
        -------
        CrossSection
            Coefficients, standard errors, t-statistics and p-values; ``to_frame()`` is the table.

        Raises
        ------
        DataError
            If an event id occurs twice, or too few events have all attributes.
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
        """Tests that were computed: those of the study, its primary test, and that of the mean of one day."""
        primary = [self.primary.test] if self.primary else []
        return tuple(dict.fromkeys((*self.spec.tests, *primary, *(f.test for f in self.significances.findings))))

    def cite(self) -> str:
        """Return BibTeX entries of this package and of the sources of the study's model, tests and adjustment.

        Returns
        -------
        str
        """
        from eventstudy import __version__

        rows: list[Any] = [MODELS[self.spec.model], *(TESTS[name] for name in self.tests)]
        rows += [ADJUSTMENTS[self.spec.adjust]] if self.spec.adjust else []
        entries = [package_bibtex(__version__), *(work.bibtex() for row in rows for work in row.references)]
        return "\n\n".join(dict.fromkeys(entries))

    def findings(self, test: str, window: WindowLike | None = None) -> tuple[Findings, ...]:
        """Return one test as columns, one entry per window.

        Parameters
        ----------
        test : str
            One of the tests of the study.
        window : (int, int), optional
            Default: every tested window.

        Returns
        -------
        tuple of Findings
            ``estimate``, ``se``, ``statistic``, ``df`` and ``pvalue``, one row per event or one row across events.

        Raises
        ------
        UnknownNameError
            If the test is not one of the study.
        """
        expect("test", test, str, f"Pass one of {', '.join(self.tests)}.")
        if test not in self.tests:
            raise UnknownNameError("test of this study", test, self.tests, nearest=self._untested(test))
        return self.significances.of(test, window)

    def _untested(self, test: str) -> str:
        return "Add it to the tests of the study." if test in TESTS else ""

    def plot(self, ax: Axes | None = None, *, kind: str = "", title: str | None = None, style: str = "") -> Axes:
        """Plot the figure that suits the study, or another one.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Everything is plotted inside them. Default: a new figure.
        kind : str, optional
            Row of ``FIGURES``. Default: for one event price, cumulative abnormal return and volume; for one event on
            many instruments the moves sorted; for many events their mean.
        title : str, optional
            Words above the figure. Default: what it shows, in a new figure; none in axes that were passed.
        style : {"light", "dark", "print", "notebook"}, optional
            ``"notebook"`` has a transparent background. Default: by the background of ``ax``; light in a new figure.

        Returns
        -------
        matplotlib.axes.Axes
            The main panel; ``.figure`` is the figure.

        Raises
        ------
        UsageError
            If the result has nothing that the figure could show.
        UnknownNameError
            If there is no such figure.
        """
        if ax is not None and not hasattr(ax, "plot"):
            expect("ax", ax, type(None), "Pass matplotlib axes, or leave it out for a new figure.")
        figures = import_module("eventstudy.report.figures")
        axes: Axes = figures.figure(kind or figures.shape_of(self))(self, ax, style=style, title=title)
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
        text: str = import_module("eventstudy.report.notebook").fragment(self)
        return text
