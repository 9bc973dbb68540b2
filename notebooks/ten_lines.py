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
# # Your own data in ten lines
#
# All that is needed: a file of prices of which you know the **zone** and **which end of the bar its labels mark**, and an
# event of which you know an **interval**. The first cell only writes such a file (SIMULATED); with your own, start below it.

# %%
from tempfile import mkdtemp

import eventstudy as es

simulated = es.simulate.intraday_market(es.simulate.IntradayDesign(days=40, jump=0.008), seed=7)
folder = mkdtemp()
local = simulated.bars[0].frame.tz_convert("Europe/Moscow").tz_localize(None)
local.to_csv(f"{folder}/prices.csv", index_label="time")
local.head(3)

# %% [markdown]
# ## The ten lines

# %%
from datetime import datetime

bars = es.read_bars(
    f"{folder}/prices.csv",
    instrument="MINE",
    timezone="Europe/Moscow",
    label="right",
    step="1min",
    calendar="24/7",
    columns={"time": "time"},
)
when = es.EventTime(simulated.event.time.earliest, simulated.event.time.latest, basis="stamp")
event = es.Event("my-event", when, label="The news I know of")
spec = es.StudySpec(name="mine", title="SIMULATED: my own data", event=(-10, 30), windows=((0, 0),), tests=("placebo",))
result = es.run_study(spec, [event], [bars])
result

# %%
result.plot().figure

# %% [markdown]
# Every event has one outcome with its reason, and every table is a frame:

# %%
result.to_frame("outcomes")

# %%
result.to_frame("car")

# %% [markdown]
# `result.save("folder")` writes the report, the figure, the tables and a manifest to reproduce them from. A time without a
# zone is refused, because it is not an instant:

# %%
try:
    es.EventTime(datetime(2021, 4, 13, 18, 0), datetime(2021, 4, 13, 18, 37))  # noqa: DTZ001
except es.EventTimeError as error:
    print(error)
