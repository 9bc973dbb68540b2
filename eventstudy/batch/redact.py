"""No secret in what is said or written: values of secret settings, passwords and keys in addresses, bearer tokens."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

HIDDEN = "[hidden]"
SHORTEST = 6  # a shorter value would hide ordinary words

# A name is looked at once from its beginning and then taken whole (*+): what is redacted may be long.
_CORE = (
    r"(?=[\w.-]*?(?:token|secret|passw(?:or)?d|passwd|api[_-]?key|access[_-]?key|private[_-]?key|credentials?))"
    r"[\w.-]*+"
)
_LOOSE = rf"(?:{_CORE}|key|sig|signature|pass|pwd|auth|authorization|session|cookie)"
_SECRET_NAME = re.compile(rf"{_CORE}|\w*(?:AUTH|AUTHORIZATION|COOKIE|PASS|PWD_SECRET)", re.IGNORECASE)
_PATTERNS = (
    (re.compile(r"(?<=//)[^/\s@][^/\s@:]*+:[^/\s]*@"), f"{HIDDEN}@"),
    (re.compile(rf"(?i)([?&;]{_LOOSE}=)[^&;#\s'\"]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)\b(bearer|basic|token)\s+[A-Za-z0-9._~+/=-]{6,}"), rf"\1 {HIDDEN}"),
    (
        re.compile(rf"(?i)(?<![\w.-])({_CORE}[\"']?\s*+[:=]\s*[\"']?)(?!{re.escape(HIDDEN)})[^\s\"',;&]{{6,}}"),
        rf"\1{HIDDEN}",
    ),
)


def redact(text: str, environment: Mapping[str, str] | None = None) -> str:
    """Return the text with every secret replaced by ``[hidden]``.

    Parameters
    ----------
    text : str
    environment : mapping of str to str, optional
        Settings whose secret values must not appear; the process's own by default.

    Examples
    --------
    >>> redact("GET https://ann:pw@host/x?token=abc123&day=1", {})
    'GET https://[hidden]@host/x?token=[hidden]&day=1'
    """
    for value in secret_values(os.environ if environment is None else environment):
        text = text.replace(value, HIDDEN)
    for pattern, shown in _PATTERNS:
        text = pattern.sub(shown, text)
    return text


def secret_values(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values that are secret by their setting's name or as an address's password, longest first."""
    found = {value for name, value in environment.items() if _SECRET_NAME.fullmatch(name) and len(value) >= SHORTEST}
    for value in environment.values():
        found |= {match[1] for match in _PASSWORD.finditer(value) if len(match[1]) >= SHORTEST}
    return tuple(sorted(found, key=lambda value: (-len(value), value)))


_PASSWORD = re.compile(r"//[^/\s:@]*:([^/\s]+)@")
