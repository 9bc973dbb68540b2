"""A server on loopback that speaks as much of S3 as reading needs: lists, sizes and ranges; it counts the bytes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

STAMP = formatdate(1_600_000_000, usegmt=True)


class Bucket:
    """The files of a folder as the objects of a bucket."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.sent = folder, Counter[str]()
        self.refuse = False

    def __call__(self, request: Request) -> Response:
        if self.refuse:
            return Response("<Error><Code>AccessDenied</Code><Message>no</Message></Error>", 403)
        _, _, key = request.path.lstrip("/").partition("/")
        if not key:
            return self.listed(request.args)
        file = self.folder / key
        if not file.is_file():
            return Response("<Error><Code>NoSuchKey</Code></Error>", 404)
        content = file.read_bytes()
        headers: dict[str, Any] = {"Last-Modified": STAMP, "ETag": '"x"', "Accept-Ranges": "bytes"}
        if request.method == "HEAD":
            answer = Response(status=200, headers=headers)
            answer.content_length = len(content)
            return answer
        low, high = 0, len(content) - 1
        if given := request.headers.get("Range"):
            first, _, last = given.removeprefix("bytes=").partition("-")
            low, high = int(first), min(int(last or high), high)
            headers["Content-Range"] = f"bytes {low}-{high}/{len(content)}"
        self.sent[key] += high + 1 - low
        return Response(content[low : high + 1], 206 if given else 200, headers, content_type="binary/octet-stream")

    def listed(self, asked: Any) -> Response:
        prefix, names = asked.get("prefix", ""), []
        for path in sorted(self.folder.rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            if path.is_file() and name.startswith(prefix):
                names.append((name, path.stat().st_size))
        rows = "".join(
            f"<Contents><Key>{escape(name)}</Key><LastModified>2020-09-13T12:26:40.000Z</LastModified>"
            f"<ETag>&quot;x&quot;</ETag><Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
            for name, size in names
        )
        text = (
            '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Name>bucket</Name><Prefix>{escape(prefix)}</Prefix><KeyCount>{len(names)}</KeyCount>"
            f"<MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>"
        )
        return Response(text, 200, content_type="application/xml")


@contextmanager
def serving(folder: Path) -> Iterator[tuple[Bucket, str]]:
    """Yield the bucket and its address, to which a path below it can be put in place of {}."""
    bucket = Bucket(folder)
    with HTTPServer() as server:
        server.expect_request(re.compile(".*")).respond_with_handler(bucket)
        query = f"scheme=http&endpoint_override=127.0.0.1:{server.port}&region=us-east-1"
        yield bucket, f"s3://key:secret@bucket/{{}}?{query}"
