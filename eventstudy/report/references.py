"""Where each method comes from: one citation per model and test, for the page a person reads."""

from __future__ import annotations

REFERENCES: dict[str, str] = {
    "zero": "No expected return is subtracted; over minutes it is far below the noise (MacKinlay 1997, "
    "Journal of Economic Literature 35, 13-39).",
    "constant_mean": "Brown, Warner (1980), Measuring security price performance, Journal of Financial Economics 8, "
    "205-258, doi:10.1016/0304-405X(80)90002-1.",
    "same_clock_mean": "Mean return of the same minutes on other days, after the intraday seasonality of Andersen, "
    "Bollerslev (1997), Journal of Empirical Finance 4, 115-158, doi:10.1016/S0927-5398(97)00004-2.",
    "market": "Fama, Fisher, Jensen, Roll (1969), The adjustment of stock prices to new information, International "
    "Economic Review 10, 1-21, doi:10.2307/2525569.",
    "market_adjusted": "Brown, Warner (1985), Using daily stock returns, Journal of Financial Economics 14, 3-31, "
    "doi:10.1016/0304-405X(85)90042-X.",
    "time_series_t": "Campbell, Lo, MacKinlay (1997), The Econometrics of Financial Markets, chapter 4.",
    "cross_sectional_t": "Brown, Warner (1985), Using daily stock returns, Journal of Financial Economics 14, 3-31, "
    "doi:10.1016/0304-405X(85)90042-X.",
    "patell": "Patell (1976), Corporate forecasts of earnings per share and stock price behavior, Journal of "
    "Accounting Research 14, 246-276, doi:10.2307/2490543.",
    "bmp": "Boehmer, Musumeci, Poulsen (1991), Event-study methodology under conditions of event-induced variance, "
    "Journal of Financial Economics 30, 253-272, doi:10.1016/0304-405X(91)90032-F.",
    "kolari_pynnonen": "Kolari, Pynnonen (2010), Event study testing with cross-sectional correlation of abnormal "
    "returns, Review of Financial Studies 23, 3996-4025, doi:10.1093/rfs/hhq072.",
    "corrado_rank": "Corrado (1989), A nonparametric test for abnormal security-price performance, Journal of "
    "Financial Economics 23, 385-395, doi:10.1016/0304-405X(89)90064-0.",
    "placebo": "Davison, Hinkley (1997), Bootstrap Methods and their Application, section 4.2: "
    "p = (1 + #{|placebo| >= |event|}) / (D + 1).",
}


def reference(name: str) -> str:
    """Return the citation of a model or test, or an empty string for a name this page has none for."""
    if name in REFERENCES:
        return REFERENCES[name]
    return REFERENCES["placebo"] if "placebo" in name else ""
