"""The text around a time: its sentences, what was told before it, and what that makes of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from eventstudy.news.context import Context, Reference
from eventstudy.news.grammar import Span, sentence_at

# News say when in the title or the lead; what stands further down is told of other days.
LEAD = 400
LEAD_SENTENCES = 2
HEAD = 700
WORDY = 5
HEADER_WORDS = 8
_HEADER = re.compile(r"\b(?:19|20)\d\d\b|^\W*[A-ZА-ЯЁ]{4,}\b")
_ITSELF = re.compile(
    r"\W*(?:The|Its|Their|This|That)\s+(?:[\w'’-]+\s+){0,3}(?:announcement|decision|statement|release|news|"
    r"communiqu[eé]|results?)\s+(?:was|were|came|went)\b|\W*(?:It|They|The [\w'’-]+)\s+announced\s+(?:the|its|this|"
    r"that)\s+(?:move|decision|news|results?|cut|increase|hike|deal|merger)\b|\W*(?:Решение|Объявление|Заявление|"
    r"Сообщение|Об этом|О решении)\b"
)
_UPCOMING = re.compile(
    r"\b(?:next|upcoming|forthcoming) release\b|\b(?:release )?calendar\b|следующ\w+ публикаци", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Scene:
    """The text around the words, shared by all of its moments."""

    text: str
    field: str
    spans: tuple[Span, ...]
    quotes: tuple[Span, ...]
    context: Context
    reference: Reference
    russian: bool
    times: tuple[int, ...]
    hidden: bool
    history: str

    def in_lead(self, position: int) -> bool:
        """Return whether a position is in the title, or in the first sentences of the text that say something."""
        if self.field != "text":
            return True
        start = sentence_at(self.spans, position)[0]
        if start >= LEAD:
            return False
        told = sum(self._tells(self.text[a:b]) for a, b in self.spans if a < start)
        return told < LEAD_SENTENCES

    def is_first(self, position: int) -> bool:
        """Return whether nothing is told before a sentence, or it tells of itself when it came out."""
        start, end = sentence_at(self.spans, position)
        told = any(self._is_news(self.text[a:b], self.text[start:end]) for a, b in self.spans if b <= start)
        return self.field != "text" or not told or _ITSELF.match(self.text[start:end]) is not None

    def tells_of_itself(self, position: int) -> bool:
        """Return whether a sentence near the top tells when this news came out: "The decision was announced at"."""
        start, end = sentence_at(self.spans, position)
        return start < LEAD and _ITSELF.match(self.text[start:end]) is not None

    def _tells(self, sentence: str) -> bool:
        """Return whether a sentence says something: a line of a date and a place does not."""
        words = sentence.split()
        return len(words) >= WORDY and not (len(words) <= HEADER_WORDS and _HEADER.search(sentence))

    def _is_news(self, before: str, sentence: str) -> bool:
        """Return whether a sentence tells other news than one after it; a headline tells the same."""
        words = before.split()
        if len(words) < 3 or (len(words) <= HEADER_WORDS and _HEADER.search(before)):
            return False
        headline = before.rstrip(" ")[-1:] == "\n" and before.strip()[-1:] not in ".!?"
        return not (headline and len(_stems(before) & _stems(sentence)) >= 2)

    def sentence(self, position: int) -> tuple[str, int]:
        start, end = sentence_at(self.spans, position)
        return self.text[start:end], start

    def announces_to_come(self, position: int) -> bool:
        """Return whether the words before a time speak of the next release, not of this one."""
        return _UPCOMING.search(self.text, max(0, position - 80), position) is not None


def _stems(text: str) -> set[str]:
    """Return the beginnings of the longer words of a sentence."""
    return {w.casefold()[:5] for w in re.findall(r"[^\W\d_]{4,}", text)}
