"""The short form of a daily study: frames of prices or returns, a market by name, a calendar or a closing time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import eventstudy as es
from eventstudy.errors import UnknownNameError

CLOSE = "16:00 America/New_York"
DAYS = pd.bdate_range("2020-01-01", periods=300)
NAMES = ["AAA", "BBB", "CCC"]
EVENT_ROW = 280


def draws() -> pd.DataFrame:
    """Returns of three SIMULATED shares and their index, with +500 bp on 2021-01-27."""
    rng = np.random.default_rng(0)
    index = rng.normal(0, 0.01, 300)
    returns = pd.DataFrame(rng.normal(0, 0.02, (300, 3)) + index[:, None], DAYS, NAMES)
    returns.iloc[EVENT_ROW] += 0.05
    return returns.assign(SPY=index)


def events(*names: str) -> pd.DataFrame:
    noon = (DAYS[EVENT_ROW] + pd.Timedelta("12h")).tz_localize("America/New_York")
    return pd.DataFrame({"id": list(names), "instrument": list(names), "time": noon})


def prices() -> pd.DataFrame:
    return 100 * np.exp(draws().cumsum())


def test_the_market_model_is_the_least_squares_line_before_the_event() -> None:
    result = es.event_study(events(*NAMES), prices=prices(), market="SPY", closes_at=CLOSE)
    log = np.log(prices()).diff()
    before, window = slice(EVENT_ROW - 250, EVENT_ROW - 10), slice(EVENT_ROW, EVENT_ROW + 2)
    car = result.to_frame("car").set_index("instrument")
    for name in NAMES:
        beta, alpha = np.polyfit(log["SPY"].iloc[before], log[name].iloc[before], 1)
        expected = (log[name].iloc[window] - alpha - beta * log["SPY"].iloc[window]).sum()
        assert car.loc[name, "car"] == pytest.approx(expected, abs=1e-12)
        assert (car.loc[name, "start"], car.loc[name, "stop"]) == (0, 1)
    assert result.spec.model == "market"
    assert "ES-UNUSED" not in {notice.code for notice in result.notices}
    assert set(result.spec.tests) == {"time_series_t", "cross_sectional_t", "bmp", "kp_bmp"}


def test_prices_and_their_returns_give_the_same_study() -> None:
    by_price = es.event_study(events(*NAMES), prices=prices(), market="SPY", closes_at=CLOSE)
    by_return = es.event_study(events(*NAMES), returns=np.log(prices()).diff(), market="SPY", closes_at=CLOSE)
    assert by_price.to_frame("car").equals(by_return.to_frame("car"))
    series = np.log(prices()["SPY"]).diff()
    own = es.event_study(events(*NAMES), returns=np.log(prices()[NAMES]).diff(), market=series, closes_at=CLOSE)
    assert own.to_frame("car").equals(by_price.to_frame("car"))
    priced = es.event_study(events(*NAMES), prices=prices()[NAMES], market=prices()["SPY"], closes_at=CLOSE)
    assert priced.to_frame("car").equals(by_price.to_frame("car"))


def test_simple_returns_are_computed_and_said_to_be_simple() -> None:
    result = es.event_study(events("AAA"), prices=prices(), closes_at=CLOSE, kind="simple", event=(0, 0))
    simple = prices()["AAA"].pct_change()
    expected = simple.iloc[EVENT_ROW] - simple.iloc[EVENT_ROW - 250 : EVENT_ROW - 10].mean()
    assert result.to_frame("car").loc[0, "car"] == pytest.approx(expected, abs=1e-12)
    assert result.spec.returns == "simple"


def test_the_default_model_follows_from_what_is_given() -> None:
    returns = draws()
    chosen = {
        "constant_mean": es.event_study(events("AAA"), returns=returns, closes_at=CLOSE),
        "market": es.event_study(events("AAA"), returns=returns, market="SPY", closes_at=CLOSE),
        "factor": es.event_study(events("AAA"), returns=returns[NAMES], factors=returns[["SPY"]], closes_at=CLOSE),
    }
    assert {name: result.spec.model for name, result in chosen.items()} == {name: name for name in chosen}


def test_a_market_that_the_model_does_not_use_is_a_warning() -> None:
    result = es.event_study(events("AAA"), prices=prices(), market="SPY", model="constant_mean", closes_at=CLOSE)
    (notice,) = (notice for notice in result.notices if notice.code == "ES-UNUSED")
    assert notice.message.startswith("`market` was given, but the model 'constant_mean' does not use it.")
    factors = draws()[["SPY"]].rename(columns={"SPY": "SMB"})
    result = es.event_study(events("AAA"), prices=prices(), market="SPY", factors=factors, closes_at=CLOSE)
    unused = [notice.message for notice in result.notices if notice.code == "ES-UNUSED"]
    assert [message.split(" was")[0] for message in unused] == ["`factors`"]


def test_the_market_column_is_studied_only_where_an_event_names_it() -> None:
    unnamed = es.event_study(events("AAA"), prices=prices(), market="SPY", closes_at=CLOSE)
    assert unnamed.abnormal.instruments.tolist() == ["AAA"]
    event = es.Event("call", es.EventTime(*2 * (events("AAA")["time"][0].to_pydatetime(),)))
    everywhere = es.event_study([event], prices=prices(), market="SPY", closes_at=CLOSE)
    assert sorted(everywhere.abnormal.instruments) == NAMES
    named = es.event_study(events("AAA", "SPY"), prices=prices(), model="constant_mean", market="SPY", closes_at=CLOSE)
    assert named.abnormal.instruments.tolist() == ["AAA", "SPY"]


def test_a_day_without_a_price_has_no_return_and_the_next_one_spans_it() -> None:
    gap = prices()
    gap.loc[DAYS[100], "AAA"] = np.nan
    result = es.event_study(events("AAA"), prices=gap, closes_at=CLOSE, event=(0, 0), estimation=(-250, -11))
    log = np.log(gap["AAA"].dropna()).diff()
    at = log.index.get_loc(DAYS[EVENT_ROW])
    expected = log.iloc[at] - log.iloc[at - 250 : at - 10].mean()  # windows count the share's own days
    assert result.to_frame("car").loc[0, "car"] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "neither prices= nor returns="),
        ({"prices": prices(), "returns": draws()}, "both prices= and returns="),
        ({"prices": prices(), "calendar": "XNYS", "closes_at": CLOSE}, "both closes_at= and calendar="),
        ({"prices": prices(), "market": "SPX", "closes_at": CLOSE}, "market='SPX' is not a column of the data"),
        ({"prices": draws(), "closes_at": CLOSE}, "prices of zero or less"),
        ({"prices": prices().assign(AAA="x"), "closes_at": CLOSE}, "'AAA' that does not hold numbers"),
        ({"prices": prices(), "estimation": (-250,), "closes_at": CLOSE}, "is not a window"),
        ({"prices": prices(), "model": "market", "closes_at": CLOSE}, "market"),
    ],
)
def test_a_mistake_is_one_sentence(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(es.EventStudyError, match=message):
        es.event_study(events("AAA"), **arguments)


def test_settings_of_a_study_pass_through_and_unknown_ones_are_named() -> None:
    result = es.event_study(
        events(*NAMES), prices=prices(), market="SPY", closes_at=CLOSE, windows=[(0, 0), (-5, 5)], adjust="holm"
    )
    assert result.spec.adjust == "holm"
    assert result.spec.windows == ((0, 0), (-5, 5))
    with pytest.raises(es.SpecError, match=r"adjusted: unknown key. Did you mean 'adjust'\?"):
        es.event_study(events("AAA"), prices=prices(), closes_at=CLOSE, adjusted="holm")


def test_a_study_file_without_factors_has_none_that_could_be_unused() -> None:
    spec = es.StudySpec(model="market", estimation=(-250, -11))
    frame = draws()
    result = es.run_study(spec, events("AAA"), frame[NAMES], frame["SPY"], (), closes_at=CLOSE)
    assert "ES-UNUSED" not in {notice.code for notice in result.notices}


def test_a_calendar_of_another_name_is_refused_with_the_nearest_one() -> None:
    # The message named closes_at=, which was not given, and asked for a time zone.
    with pytest.raises(UnknownNameError, match=r"Unknown calendar 'NYSE'\. Did you mean 'XNYS'\?"):
        es.event_study(events("AAA"), returns=draws(), market="SPY", calendar="NYSE")


def test_a_calendar_closes_half_days_early() -> None:
    # The exchange closed at 13:00 on 2020-11-27: news at 14:00 of that day moves the prices of the next trading day.
    after_close = pd.Timestamp("2020-11-27 14:00", tz="America/New_York")
    news = pd.DataFrame({"instrument": ["AAA"], "time": [after_close]})
    frame = draws()[["AAA"]]
    frame.loc["2020-11-27"] += 0.05
    frame = frame.drop(pd.to_datetime(["2020-11-26", "2020-12-25", "2021-01-01"]))
    setting = {"returns": frame, "event": (0, 0), "estimation": (-150, -11)}
    by_calendar = es.event_study(news, calendar="XNYS", **setting).to_frame("ar")
    by_clock = es.event_study(news, closes_at=CLOSE, **setting).to_frame("ar")
    assert by_calendar.loc[0, "close"] == pd.Timestamp("2020-11-30 16:00", tz="America/New_York")
    assert by_clock.loc[0, "close"] == pd.Timestamp("2020-11-27 16:00", tz="America/New_York")


LONG = prices().rename_axis("Date").reset_index().melt(id_vars="Date", var_name="ticker", value_name="close")


@pytest.mark.parametrize(
    "given",
    [
        LONG,
        LONG.set_index(["ticker", "Date"]),
        LONG.set_index(["Date", "ticker"])["close"],
        LONG.set_index(["ticker", "Date"])["close"].rename_axis([None, None]),
        LONG.assign(volume=1.0).set_index(["ticker", "Date"]),
        pd.concat({"Close": prices(), "Volume": prices()}, axis=1),
        prices().set_axis([f"{day:%d.%m.%Y}" for day in DAYS]),
        prices().set_axis([f"{day:%m/%d/%Y}" for day in DAYS]),
        prices().set_axis([f"{day:%d-%b-%Y}" for day in DAYS]),
    ],
    ids=["long", "row levels", "series", "unnamed levels", "several columns", "columns", "dots", "slashes", "months"],
)
def test_prices_in_other_shapes_are_those_of_the_wide_frame(given: pd.DataFrame) -> None:
    expected = es.event_study(events("AAA"), prices=prices(), market="SPY", closes_at=CLOSE)
    result = es.event_study(events("AAA"), prices=given, market="SPY", closes_at=CLOSE)
    pd.testing.assert_frame_equal(result.to_frame("car"), expected.to_frame("car"), check_exact=True)


def test_row_levels_without_a_time_are_refused_by_what_they_are() -> None:
    with pytest.raises(es.UsageError, match=r"2 levels, 0 of them times.*reset_index"):
        es.event_study(events("AAA"), prices=LONG.assign(n=1).set_index(["ticker", "n"]), closes_at=CLOSE)


def test_dates_that_do_not_show_the_order_of_day_and_month_are_refused() -> None:
    frame = prices().iloc[:12].set_axis([f"{day:02d}/02/2020" for day in range(1, 13)])
    with pytest.raises(es.BarsError, match="day/month or month/day"):
        es.event_study(events("AAA"), prices=frame, closes_at=CLOSE)


def test_differences_are_changes_in_the_units_of_the_prices_also_below_zero_and_over_merged_days() -> None:
    rng = np.random.default_rng(9)
    spread = pd.DataFrame({"OIL": rng.normal(0, 0.5, len(DAYS)).cumsum()}, DAYS)
    assert (spread["OIL"] < 0).any()
    day = DAYS[EVENT_ROW]
    both = pd.DataFrame(
        {
            "instrument": ["OIL"],
            "earliest": [day.tz_localize("America/New_York") + pd.Timedelta("10h")],
            "latest": [DAYS[EVENT_ROW + 1].tz_localize("America/New_York") + pd.Timedelta("10h")],
        }
    )
    result = es.event_study(
        both, prices=spread, closes_at=CLOSE, kind="difference", model="zero", estimation=(-60, -2), event=(0, 0)
    )
    change = spread["OIL"].iloc[EVENT_ROW + 1] - spread["OIL"].iloc[EVENT_ROW - 1]
    assert result.to_frame("car")["car"].tolist() == [pytest.approx(change, abs=1e-12)]
    assert result.to_dict()["unit"] == "units of the series"


def test_a_market_in_differences_is_not_held_to_the_size_of_returns() -> None:
    frame = prices()
    result = es.event_study(events("AAA"), prices=frame, market="SPY", closes_at=CLOSE, kind="difference")
    assert not {"ES-PERCENT", "ES-MISSING-CODE"} & {notice.code for notice in result.notices}
