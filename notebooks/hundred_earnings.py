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
# # A hundred earnings announcements
#
# All you need is **one file of prices** (a row per share and day) and **one list of events** (ticker, date, and whether the news
# came before the opening or after the close). The first cell writes such files: SIMULATED prices of a hundred shares, each with one
# announcement that is worth +1%. With your own files, start below it.

# %%
from pathlib import Path
from tempfile import mkdtemp

import pandas as pd

import eventstudy as es

draw = es.simulate.daily_panel(es.simulate.DailyDesign(N=100, M=320, L=11, correlation=0.1), seed=11)
days = pd.bdate_range("2024-01-01", periods=draw.y.shape[1])
codes = [f"S{place:03d}" for place in range(100)]
returns = pd.DataFrame(draw.y.T, index=days, columns=codes).assign(INDEX=draw.F[0, :, 0])
rows = []
for place, code in enumerate(codes):
    reacts, session = 260 + place % 60, ("bmo", "amc")[place % 2]
    returns.iloc[reacts, place] += 0.01
    rows.append({"ticker": code, "date": days[reacts - (session == "amc")].date(), "session": session})
folder = Path(mkdtemp())
prices = 100 * (1 + returns).cumprod()
prices.rename_axis("Date").melt(var_name="Ticker", value_name="Close", ignore_index=False).to_csv(
    folder / "prices.SIMULATED.csv"
)
pd.DataFrame(rows).to_csv(folder / "events.csv", index=False)
pd.read_csv(folder / "events.csv").head(3)

# %% [markdown]
# ## The study
#
# `bmo` (before market open) and `amc` (after market close) decide on which trading day the price could react.

# %%
shares = es.read_universe(folder / "prices.SIMULATED.csv", timezone="America/New_York", closes_at="16:00")
events = es.read_events(folder / "events.csv", timezone="America/New_York")
spec = es.StudySpec(
    name="earnings",
    title="SIMULATED: a hundred earnings announcements",
    model="market",
    estimation=(-250, -11),
    event=(-5, 5),
    windows=((0, 0), (0, 1), (-5, 5)),
    tests=("cross_sectional_t", "bmp", "kp_bmp"),
)
studied = [series for series in shares if series.instrument.code != "INDEX"]
result = es.run_study(spec, events, studied, market=shares["INDEX"])
result

# %% [markdown]
# The mean abnormal return of the event day is close to the 100 bp that were put in.

# %%
es.FIGURES["average"](result).figure

# %% [markdown]
# ## Every test, every event
#
# The *primary* test is chosen by the design, before any p-value is known. Tests whose assumptions the data violate are computed,
# and marked.

# %%
result.to_frame("tests").query("n_events > 1")[["test", "start", "stop", "estimate", "statistic", "pvalue"]].round(4)

# %% [markdown]
# Each event has one outcome with its reason; a frame has the attributes of the list beside the numbers.

# %%
result.to_frame("outcomes")["outcome"].value_counts()

# %%
result.to_frame("car").query("start == 0 and stop == 0").nlargest(5, "car")[["event", "car", "se", "scar"]].round(4)

# %% [markdown]
# The same from the command line, without a study file:
#
# ```shell
# eventstudy run --prices prices.csv --events events.csv --market INDEX --timezone America/New_York --closes-at 16:00 --out result
# ```
