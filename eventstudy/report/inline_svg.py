"""A figure as SVG inside a page: text stays text, colors are style-sheet variables, no identifier occurs twice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree as Xml

from eventstudy.report.canvas import svg
from eventstudy.report.style import with_variables
from eventstudy.show.escape import plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FONT = re.compile(r"font:\s*((?:(?:bold|italic|oblique|[1-9]00)\s+)*)([\d.]+)px [^;]+")
REFERRED = re.compile(r"url\(#([^)]+)\)")
LONG = re.compile(r"(\d+\.\d)\d+")
STEPS = re.compile(r"\s*([MLCQzZ])\s*")
UNUSED = {"metadata", "style"}
NUMBERS = {"d", "x", "y", "width", "height", "points", "transform"}
# What SVG takes for granted where nothing is said.
DEFAULTS = {"stroke-linecap": "butt", "stroke-linejoin": "miter", "stroke-width": "1", "text-anchor": "start"}


class FigureText(NamedTuple):
    """What readers who cannot see a figure get: its title, and what it shows with the numbers that are drawn."""

    title: str
    desc: str


def inline_svg(figure: Figure, name: str, words: FigureText, kind: str = "") -> str:
    """Return a figure drawn in the look ``page`` as an ``<svg>`` element.

    Parameters
    ----------
    figure : Figure
    name : str
        Prefix of every identifier, different for each figure of a page.
    words : FigureText
    kind : str
        Class of the element.
    """
    salt = {"svg.hashsalt": name, "svg.fonttype": "none"}
    text = with_variables(svg(figure, settings=salt).decode("utf-8"))
    root = Xml.fromstring(text[text.index("<svg") :])  # noqa: S314  see above
    used = {name for node in root.iter() for value in node.attrib.values() for name in REFERRED.findall(value)}
    used |= {_referred(value) for node in root.iter() for value in node.attrib.values()} - {""}
    drawing = Xml.Element("svg", {"viewBox": root.attrib["viewBox"], "role": "img"})
    drawing.attrib |= {"aria-labelledby": f"{name}-t {name}-d", "class": kind or "all"}
    drawing.attrib["style"] = f"max-width:{float(root.attrib['viewBox'].split()[2]):.0f}px"
    for tag, content in zip(words._fields, words, strict=True):
        Xml.SubElement(drawing, tag, id=f"{name}-{tag[0]}").text = plain(content, 2000)
    for node in root:
        drawing.extend(_cleaned(node, name, used))
    return Xml.tostring(drawing, encoding="unicode")


def _referred(value: str) -> str:
    """Return the identifier that an attribute refers to, or an empty string."""
    found = re.fullmatch(r"(?:url\()?#([^)]+)\)?", value)
    return found[1] if found else ""


def _cleaned(node: Xml.Element, name: str, used: set[str]) -> list[Xml.Element]:
    """Return a node without what no page needs; a group without attributes is its members."""
    tag = node.tag.rsplit("}", 1)[-1]
    if tag in UNUSED:
        return []
    element = Xml.Element(tag, _attributes(node, name, used))
    element.text = node.text if tag == "text" else None
    element.extend([inner for child in node for inner in _cleaned(child, name, used)])
    if tag in {"g", "defs"} and not len(element):
        return []
    return list(element) if tag == "g" and not element.attrib else [element]


def _attributes(node: Xml.Element, name: str, used: set[str]) -> dict[str, str]:
    attributes = {}
    for key, value in node.attrib.items():
        bare = key.rsplit("}", 1)[-1]
        if bare == "id" and value not in used:
            continue
        if bare == "id":
            attributes[bare] = f"{name}-{value}"
        elif referred := _referred(value):
            attributes[bare] = value.replace(referred, f"{name}-{referred}")
        elif bare == "style":
            said = REFERRED.sub(lambda m: f"url(#{name}-{m[1]})", _style(value))
            attributes |= {"style": said} if said else {}
        elif bare in NUMBERS:
            said = STEPS.sub(r"\1", LONG.sub(r"\1", value)).strip()
            attributes |= {} if bare == "transform" and re.fullmatch(r"rotate\(-?0 [\d. -]+\)", said) else {bare: said}
        elif not bare.startswith("space"):
            attributes[bare] = value
    return attributes


def _style(text: str) -> str:
    """Return the declarations that differ from the defaults; the page chooses the font family."""
    kept = []
    for part in FONT.sub(_font, text).split(";"):
        key, _, value = part.strip().partition(":")
        if value and DEFAULTS.get(key) != value.strip():
            kept.append(key + ":" + LONG.sub(r"\1", value.strip()))
    return ";".join(kept)


def _font(match: re.Match[str]) -> str:
    bold = ";font-weight:700" if "bold" in match[1] or "700" in match[1] else ""
    return f"font-size:{float(match[2]):g}px{bold}"
