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
# event of which you know an **interval**. The first cell only makes such a file (SIMULATED); with your own, start below it.

# %%
from tempfile import mkdtemp

from eventstudy.simulate import IntradayDesign, intraday_market

drawn = intraday_market(IntradayDesign(days=40, jump=0.008), seed=7)
folder = mkdtemp()
local = drawn.bars[0].frame.tz_convert("Europe/Moscow").tz_localize(None)
local.to_csv(f"{folder}/prices.csv", index_label="time")
local.head(3)

# %% [markdown]
# ## The ten lines

# %%
from datetime import datetime

import eventstudy as es
from eventstudy.errors import EventTimeError

bars = es.read_bars(
    f"{folder}/prices.csv",
    instrument="MINE",
    timezone="Europe/Moscow",
    label="right",
    step="1min",
    calendar="24/7",
    columns={"time": "time"},
)
when = es.EventTime(drawn.event.time.earliest, drawn.event.time.latest, basis="stamp")
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
# zone is refused, because nobody could say which instant it is:

# %%
try:
    es.EventTime(datetime(2021, 4, 13, 18, 0), datetime(2021, 4, 13, 18, 37))  # noqa: DTZ001
except EventTimeError as error:
    print(error)
