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
# # A hundred events that share a day
#
# When many firms have their event on the same day, their abnormal returns share that day's surprises. A hundred such events
# hold much less information than a hundred independent ones, and a test that does not know it finds effects in noise.
#
# The data here is SIMULATED, with **no effect at all** and errors that are correlated across firms (0.2).

# %%
import pandas as pd

import eventstudy as es

draw = es.simulate.daily_panel(es.simulate.DailyDesign(N=100, M=220, L=11, correlation=0.2), seed=11)
days = pd.bdate_range("2024-01-01", periods=draw.y.shape[1])
returns = pd.DataFrame(draw.y.T, index=days, columns=[f"F{i:03d}" for i in range(100)])
market = pd.Series(draw.F[0, :, 0], index=days, name="market")

# %% [markdown]
# One event per firm, all on the same morning. Dates need a closing time, for nobody could otherwise say whether the news
# came before or after it.

# %%
morning = days[225].tz_localize("Europe/Moscow") + pd.Timedelta("9h")
events = pd.DataFrame({"instrument": returns.columns, "time": morning})
spec = es.StudySpec(
    name="hundred",
    title="SIMULATED: a hundred firms, one day, no effect",
    model="market",
    estimation=(-200, -11),
    event=(-5, 5),
    windows=((0, 0), (0, 5)),
    tests=("cross_sectional_t", "patell", "bmp", "kp_bmp"),
)
result = es.run_study(spec, events, returns, market=market, closes_at="18:50 Europe/Moscow")
result

# %% [markdown]
# The tests that assume independent events (`cross_sectional_t`, `patell`, `bmp`) can reject here by chance far more often
# than they promise. `kp_bmp` (Kolari and Pynnönen 2010) uses the average correlation of the estimation residuals.

# %%
result.to_frame("tests")[["test", "start", "stop", "estimate", "statistic", "pvalue", "n_events"]]

# %%
es.FIGURES["average"](result).figure

# %% [markdown]
# The calendar shows the problem at a glance: all dots are in one column.

# %%
es.FIGURES["calendar"](result).figure
