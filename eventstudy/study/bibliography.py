"""BibTeX of what the methods rest on, by DOI; a source that is not here is cited by its words and its DOI."""

from __future__ import annotations

import re

# DOI -> (kind, key, fields)
WORKS: dict[str, tuple[str, str, dict[str, str]]] = {
    "10.1016/0304-405X(80)90002-1": (
        "article",
        "BrownWarner1980",
        {
            "author": "Brown, Stephen J. and Warner, Jerold B.",
            "title": "Measuring Security Price Performance",
            "journal": "Journal of Financial Economics",
            "volume": "8",
            "number": "3",
            "pages": "205--258",
            "year": "1980",
        },
    ),
    "10.1016/0304-405X(85)90042-X": (
        "article",
        "BrownWarner1985",
        {
            "author": "Brown, Stephen J. and Warner, Jerold B.",
            "title": "Using Daily Stock Returns: The Case of Event Studies",
            "journal": "Journal of Financial Economics",
            "volume": "14",
            "number": "1",
            "pages": "3--31",
            "year": "1985",
        },
    ),
    "10.2307/2490543": (
        "article",
        "Patell1976",
        {
            "author": "Patell, James M.",
            "title": "Corporate Forecasts of Earnings Per Share and Stock Price Behavior: Empirical Tests",
            "journal": "Journal of Accounting Research",
            "volume": "14",
            "number": "2",
            "pages": "246--276",
            "year": "1976",
        },
    ),
    "10.1016/0304-405X(91)90032-F": (
        "article",
        "BoehmerMusumeciPoulsen1991",
        {
            "author": "Boehmer, Ekkehart and Musumeci, Jim and Poulsen, Annette B.",
            "title": "Event-Study Methodology under Conditions of Event-Induced Variance",
            "journal": "Journal of Financial Economics",
            "volume": "30",
            "number": "2",
            "pages": "253--272",
            "year": "1991",
        },
    ),
    "10.1093/rfs/hhq072": (
        "article",
        "KolariPynnonen2010",
        {
            "author": 'Kolari, James W. and Pynn{\\"o}nen, Seppo',
            "title": "Event Study Testing with Cross-sectional Correlation of Abnormal Returns",
            "journal": "Review of Financial Studies",
            "volume": "23",
            "number": "11",
            "pages": "3996--4025",
            "year": "2010",
        },
    ),
    "10.1016/0304-405X(89)90064-0": (
        "article",
        "Corrado1989",
        {
            "author": "Corrado, Charles J.",
            "title": "A Nonparametric Test for Abnormal Security-Price Performance in Event Studies",
            "journal": "Journal of Financial Economics",
            "volume": "23",
            "number": "2",
            "pages": "385--395",
            "year": "1989",
        },
    ),
    "10.2202/1544-6115.1585": (
        "article",
        "PhipsonSmyth2010",
        {
            "author": "Phipson, Belinda and Smyth, Gordon K.",
            "title": "Permutation P-values Should Never Be Zero: Calculating Exact P-values When Permutations Are "
            "Randomly Drawn",
            "journal": "Statistical Applications in Genetics and Molecular Biology",
            "volume": "9",
            "number": "1",
            "year": "2010",
        },
    ),
    "10.1515/9781400830213": (
        "book",
        "CampbellLoMacKinlay1997",
        {
            "author": "Campbell, John Y. and Lo, Andrew W. and MacKinlay, A. Craig",
            "title": "The Econometrics of Financial Markets",
            "publisher": "Princeton University Press",
            "year": "1997",
        },
    ),
}


def entry(source: str, doi: str) -> str:
    """Return the BibTeX entry of a source; built from its words and DOI where it is not in the table."""
    if doi in WORKS:
        kind, key, fields = WORKS[doi]
    else:
        year = re.search(r"\b(1[89]|20)\d\d\b", source)
        key = re.sub(r"[^A-Za-z0-9]", "", source.split(";")[0].split(",")[0])[:40] or "Source"
        kind, fields = "misc", {"note": source, **({"year": year[0]} if year else {})}
    lines = [f"  {name} = {{{value}}}," for name, value in {**fields, **({"doi": doi} if doi else {})}.items()]
    return f"@{kind}{{{key},\n" + "\n".join(lines) + "\n}"


def package(version: str) -> str:
    """Return the BibTeX entry of this package."""
    fields = {"author": "{The eventstudy authors}", "title": "eventstudy: market-reaction event studies"}
    lines = [f"  {name} = {{{value}}}," for name, value in {**fields, "year": "2026", "version": version}.items()]
    return "@software{eventstudy,\n" + "\n".join(lines) + "\n}"
