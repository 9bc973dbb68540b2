"""E-mails that break the rules of their format are read as far as they go, or refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from eventstudy.errors import DataError, NewsError
from eventstudy.market.store.archive import import_archive
from eventstudy.news.readers import read_news_bytes


@pytest.mark.parametrize("header", ["=?utf-8?b?abcde?=", "=?nothing?q?a?=", "=?utf-8?q?=FF?=", "=?utf-8?b?=?="])
@pytest.mark.parametrize("name", ["Subject", "From", "Message-ID"])
def test_a_malformed_header_is_kept_as_text(header: str, name: str) -> None:
    (item,) = read_news_bytes(f"{name}: {header}\n\nThe bank raised its rate.\n".encode(), "x.eml")
    assert item.text.strip() == "The bank raised its rate."


@pytest.mark.parametrize(
    "content",
    [
        b"Subject: a\n" + b"Content-Type: message/rfc822\n\n" * 3_000 + b"Subject: x\n\nbody\n",
        b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (i, i) for i in range(2_000)),
    ],
)
def test_mails_nested_without_end_are_refused(content: bytes) -> None:
    with pytest.raises(NewsError, match="nested too deep"):
        read_news_bytes(content, "x.eml")


def test_an_archive_that_is_a_pipe_is_refused(tmp_path: Path) -> None:
    import os

    from eventstudy.market.store.bar_store import BarStore

    os.mkfifo(tmp_path / "pipe.zip")
    with pytest.raises(DataError, match="not a regular file but a pipe"):
        import_archive(BarStore(tmp_path / "store"), tmp_path / "pipe.zip")


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
def test_a_header_of_endless_parameters_is_refused_and_a_long_text_is_not(newline: bytes) -> None:
    header = b"Subject: Call" + newline + b"Content-Type: text/plain; " + b"a=1;" * 20_000 + newline + b" folded"
    with pytest.raises(NewsError, match=r"Content header of more than 64,000 bytes\. Save its text"):
        read_news_bytes(header + 2 * newline + b"Putin called.", "x.eml")
    right = b"Subject: Call" + newline + b"Content-Type: text/plain" + 2 * newline + b"Putin called. " * 10_000
    (item,) = read_news_bytes(right, "x.eml")
    assert item.text.count("Putin") == 10_000
