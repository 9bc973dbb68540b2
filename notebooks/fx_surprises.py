# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Surprises in economic releases, on currency minutes
#
# A release moves the price only as far as it was not expected. So the response is estimated per unit of the *surprise*: the
# abnormal return up to every minute is regressed on it, and the slopes of all minutes are tested together by random orders of
# the surprises.
#
# The prices are SIMULATED: 100 days of one-minute bars; on every second day at 12:30 UTC a surprise of one standard deviation
# moves the price by 6 bp.

# %%
from tempfile import mkdtemp

import pandas as pd

import eventstudy as es

market = es.simulate.intraday_market(es.simulate.IntradayDesign(days=100, sigma=0.005, quiet=0.0), seed=5)
minutes = market.bars[0].frame[["close", "volume"]]
days = minutes.index.normalize().unique()
releases = days[10::2] + pd.Timedelta("12h30min")
surprises = es.simulate.daily_panel(es.simulate.DailyDesign(N=1, M=len(releases), L=1), seed=2).y[0, : len(releases)]
surprises = pd.Series(surprises, releases).pipe(lambda s: s / s.std())
after = minutes.index.searchsorted(releases, side="right")  # the first bar that closes after the release
jumps = pd.Series(0.0006 * surprises.to_numpy(), minutes.index[after]).reindex(minutes.index).fillna(0.0)
minutes = minutes.assign(close=minutes["close"] * (1 + jumps).cumprod())
folder = mkdtemp()
minutes.to_csv(f"{folder}/eurusd.SIMULATED.csv", index_label="time")

# %% [markdown]
# ## Prices, and a list of releases with actual and expected values
#
# Each release is dated to the second: it was not public before `earliest`, and it was by `latest`.

# %%
bars = es.read_bars(
    f"{folder}/eurusd.SIMULATED.csv",
    instrument="EUR/USD",
    timezone="UTC",
    label="right",
    step="1min",
    calendar="24/7",
    columns={"time": "time"},
)
events = pd.DataFrame(
    {
        "id": [f"release-{at:%Y-%m-%d}" for at in releases],
        "instrument": "EUR/USD",
        "earliest": releases,
        "latest": releases + pd.Timedelta("10s"),
        "actual": surprises.round(2).to_numpy() + 2.0,
        "consensus": 2.0,
    }
)
events.head(3)

# %% [markdown]
# ## The response to a surprise of one standard deviation

# %%
spec = es.StudySpec(
    name="releases",
    title="SIMULATED: EUR/USD around economic releases",
    event=(-10, 15),
    windows=((0, 4),),
    tests=("cross_sectional_t", "placebo"),
    placebo={"after": True, "match": {"releases": "any"}},
    surprise={"actual": "actual", "expected": "consensus", "weights": "equal"},
)
result = es.run_study(spec, events, [bars])
result

# %% [markdown]
# In the mean over all releases good and bad news cancel. The slopes do not: they are decimal returns per standard
# deviation of the surprise, with 95% intervals, for every minute. Before the release (tau < 0) they show whether the surprise was
# known early.

# %%
slopes = result.to_frame("surprise").assign(data="SIMULATED")
slopes[["data", "tau", "n", "slope", "low", "high", "pvalue", "r2"]].round(5).iloc[6:16]

# %%
result.to_frame("surprise_tests")

# %% [markdown]
# ## The releases for other programs
#
# `regression_data` has one row per release with its CAR and columns. With equal weights the slopes above are those of ordinary least
# squares with HC1 standard errors; the tests of this package compare them with statsmodels.

# %%
result.to_frame("regression_data").assign(data="SIMULATED").head(3)

# %% [markdown]
# ## Each release beside the other release days
#
# A release raises the variance whatever it says, so that days without one have too low a variance. `releases = "any"` compares each
# release with the days of the other releases at the same time of day. `placebo_balance` shows what these days have in common
# with it, `placebo_left_out` how many days the rule leaves out.

# %%
balance = result.to_frame("placebo_balance").assign(data="SIMULATED")
columns = ["data", "event", "days", "candidates", "measure", "label", "event_value", "median", "ratio"]
balance[columns].round(6).head(6)

# %%
tests = result.to_frame("tests")
single = tests[tests["test"] == "placebo"]
print(f"SIMULATED: p <= 0.05 for {(single['pvalue'] <= 0.05).mean():.0%} of {len(single)} releases")

# %% [markdown]
# As a figure:

# %%
es.FIGURES["surprise"](result).figure
