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
# # The founding case: a call between two presidents, 13 April 2021
#
# A newspaper wrote that the dollar *"fell by 1.2 rubles to 76.16 rubles as of 18:53, according to data from the Moscow
# Exchange"*. What did the news do to the price, how fast, and how sure can one be?
#
# Three steps: when could the market have known, what did the price do then, and what does it do at that hour on other days.

# %%
from pathlib import Path

import eventstudy as es

studies = next(path for path in (Path("data/studies"), Path("../data/studies")) if path.exists())

# %% [markdown]
# ## When could the market have known?
#
# The date line says 2003, the text says "Tuesday, April 12" (in 2021 the 12th was a Monday), and "as of 18:53" only says
# that the news was out *by* then. This is collected as evidence, with its contradictions; nothing is guessed.

# %%
text = (
    "On Tuesday, April 12, the dollar fell by 1.2 rubles to 76.16 rubles as of 18:53, "
    "according to data from the Moscow Exchange."
)
dating = es.date_item(es.NewsItem(id="article", source="newspaper", title="", text=text))
dating

# %% [markdown]
# The reviewed event: what other sources support, and what is only assumed.

# %%
study = es.load_study(studies / "biden-putin-fixing.toml")
study.events[0]

# %% [markdown]
# ## What did the price do? The European Central Bank's daily fixing
#
# The fixing closes at 14:15 in Frankfurt, before the call: so the reaction is in the return from the 13th to the 14th.

# %%
daily = es.run_study(study.spec, study.events, study.data)
daily

# %%
daily.plot().figure

# %% [markdown]
# ## Minute by minute, on a SIMULATED day
#
# Exchange data may not be passed on, so this part runs on SIMULATED minutes whose truth is known, passing through the prices on
# record. `data/studies/biden-putin-moex.toml` does the same on the exchange's own candles where there is a network.

# %%
market = es.demo_market()
spec = es.StudySpec(
    name="simulated-call",
    title="SIMULATED: the call, minute by minute",
    event=(-30, 60),
    windows=((0, 0), (0, 20), (-30, -1)),
    tests=("placebo",),
)
minutes = es.run_study(spec, [market.event], market.bars)
minutes

# %%
minutes.plot().figure

# %%
minutes.to_frame("car").assign(data="SIMULATED")[["data", "instrument", "start", "stop", "n_bars", "car"]].round(5)

# %% [markdown]
# The gray band is what the same clock window did on comparable days. How unusual is the event among them?

# %%
es.FIGURES["placebo"](minutes, instrument="IMOEX2").figure
