"""The papers and books that methods rest on; the rows of models, tests and adjustments point to them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Reference:
    """One work.

    Attributes
    ----------
    text : str
        As it is cited in a sentence: ``"Patell 1976"``.
    doi : str
    kind, key : str
        BibTeX entry type and key; the key is made from the text unless given.
    fields : mapping of str to str
        BibTeX fields; a work without them is cited by its text.

    Examples
    --------
    >>> print(Reference("Vasicek 1973", "10.2307/2978759").bibtex())
    @misc{Vasicek1973,
      note = {Vasicek 1973},
      year = {1973},
      doi = {10.2307/2978759},
    }
    """

    text: str
    doi: str = ""
    kind: str = "misc"
    key: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)

    def bibtex(self) -> str:
        """Return the BibTeX entry."""
        year = re.search(r"\b(1[89]|20)\d\d\b", self.text)
        fields = self.fields or {"note": self.text, **({"year": year[0]} if year else {})}
        key = self.key or re.sub(r"[^A-Za-z0-9]", "", self.text.split(";")[0].split(",")[0])[:40] or "Source"
        lines = [f"  {name} = {{{value}}},\n" for name, value in {**fields, "doi": self.doi}.items() if value]
        return f"@{self.kind}{{{key},\n{''.join(lines)}}}"


def package_bibtex(version: str) -> str:
    """Return the BibTeX entry of this package."""
    fields = {
        "author": "{The eventstudy authors}",
        "title": "eventstudy: market-reaction event studies",
        "year": "2026",
        "version": version,
    }
    return Reference("eventstudy", kind="software", key="eventstudy", fields=fields).bibtex()


def text_of(references: tuple[Reference, ...]) -> str:
    """Return how works are cited in a sentence: ``"Jaffe 1974; Mandelker 1974"``."""
    return "; ".join(reference.text for reference in references)


def doi_of(references: tuple[Reference, ...]) -> str:
    """Return the first DOI of the works, empty if none has one."""
    return next((reference.doi for reference in references if reference.doi), "")


BROWN_WARNER_1980 = Reference(
    "Brown and Warner 1980",
    "10.1016/0304-405X(80)90002-1",
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
)
BROWN_WARNER_1985 = Reference(
    "Brown and Warner 1985",
    "10.1016/0304-405X(85)90042-X",
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
)
MASULIS_1980 = Reference(
    "Masulis 1980",
    "10.1016/0304-405X(80)90015-X",
    "article",
    "Masulis1980",
    {
        "author": "Masulis, Ronald W.",
        "title": "The Effects of Capital Structure Change on Security Prices: A Study of Exchange Offers",
        "journal": "Journal of Financial Economics",
        "volume": "8",
        "number": "2",
        "pages": "139--178",
        "year": "1980",
    },
)
CAMPBELL_LO_MACKINLAY_1997 = Reference(
    "Campbell, Lo and MacKinlay 1997, ch. 4",
    "10.1515/9781400830213",
    "book",
    "CampbellLoMacKinlay1997",
    {
        "author": "Campbell, John Y. and Lo, Andrew W. and MacKinlay, A. Craig",
        "title": "The Econometrics of Financial Markets",
        "publisher": "Princeton University Press",
        "year": "1997",
    },
)
SCHOLES_WILLIAMS_1977 = Reference(
    "Scholes and Williams 1977",
    "10.1016/0304-405X(77)90041-1",
    "article",
    "ScholesWilliams1977",
    {
        "author": "Scholes, Myron and Williams, Joseph",
        "title": "Estimating Betas from Nonsynchronous Data",
        "journal": "Journal of Financial Economics",
        "volume": "5",
        "number": "3",
        "pages": "309--327",
        "year": "1977",
    },
)
DIMSON_1979 = Reference(
    "Dimson 1979",
    "10.1016/0304-405X(79)90013-8",
    "article",
    "Dimson1979",
    {
        "author": "Dimson, Elroy",
        "title": "Risk Measurement When Shares Are Subject to Infrequent Trading",
        "journal": "Journal of Financial Economics",
        "volume": "7",
        "number": "2",
        "pages": "197--226",
        "year": "1979",
    },
)
FAMA_FRENCH_1993 = Reference(
    "Fama and French 1993",
    "10.1016/0304-405X(93)90023-5",
    "article",
    "FamaFrench1993",
    {
        "author": "Fama, Eugene F. and French, Kenneth R.",
        "title": "Common Risk Factors in the Returns on Stocks and Bonds",
        "journal": "Journal of Financial Economics",
        "volume": "33",
        "number": "1",
        "pages": "3--56",
        "year": "1993",
    },
)
SHARPE_1964 = Reference(
    "Sharpe 1964",
    "10.1111/j.1540-6261.1964.tb02865.x",
    "article",
    "Sharpe1964",
    {
        "author": "Sharpe, William F.",
        "title": "Capital Asset Prices: A Theory of Market Equilibrium under Conditions of Risk",
        "journal": "Journal of Finance",
        "volume": "19",
        "number": "3",
        "pages": "425--442",
        "year": "1964",
    },
)
JENSEN_1968 = Reference(
    "Jensen 1968",
    "10.1111/j.1540-6261.1968.tb00815.x",
    "article",
    "Jensen1968",
    {
        "author": "Jensen, Michael C.",
        "title": "The Performance of Mutual Funds in the Period 1945--1964",
        "journal": "Journal of Finance",
        "volume": "23",
        "number": "2",
        "pages": "389--416",
        "year": "1968",
    },
)
BOLLERSLEV_1986 = Reference(
    "Bollerslev 1986",
    "10.1016/0304-4076(86)90063-1",
    "article",
    "Bollerslev1986",
    {
        "author": "Bollerslev, Tim",
        "title": "Generalized Autoregressive Conditional Heteroskedasticity",
        "journal": "Journal of Econometrics",
        "volume": "31",
        "number": "3",
        "pages": "307--327",
        "year": "1986",
    },
)
FAMA_MACBETH_1973 = Reference(
    "Fama and MacBeth 1973",
    "10.1086/260061",
    "article",
    "FamaMacBeth1973",
    {
        "author": "Fama, Eugene F. and MacBeth, James D.",
        "title": "Risk, Return, and Equilibrium: Empirical Tests",
        "journal": "Journal of Political Economy",
        "volume": "81",
        "number": "3",
        "pages": "607--636",
        "year": "1973",
    },
)
ABADIE_DIAMOND_HAINMUELLER_2010 = Reference(
    "Abadie, Diamond and Hainmueller 2010",
    "10.1198/jasa.2009.ap08746",
    "article",
    "AbadieDiamondHainmueller2010",
    {
        "author": "Abadie, Alberto and Diamond, Alexis and Hainmueller, Jens",
        "title": "Synthetic Control Methods for Comparative Case Studies: Estimating the Effect "
        "of California's Tobacco Control Program",
        "journal": "Journal of the American Statistical Association",
        "volume": "105",
        "number": "490",
        "pages": "493--505",
        "year": "2010",
    },
)
RINAUDO_SAHA_2014 = Reference(
    "Rinaudo and Saha 2014",
    "",
    "article",
    "RinaudoSaha2014",
    {
        "author": "Rinaudo, Alex and Saha, Atanu",
        "title": "An Intraday Event Study Methodology for Determining Loss Causation",
        "journal": "Journal of Financial Perspectives",
        "volume": "2",
        "number": "2",
        "year": "2014",
    },
)
PATELL_1976 = Reference(
    "Patell 1976",
    "10.2307/2490543",
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
)
BOEHMER_MUSUMECI_POULSEN_1991 = Reference(
    "Boehmer, Musumeci and Poulsen 1991",
    "10.1016/0304-405X(91)90032-F",
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
)
KOLARI_PYNNONEN_2010 = Reference(
    "Kolari and Pynnonen 2010",
    "10.1093/rfs/hhq072",
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
)
KOLARI_PYNNONEN_2011 = Reference(
    "Kolari and Pynnonen 2011",
    "10.1016/j.jempfin.2011.08.003",
    "article",
    "KolariPynnonen2011",
    {
        "author": 'Kolari, James W. and Pynn{\\"o}nen, Seppo',
        "title": "Nonparametric Rank Tests for Event Studies",
        "journal": "Journal of Empirical Finance",
        "volume": "18",
        "number": "5",
        "pages": "953--971",
        "year": "2011",
    },
)
KOLARI_PAPE_PYNNONEN_2018 = Reference(
    "Kolari, Pape and Pynnonen 2018",
    "10.2139/ssrn.3167271",
    "misc",
    "KolariPapePynnonen2018",
    {
        "author": 'Kolari, James W. and Pape, Bernd and Pynn{\\"o}nen, Seppo',
        "title": "Event Study Testing with Cross-Sectional Correlation Due to Partially Overlapping Event Windows",
        "year": "2018",
    },
)
LAMB_1995 = Reference(
    "Lamb 1995",
    "10.2307/253695",
    "article",
    "Lamb1995",
    {
        "author": "Lamb, Reinhold P.",
        "title": "An Exposure-Based Analysis of Property-Liability Insurer Stock Values around Hurricane Andrew",
        "journal": "Journal of Risk and Insurance",
        "volume": "62",
        "number": "1",
        "pages": "111--123",
        "year": "1995",
    },
)
CORRADO_1989 = Reference(
    "Corrado 1989",
    "10.1016/0304-405X(89)90064-0",
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
)
COWAN_1992 = Reference(
    "Cowan 1992",
    "10.1007/BF00939016",
    "article",
    "Cowan1992",
    {
        "author": "Cowan, Arnold Richard",
        "title": "Nonparametric Event Study Tests",
        "journal": "Review of Quantitative Finance and Accounting",
        "volume": "2",
        "number": "4",
        "pages": "343--358",
        "year": "1992",
    },
)
CORRADO_ZIVNEY_1992 = Reference(
    "Corrado and Zivney 1992",
    "10.2307/2331331",
    "article",
    "CorradoZivney1992",
    {
        "author": "Corrado, Charles J. and Zivney, Terry L.",
        "title": "The Specification and Power of the Sign Test in Event Study Hypothesis Tests "
        "Using Daily Stock Returns",
        "journal": "Journal of Financial and Quantitative Analysis",
        "volume": "27",
        "number": "3",
        "pages": "465--478",
        "year": "1992",
    },
)
CAMPBELL_WASLEY_1993 = Reference(
    "Campbell and Wasley 1993",
    "10.1016/0304-405X(93)90025-7",
    "article",
    "CampbellWasley1993",
    {
        "author": "Campbell, Cynthia J. and Wasley, Charles E.",
        "title": "Measuring Security Price Performance Using Daily NASDAQ Returns",
        "journal": "Journal of Financial Economics",
        "volume": "33",
        "number": "1",
        "pages": "73--92",
        "year": "1993",
    },
)
DIXON_MOOD_1946 = Reference(
    "Dixon and Mood 1946",
    "10.1080/01621459.1946.10501898",
    "article",
    "DixonMood1946",
    {
        "author": "Dixon, W. J. and Mood, A. M.",
        "title": "The Statistical Sign Test",
        "journal": "Journal of the American Statistical Association",
        "volume": "41",
        "number": "236",
        "pages": "557--566",
        "year": "1946",
    },
)
KARAFIATH_SPENCER_1991 = Reference(
    "Karafiath and Spencer 1991",
    "10.1007/BF02408396",
    "article",
    "KarafiathSpencer1991",
    {
        "author": "Karafiath, Imre and Spencer, David E.",
        "title": "Statistical Inference in Multiperiod Event Studies",
        "journal": "Review of Quantitative Finance and Accounting",
        "volume": "1",
        "pages": "353--371",
        "year": "1991",
    },
)
STREITBERG_ROEHMEL_1986 = Reference(
    "Streitberg and Roehmel 1986",
    "",
    "article",
    "StreitbergRoehmel1986",
    {
        "author": 'Streitberg, Bernd and R{"o}hmel, Joachim',
        "title": "Exact Distributions for Permutation and Rank Tests: An Introduction to Some Recently Published "
        "Algorithms",
        "journal": "Statistical Software Newsletter",
        "volume": "12",
        "number": "1",
        "pages": "10--17",
        "year": "1986",
    },
)
WILCOXON_1945 = Reference(
    "Wilcoxon 1945",
    "10.2307/3001968",
    "article",
    "Wilcoxon1945",
    {
        "author": "Wilcoxon, Frank",
        "title": "Individual Comparisons by Ranking Methods",
        "journal": "Biometrics Bulletin",
        "volume": "1",
        "number": "6",
        "pages": "80--83",
        "year": "1945",
    },
)
JOHNSON_1978 = Reference(
    "Johnson 1978",
    "10.1080/01621459.1978.10480051",
    "article",
    "Johnson1978",
    {
        "author": "Johnson, Norman J.",
        "title": "Modified t Tests and Confidence Intervals for Asymmetrical Populations",
        "journal": "Journal of the American Statistical Association",
        "volume": "73",
        "number": "363",
        "pages": "536--544",
        "year": "1978",
    },
)
HALL_1992 = Reference(
    "Hall 1992",
    "10.1111/j.2517-6161.1992.tb01872.x",
    "article",
    "Hall1992",
    {
        "author": "Hall, Peter",
        "title": "On the Removal of Skewness by Transformation",
        "journal": "Journal of the Royal Statistical Society: Series B",
        "volume": "54",
        "number": "1",
        "pages": "221--228",
        "year": "1992",
    },
)
LYON_BARBER_TSAI_1999 = Reference(
    "Lyon, Barber and Tsai 1999",
    "10.1111/0022-1082.00101",
    "article",
    "LyonBarberTsai1999",
    {
        "author": "Lyon, John D. and Barber, Brad M. and Tsai, Chih-Ling",
        "title": "Improved Methods for Tests of Long-Run Abnormal Stock Returns",
        "journal": "Journal of Finance",
        "volume": "54",
        "number": "1",
        "pages": "165--201",
        "year": "1999",
    },
)
GIACCOTTO_SFIRIDIS_1996 = Reference(
    "Giaccotto and Sfiridis 1996",
    "10.1016/0148-6195(96)00019-2",
    "article",
    "GiaccottoSfiridis1996",
    {
        "author": "Giaccotto, Carmelo and Sfiridis, James M.",
        "title": "Hypothesis Testing in Event Studies: The Case of Variance Changes",
        "journal": "Journal of Economics and Business",
        "volume": "48",
        "number": "4",
        "pages": "349--370",
        "year": "1996",
    },
)
JAFFE_1974 = Reference(
    "Jaffe 1974",
    "10.1086/295655",
    "article",
    "Jaffe1974",
    {
        "author": "Jaffe, Jeffrey F.",
        "title": "Special Information and Insider Trading",
        "journal": "Journal of Business",
        "volume": "47",
        "number": "3",
        "pages": "410--428",
        "year": "1974",
    },
)
MANDELKER_1974 = Reference(
    "Mandelker 1974",
    "10.1016/0304-405X(74)90012-9",
    "article",
    "Mandelker1974",
    {
        "author": "Mandelker, Gershon",
        "title": "Risk and Return: The Case of Merging Firms",
        "journal": "Journal of Financial Economics",
        "volume": "1",
        "number": "4",
        "pages": "303--335",
        "year": "1974",
    },
)
KRAMER_2001 = Reference(
    "Kramer 2001",
    "",
    "incollection",
    "Kramer2001",
    {
        "author": "Kramer, Lisa A.",
        "title": "Alternative Methods for Robust Analysis in Event Study Applications",
        "booktitle": "Advances in Investment Analysis and Portfolio Management",
        "volume": "8",
        "pages": "109--132",
        "publisher": "Elsevier",
        "year": "2001",
    },
)
HEIN_WESTFALL_2004 = Reference(
    "Hein and Westfall 2004",
    "10.1093/jjfinec/nbh018",
    "article",
    "HeinWestfall2004",
    {
        "author": "Hein, Scott E. and Westfall, Peter",
        "title": "Improving Tests of Abnormal Returns by Bootstrapping the Multivariate Regression Model with Event "
        "Parameters",
        "journal": "Journal of Financial Econometrics",
        "volume": "2",
        "number": "3",
        "pages": "451--471",
        "year": "2004",
    },
)
WU_1986 = Reference(
    "Wu 1986",
    "10.1214/aos/1176350142",
    "article",
    "Wu1986",
    {
        "author": "Wu, C. F. J.",
        "title": "Jackknife, Bootstrap and Other Resampling Methods in Regression Analysis",
        "journal": "Annals of Statistics",
        "volume": "14",
        "number": "4",
        "pages": "1261--1295",
        "year": "1986",
    },
)
WEBB_2014 = Reference(
    "Webb 2014",
    "",
    "techreport",
    "Webb2014",
    {
        "author": "Webb, Matthew D.",
        "title": "Reworking Wild Bootstrap Based Inference for Clustered Errors",
        "institution": "Queen's University, Department of Economics",
        "number": "1315",
        "year": "2014",
    },
)
PHIPSON_SMYTH_2010 = Reference(
    "Phipson and Smyth 2010",
    "10.2202/1544-6115.1585",
    "article",
    "PhipsonSmyth2010",
    {
        "author": "Phipson, Belinda and Smyth, Gordon K.",
        "title": "Permutation P-values Should Never Be Zero: Calculating Exact P-values When "
        "Permutations Are Randomly Drawn",
        "journal": "Statistical Applications in Genetics and Molecular Biology",
        "volume": "9",
        "number": "1",
        "year": "2010",
    },
)
GELBACH_HELLAND_KLICK_2013 = Reference(
    "Gelbach, Helland and Klick 2013",
    "10.1093/aler/aht006",
    "article",
    "GelbachHellandKlick2013",
    {
        "author": "Gelbach, Jonah B. and Helland, Eric and Klick, Jonathan",
        "title": "Valid Inference in Single-Firm, Single-Event Studies",
        "journal": "American Law and Economics Review",
        "volume": "15",
        "number": "2",
        "pages": "495--541",
        "year": "2013",
    },
)
HOLM_1979 = Reference(
    "Holm 1979",
    "10.2307/4615733",
    "article",
    "Holm1979",
    {
        "author": "Holm, Sture",
        "title": "A Simple Sequentially Rejective Multiple Test Procedure",
        "journal": "Scandinavian Journal of Statistics",
        "volume": "6",
        "number": "2",
        "pages": "65--70",
        "year": "1979",
    },
)
BENJAMINI_HOCHBERG_1995 = Reference(
    "Benjamini and Hochberg 1995",
    "10.1111/j.2517-6161.1995.tb02031.x",
    "article",
    "BenjaminiHochberg1995",
    {
        "author": "Benjamini, Yoav and Hochberg, Yosef",
        "title": "Controlling the False Discovery Rate: A Practical and Powerful Approach to Multiple Testing",
        "journal": "Journal of the Royal Statistical Society: Series B",
        "volume": "57",
        "number": "1",
        "pages": "289--300",
        "year": "1995",
    },
)
BENJAMINI_YEKUTIELI_2001 = Reference(
    "Benjamini and Yekutieli 2001",
    "10.1214/aos/1013699998",
    "article",
    "BenjaminiYekutieli2001",
    {
        "author": "Benjamini, Yoav and Yekutieli, Daniel",
        "title": "The Control of the False Discovery Rate in Multiple Testing under Dependency",
        "journal": "Annals of Statistics",
        "volume": "29",
        "number": "4",
        "pages": "1165--1188",
        "year": "2001",
    },
)
ROMANO_WOLF_2005 = Reference(
    "Romano and Wolf 2005",
    "10.1111/j.1468-0262.2005.00615.x",
    "article",
    "RomanoWolf2005",
    {
        "author": "Romano, Joseph P. and Wolf, Michael",
        "title": "Stepwise Multiple Testing as Formalized Data Snooping",
        "journal": "Econometrica",
        "volume": "73",
        "number": "4",
        "pages": "1237--1282",
        "year": "2005",
    },
)
WESTFALL_YOUNG_1993 = Reference(
    "Westfall and Young 1993",
    "",
    "book",
    "WestfallYoung1993",
    {
        "author": "Westfall, Peter H. and Young, S. Stanley",
        "title": "Resampling-Based Multiple Testing: Examples and Methods for p-Value Adjustment",
        "publisher": "Wiley",
        "year": "1993",
    },
)
