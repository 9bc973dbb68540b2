"""Results as strict JSON: a number that is not finite becomes null, dates and numpy scalars become what JSON knows."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any


def json_number(value: float) -> float | None:
    """Return a JSON number, None for NaN and infinities.

    >>> json_number(1.5), json_number(float("nan"))
    (1.5, None)
    """
    return float(value) if math.isfinite(value) else None


def json_value(value: Any) -> Any:
    """Return a value as JSON knows it: mappings, lists, text, numbers, booleans and None.

    >>> json_value({"a": (1, float("inf"))})
    {'a': [1, None]}
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return json_number(value)
    if isinstance(value, Mapping):
        return {str(key): json_value(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(entry) for entry in value]
    if hasattr(value, "isoformat"):
        return value.isoformat() if value == value else None  # a missing time is not equal to itself
    return json_value(value.item()) if hasattr(value, "item") else str(value)


def json_text(value: Any) -> str:
    """Return strict JSON, text readable; a lone surrogate, which has no UTF-8 form, is spelled in ASCII."""
    text = json.dumps(json_value(value), ensure_ascii=False, indent=2, allow_nan=False)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(json_value(value), indent=2, allow_nan=False)
    return text
