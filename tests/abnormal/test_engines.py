"""The compiled engine says what the plain one says, whatever is missing, and only where it is asked for."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.abnormal import accelerated
from eventstudy.errors import UnknownNameError, UsageError
from tests.study.made import daily_frame, events_at

pytest.importorskip("numba", reason="the extra 'accel' is not installed")

SPEC = es.StudySpec(
    model="market",
    estimation=(-110, -11),
    event=(-5, 5),
    min_observations=30,
    tests=("time_series_t", "cross_sectional_t", "patell", "generalized_sign", "kp_patell"),
    response="off",
)


def holed_study() -> tuple[pd.DataFrame, pd.DataFrame]:
    """40 instruments on 300 days with holes in returns and market, one that begins late, and one that never moves."""
    frame = daily_frame(300, 40, seed=21).rename(columns={"A39": "M"})
    rng = np.random.default_rng(22)
    frame = frame.mask(rng.random(frame.shape) < 0.01)
    frame.iloc[90, frame.columns.get_loc("M")] = np.nan
    frame.iloc[:150, 3] = np.nan
    frame.iloc[:, 4] = 0.0
    # Windows that begin before the data, that lie inside it, and that end with it.
    places = [(column, place) for column in frame.columns[:-1] for place in (60, 140, 170, 294)]
    return frame, events_at(frame, places)


def test_the_compiled_engine_says_what_the_plain_one_says() -> None:
    frame, events = holed_study()
    plain, fast = (es.run_study(SPEC, events, frame, market="M", engine=e) for e in ("numpy", "numba"))
    assert fast.ledger == plain.ledger
    assert len(plain.abnormal) > 80
    assert {"estimation_too_short", "degenerate_window"} <= set(plain.ledger.counts())
    for name in ("coef", "root", "sigma2", "df", "n", "condition", "rank"):
        left, right = getattr(fast.abnormal.fit, name), getattr(plain.abnormal.fit, name)
        np.testing.assert_allclose(left, right, rtol=1e-12, atol=1e-15, err_msg=name)
    np.testing.assert_allclose(fast.abnormal.ar, plain.abnormal.ar, rtol=0, atol=1e-15)
    for one, other in zip(fast.significances.findings, plain.significances.findings, strict=True):
        np.testing.assert_allclose(one.statistic, other.statistic, rtol=1e-11)
        np.testing.assert_allclose(one.pvalue, other.pvalue, rtol=1e-10)


def test_the_compiled_line_by_hand() -> None:
    # y = 2 x + 3 with residuals +-1/2 that x does not see, on an offset of 2^20: slope 2, residual squares 20 / 4.
    from eventstudy.abnormal import kernels

    x = np.tile([0.0, 1.0, 2.0, 3.0], 5) + 2.0**20
    y = 2 * x + 3 + np.tile([0.5, -0.5, -0.5, 0.5], 5)
    moments, n, alike, residuals = np.empty((5, 1)), np.empty(1, np.int64), np.empty(1, bool), np.empty((1, 20))
    ar = np.empty((1, 4))
    start, event = np.array([0]), np.array([16])
    told = moments, n, alike, residuals
    mean, squares = np.empty(1), np.empty(1)
    kernels.spreads(x, start, 20, mean, squares)
    assert (mean[0], squares[0]) == (2.0**20 + 1.5, 25.0)
    known = mean, squares, start
    kernels.lines((y, start, event), (x, start, event), known, 20, told, ar)
    # Fitted is y = 2 x + 3, so the last four abnormal returns are the last four residuals.
    assert ar[0].tolist() == [0.5, -0.5, -0.5, 0.5]
    assert not alike[0]
    assert moments[:, 0].tolist() == [2 * (2.0**20 + 1.5) + 3, 2.0**20 + 1.5, 25.0, 2.0, 5.0]
    assert residuals[0].tolist() == np.tile([0.5, -0.5, -0.5, 0.5], 5).tolist()
    # Without the last cell of x, whose residual is then unknown, 19 are left.
    x[-1] = np.nan
    kernels.spreads(x, start, 20, mean, squares)
    kernels.lines((y, start, event), (x, start, event), known, 20, told, ar)
    assert n[0] == 19
    assert np.isnan(residuals[0, -1])
    assert np.isfinite(residuals[0, :-1]).all()


def test_who_computes_a_block_changes_no_bit_of_the_compiled_engine() -> None:
    frame, events = holed_study()
    alone = es.run_study(SPEC, events, frame, market="M", engine="numba")
    with ProcessPoolExecutor(2) as executor:
        assert es.run_study(SPEC, events, frame, market="M", engine="numba", executor=executor) == alone


@pytest.mark.parametrize("engine", ["numpy", "numba"])
def test_what_else_is_asked_changes_no_bit_of_the_fit(engine: accelerated.EngineName) -> None:
    # Residuals are kept only where a test wants them.
    frame, events = holed_study()
    bare = SPEC.model_copy(update={"tests": ("time_series_t",)})
    one, other = (es.run_study(spec, events, frame, market="M", engine=engine).abnormal for spec in (SPEC, bare))
    assert one == other


def test_models_without_a_compiled_fit_are_the_plain_ones() -> None:
    frame, events = holed_study()
    spec = SPEC.model_copy(update={"model_options": {"fit": "huber"}, "tests": ("time_series_t",)})
    plain, fast = (es.run_study(spec, events, frame, market="M", engine=e) for e in ("numpy", "numba"))
    assert fast == plain


def test_no_compiled_loop_may_reorder_its_sums() -> None:
    from eventstudy.abnormal import kernels

    loops = [value for value in vars(kernels).values() if hasattr(value, "targetoptions")]
    assert len(loops) >= 5
    assert not any(loop.targetoptions.get("fastmath") for loop in loops)


def test_an_engine_is_named_never_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    frame, events = holed_study()
    with pytest.raises(UnknownNameError, match="numpy"):
        es.run_study(SPEC, events, frame, market="M", engine="cuda")  # type: ignore[arg-type]
    monkeypatch.setattr(accelerated, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match="needs the package numba"):
        es.run_study(SPEC, events, frame, market="M", engine="numba")
