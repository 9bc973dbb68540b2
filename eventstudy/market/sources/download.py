"""Bytes from the network to a value, or the reason why not: size caps, unpacking, proof that the answer is complete."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from eventstudy.show.escape import plain

if TYPE_CHECKING:
    from tenacity import RetryCallState, Retrying


def retries(tries: int, first_wait_s: float, *, left: Callable[[], float], sleep: Callable[[float], None]) -> Retrying:
    """Return a caller that calls again what came ``Garbled``, after twice the wait each time.

    It waits as long as the service asks, and gives up before a wait that ends later than the seconds ``left``, or
    after as many tries as the fault allows.
    """
    import tenacity

    def wait(state: RetryCallState) -> float:
        return max(fault_of(state).wait_s, first_wait_s * 2.0 ** (state.attempt_number - 1))

    def stop(state: RetryCallState) -> bool:
        return state.attempt_number >= (fault_of(state).tries or tries) or state.upcoming_sleep >= left()

    again = tenacity.retry_if_exception_type(Garbled)
    return tenacity.Retrying(retry=again, wait=wait, stop=stop, sleep=sleep, reraise=True)


def fault_of(state: RetryCallState) -> Garbled:
    """Return what went wrong in the last try."""
    fault = state.outcome.exception() if state.outcome else None
    return fault if isinstance(fault, Garbled) else Garbled("nothing came")


def retry_after(value: str) -> float:
    """Return the seconds a ``Retry-After`` header asks for, given as a number or as a date."""
    if value.strip().isdecimal():
        return float(value)
    try:
        at: Any = parsedate_to_datetime(value)
        return max(float((at - datetime.now(at.tzinfo)).total_seconds()), 0.0)
    except (TypeError, ValueError, OverflowError):
        return 0.0


class Garbled(Exception):  # noqa: N818 - a fault on the way to a NetworkError, never seen by a user
    """What arrived cannot be the answer. ``tries`` is how often it is asked for, None for the usual number.

    ``misfit``: complete in itself, but at odds with what arrived before.
    """

    def __init__(self, reason: str, *, tries: int | None = None, wait_s: float = 0.0, misfit: bool = False) -> None:
        self.reason, self.tries, self.wait_s, self.misfit = reason, tries, wait_s, misfit
        super().__init__(reason)


class ByteCaps(NamedTuple):
    """The most bytes of an answer, as received and unpacked."""

    received: int
    unpacked: int


def read_body(
    chunks: Iterable[bytes], headers: Mapping[str, str], caps: ByteCaps, check_time: Callable[[], None]
) -> bytes:
    """Return the complete body, unpacked, under both caps.

    Raises
    ------
    Garbled
        When a cap is passed, the packing is unknown, or the packed stream is damaged or cut.
    """
    received_cap, unpacked_cap = caps
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > received_cap:
        raise Garbled(f"the answer declares {int(declared):,} bytes, more than the {received_cap:,} allowed", tries=1)
    unpack = _unpacker(headers.get("content-encoding", "identity").strip().lower())
    body, received = bytearray(), 0
    for chunk in chunks:
        check_time()
        received += len(chunk)
        if received > received_cap:
            raise Garbled(f"the answer is larger than the {received_cap:,} bytes allowed", tries=1)
        body += unpack.feed(chunk, unpacked_cap + 1 - len(body))
        if len(body) > unpacked_cap:
            raise Garbled(f"the answer unpacks to more than the {unpacked_cap:,} bytes allowed", tries=1)
    unpack.finish()
    return bytes(body)


class _Plain:
    def feed(self, chunk: bytes, room: int) -> bytes:
        return chunk

    def finish(self) -> None:
        """Plain bytes carry no end mark; the reader of the content proves that it is complete."""


class _Gzip:
    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)

    def feed(self, chunk: bytes, room: int) -> bytes:
        try:
            out = self._stream.decompress(chunk, max(room, 1))
        except zlib.error:
            raise Garbled("the packed answer is damaged") from None
        if self._stream.unused_data:
            raise Garbled("the packed answer goes on after its end")
        return out

    def finish(self) -> None:
        if not self._stream.eof:
            raise Garbled("the packed answer was cut before its end")


def _unpacker(encoding: str) -> _Plain | _Gzip:
    if encoding in {"", "identity"}:
        return _Plain()
    if encoding == "gzip":
        return _Gzip()
    raise Garbled(f"the answer is packed as {plain(encoding)}, which was not asked for", tries=1)


def parse_json(body: bytes) -> Any:
    """Read strict JSON: UTF-8, one complete value, no duplicate keys, no NaN; a web page is named as such."""
    if body.lstrip()[:1] == b"<":
        raise Garbled("a web page came instead of data", tries=2)
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_no_duplicates, parse_constant=_no_constants)
    except UnicodeDecodeError:
        raise Garbled("the answer is not valid UTF-8") from None
    except RecursionError:
        raise Garbled("the answer is nested too deeply", tries=1) from None
    except json.JSONDecodeError as error:
        state = "is empty" if not body.strip() else f"is cut or damaged at character {error.pos:,}"
        raise Garbled(f"the answer {state}") from None
    except ValueError:  # an integer of more digits than Python converts
        raise Garbled("the answer holds a number with thousands of digits", tries=2) from None


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise Garbled("the answer names one key twice")
    return values


def _no_constants(name: str) -> Any:
    raise Garbled(f"the answer holds {name}, which is not a JSON number")
