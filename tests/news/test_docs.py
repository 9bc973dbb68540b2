"""The page of rules names every conflict there is."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
MADE = re.compile(r"""(?:Conflict|StampError)\(\s*"([a-z_]+)\"""")


def test_every_conflict_is_on_the_page() -> None:
    source = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "eventstudy" / "news").glob("*.py"))
    page = (ROOT / "docs" / "event-time.md").read_text(encoding="utf-8")
    kinds = set(MADE.findall(source)) | set(re.findall(r'"(only_[a-z_]+)"', source))
    # Keys of an events file are problems with a line, not conflicts of a text.
    keys = {"id", "time", "basis", "expected_sign", "attributes"}
    missing = {kind for kind in kinds - keys if f"`{kind}`" not in page}
    assert len(kinds) > 30
    assert not missing
