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
# # Is my test right?
#
# At the 5% level, a test should reject on 5% of the dates on which nothing happened. Whether it does on *your* series can be
# tried: move the events to other dates, run the same study many times, and count.
#
# The data here is SIMULATED: thirty firms, fat tails, correlated errors, no event anywhere.

# %%
import pandas as pd

import eventstudy as es

draw = es.simulate.daily_panel(es.simulate.DailyDesign(N=30, M=500, L=1, correlation=0.2, errors="t4"), seed=3)
days = pd.bdate_range("2022-01-03", periods=draw.y.shape[1])
returns = pd.DataFrame(draw.y.T, index=days, columns=[f"F{i:02d}" for i in range(30)])

# %%
morning = days[400].tz_localize("Europe/Moscow") + pd.Timedelta("9h")
events = pd.DataFrame({"instrument": returns.columns, "time": morning})
spec = es.StudySpec(
    name="size",
    title="SIMULATED: do the tests reject as often as they should?",
    model="constant_mean",
    estimation=(-120, -11),
    event=(0, 0),
    tests=("cross_sectional_t", "patell", "kp_bmp"),
    seed=5,
)
found = es.calibrate(spec, events, returns, closes_at="18:50 Europe/Moscow", draws=60)

# %% [markdown]
# How often each test rejects, beside the nominal size and the range that a correctly sized test would leave in only 5% of
# such trials. All events share a day here, so the tests that assume independent events reject far too often.

# %%
pd.DataFrame(
    [
        {
            "data": "SIMULATED",
            "test": row.test,
            "nominal": "5%",
            "rejected": f"{row.size[0.05]:.0%}",
            "range of a correct test": f"{row.band[0.05][0]:.0%} to {row.band[0.05][1]:.0%}",
            "effect detected in 80%, bp": round(row.smallest_effect * 1e4),
        }
        for row in found
    ]
)

# %% [markdown]
# As a figure: one row per test, its rejections over the range of a correctly sized test.

# %%
es.FIGURES["calibration"](found).figure

# %% [markdown]
# The same from the command line: `eventstudy calibrate STUDY.toml --figure sizes.png`.
