"""Copies of one text: items whose five-word shingles overlap by half."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b

from eventstudy.news.items import NewsItem

# Shingles of five words; copies differ in a byline or a closing line, other reports of one event in most sentences.
SHINGLE = 5
ALIKE = 0.5
SKETCH = 12
SHORT = 8
_WORD = re.compile(r"\w+")


def group_items(items: Sequence[NewsItem]) -> list[tuple[NewsItem, ...]]:
    """Return the items in groups of near-duplicates, groups and members in the order of the input.

    Two items are copies if their sets of five-word shingles overlap by half of what both hold together (Jaccard index
    at least 0.5). Pairs are found by the smallest hashes of each set, so ten thousand items need no comparison of all
    with all; a pair that shares none of its twelve smallest hashes is not compared. Very short texts must be equal.

    Examples
    --------
    >>> a = NewsItem("a", "s", "", "one two three four five six seven eight nine ten")
    >>> b = NewsItem("b", "s", "", "One two three four five six seven eight, nine ten!")
    >>> [len(group) for group in group_items([a, b])]
    [2]
    """
    shingles = [_shingles(f"{item.title} {item.text}") for item in items]
    parent = list(range(len(items)))
    seen: dict[int, list[int]] = {}
    for i, mine in enumerate(shingles):
        for mark in sorted(mine)[:SKETCH]:
            bucket = seen.setdefault(mark, [])
            for j in bucket[-20:]:
                if _root(parent, i) != _root(parent, j) and _alike(mine, shingles[j]):
                    parent[max(_root(parent, i), _root(parent, j))] = min(_root(parent, i), _root(parent, j))
            bucket.append(i)
    groups: dict[int, list[NewsItem]] = {}
    for i, item in enumerate(items):
        groups.setdefault(_root(parent, i), []).append(item)
    return [tuple(group) for group in groups.values()]


def _root(parent: list[int], i: int) -> int:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


def _alike(one: frozenset[int], other: frozenset[int]) -> bool:
    shared = len(one & other)
    return shared >= ALIKE * (len(one) + len(other) - shared)


def _shingles(text: str) -> frozenset[int]:
    words = [w.casefold() for w in _WORD.findall(text[:20_000])]
    if len(words) < SHORT:
        return frozenset({_mark(" ".join(words))})
    return frozenset(_mark(" ".join(words[i : i + SHINGLE])) for i in range(len(words) - SHINGLE + 1))


def _mark(words: str) -> int:
    return int.from_bytes(blake2b(words.encode("utf-8", "replace"), digest_size=8).digest(), "big")
