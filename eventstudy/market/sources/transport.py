"""The restricted client: named hosts over https, bounded bytes and time, retries, no secrets shown."""

from __future__ import annotations

import logging
import queue
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import urljoin, urlsplit

from eventstudy.errors import NetworkError, UsageError
from eventstudy.market.sources.download import ByteCaps, Garbled, read_body, retries, retry_after
from eventstudy.show.escape import plain

if TYPE_CHECKING:
    import httpx2

T = TypeVar("T")
MEGABYTE = 2**20
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
LOGGERS = ("httpx2", "httpcore2.connection", "httpcore2.http11", "httpcore2.proxy")
BUSY = {403: ", no right to this data or too many requests", 429: ", too many requests"}
READ_S = 30.0
OFFLINE = "Run without --offline, or fetch the data on a machine with a network and import it."
AGAIN = "Check the connection and run the same command again; what arrived is kept."


class NotFoundError(NetworkError):
    """The service has no such address (HTTP 404)."""


class MisfitError(NetworkError):
    """Answers that are complete one by one and contradict each other."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of everything one answer may take; waits and tries count towards the deadline."""

    deadline_s: float = 60.0
    tries: int = 5
    max_bytes: int = 16 * MEGABYTE
    max_unpacked: int = 64 * MEGABYTE
    pause_s: float = 0.25
    first_wait_s: float = 0.5
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """One complete answer: the address it came from, its bytes, and what was read from them."""

    url: str
    body: bytes
    content: T
    fetched_at: datetime


def origin_of(url: str) -> str:
    """Return scheme, host and port; http only to this very machine; user names and fragments are refused."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise NetworkError(
            f"{plain(url, 80)!r} is not a valid address.", remedy="Write it as https://host:port/path."
        ) from None
    if parts.username is not None or parts.password is not None:
        raise NetworkError(
            "The address carries a user name or password.", remedy="Put a token into the environment instead."
        )
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise NetworkError(
            f"The address scheme {plain(parts.scheme)!r} to {plain(host)!r} is not allowed.",
            remedy="Only https is, and http to this very machine.",
        )
    default = 443 if parts.scheme == "https" else 80
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port or default}"


class Client:
    """A client of a fixed list of origins: nothing else is ever contacted, no secret is ever shown.

    Parameters
    ----------
    origins : tuple of str
        Addresses whose scheme, host and port may be contacted, redirects included.
    token : str
        Bearer token, sent only to the first origin.
    offline : bool
        Refuse before any socket is opened.
    limits : Limits
    transport, clock, sleep
        For tests: an ``httpx2`` transport, a monotonic clock in seconds, a sleeper.
    """

    def __init__(
        self,
        origins: tuple[str, ...],
        *,
        token: str = "",
        offline: bool = False,
        limits: Limits | None = None,
        transport: httpx2.BaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if any(c.isspace() or not c.isprintable() or ord(c) > 126 for c in token):
            raise UsageError("The token holds characters no token has (spaces, line breaks or non-ASCII letters).")
        self.origins = tuple(map(origin_of, origins))
        self.offline = offline
        self.limits = limits or Limits()
        self.requests = 0
        self._token, self._transport, self._clock, self._sleep = token, transport, clock, sleep
        self._client: httpx2.Client | None = None
        self._not_before = clock()
        for name in LOGGERS if token else ():
            logging.getLogger(name).addFilter(_Redact(token))

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def __repr__(self) -> str:
        return f"Client({', '.join(self.origins)})"

    def get(self, url: str, read: Callable[[bytes], T]) -> Answer[T]:
        """Ask for one answer and read it; a reader that raises ``Garbled`` has the answer asked for again.

        Raises
        ------
        NetworkError
            One sentence: who did not answer, why, after how many tries; ``NotFoundError`` for HTTP 404.
        """
        try:
            return self._patiently(url, read)
        except NetworkError as error:
            # A server may echo the token in a redirect; whatever the sentence quotes, the secret is not in it.
            raise type(error)(self._clean(error.message), remedy=self._clean(error.remedy)) from None

    def _patiently(self, url: str, read: Callable[[bytes], T]) -> Answer[T]:
        self._admit(url)
        if self.offline:
            raise NetworkError(f"{self._host(url)}: cannot download, --offline is set.", remedy=OFFLINE)
        started = self._clock()
        until = started + self.limits.deadline_s
        retrying = retries(
            self.limits.tries, self.limits.first_wait_s, left=lambda: until - self._clock(), sleep=self._sleep
        )
        try:
            return retrying(self._once, url, read, until)
        except Garbled as last:
            tries = retrying.statistics["attempt_number"]
            kind = MisfitError if last.misfit else NetworkError
            raise kind(
                f"{self._host(url)} gave no usable answer: {self._clean(last.reason)} "
                f"({tries} {'try' if tries == 1 else 'tries'}, {self._clock() - started:.1f} s).",
                remedy=AGAIN,
            ) from None

    def _once(self, url: str, read: Callable[[bytes], T], until: float) -> Answer[T]:
        body = self._in_time(url, until)
        return Answer(self._clean(url), body, read(body), datetime.now(UTC))

    def _in_time(self, url: str, until: float) -> bytes:
        """Work in a thread of its own: name look-up and slow headers have no deadline, the caller does."""
        done: queue.SimpleQueue[tuple[bytes, BaseException | None]] = queue.SimpleQueue()
        client = self._client = self._client or self._open()
        gone = threading.Event()

        def work() -> None:
            try:
                done.put((self._follow(client, url, until), None))
            except BaseException as fault:
                done.put((b"", fault))
            if gone.is_set():
                client.close()

        threading.Thread(target=work, daemon=True, name="eventstudy-download").start()
        try:
            body, fault = done.get(timeout=max(until - self._clock(), 0.001))
        except queue.Empty:
            gone.set()
            self._client = None
            raise self._too_late() from None
        if fault is not None:
            try:
                raise fault
            finally:
                fault = None  # the frame and the traceback would keep each other alive
        return body

    def _follow(self, client: httpx2.Client, url: str, until: float) -> bytes:
        asked, cause = url, ""
        for _ in range(self.limits.redirects + 1):
            self._admit(url, cause)
            target, body = self._exchange(client, url, until)
            if body is not None:
                return body
            cause = f" after a redirect from {self._host(asked)}"
            try:
                url = urljoin(url, target)
            except ValueError:
                raise NetworkError(
                    f"{self._host(asked)} redirected to {plain(target, 80)!r}, which is not a valid address.",
                    remedy="The service or a network gate in between is misconfigured; try again later.",
                ) from None
        raise NetworkError(
            f"{self._host(asked)} redirected more than {self.limits.redirects} times.",
            remedy="The service or a network gate in between is misconfigured; try again later.",
        )

    def _exchange(self, client: httpx2.Client, url: str, until: float) -> tuple[str, bytes | None]:
        """Return a redirect's target and None, or an empty target and the body."""
        import httpx2

        self._throttle()
        self.requests += 1
        headers = {"Accept-Encoding": "gzip", "User-Agent": "eventstudy (event-study toolkit)"}
        if self._token and origin_of(url) == self.origins[0]:
            headers["Authorization"] = f"Bearer {self._token}"
        wait = min(READ_S, max(until - self._clock(), 0.001))
        try:
            with client.stream("GET", url, headers=headers, timeout=wait) as response:
                if response.status_code in REDIRECTS:
                    return response.headers.get("location", ""), None
                self._check_status(response.status_code, response.headers, url)
                caps = ByteCaps(self.limits.max_bytes, self.limits.max_unpacked)
                return "", read_body(response.iter_raw(), response.headers, caps, lambda: self._check_time(until))
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise self._fault(error) from None

    def _check_status(self, status: int, headers: Mapping[str, str], url: str) -> None:
        if status == 200:
            return
        if status in {403, 408, 425, 429} or status >= 500:
            said = f"HTTP status {status}{BUSY.get(status, '')}"
            raise Garbled(said, wait_s=retry_after(headers.get("retry-after", "")))
        if status == 404:
            raise NotFoundError(
                f"{self._host(url)} has nothing at {plain(urlsplit(url).path)} (HTTP status 404).",
                remedy="Check the symbol, the board and EVENTSTUDY_MOEX_URL.",
            )
        remedy = "Check EVENTSTUDY_MOEX_TOKEN." if status == 401 else "Check the symbol and the period."
        raise NetworkError(f"{self._host(url)} refused the request with HTTP status {status}.", remedy=remedy)

    def _admit(self, url: str, cause: str = "") -> None:
        if origin_of(url) not in self.origins:
            raise NetworkError(
                f"{self._host(url)} is not among the hosts that may be contacted{cause}.",
                remedy=f"Allowed are {', '.join(self.origins)}.",
            )

    def _fault(self, error: Exception) -> Garbled:
        import httpx2

        if isinstance(error, httpx2.TimeoutException):
            return Garbled("the connection fell silent")
        if isinstance(error, httpx2.ConnectError):
            if _certificate_fault(error):
                return Garbled("its certificate is not one this machine trusts", tries=1)
            return Garbled(f"no connection ({plain(str(error))})", tries=2)
        return Garbled(f"the connection broke ({plain(str(error) or type(error).__name__)})")

    def _too_late(self) -> Garbled:
        return Garbled(f"it was not complete within the deadline of {self.limits.deadline_s:g} s", tries=1)

    def _check_time(self, until: float) -> None:
        if self._clock() >= until:
            raise self._too_late()

    def _throttle(self) -> None:
        wait = self._not_before - self._clock()
        if wait > 0:
            self._sleep(wait)
        self._not_before = self._clock() + self.limits.pause_s

    def _open(self) -> httpx2.Client:
        import httpx2

        # A proxy of the environment has no business between two programs of one machine.
        local = all(urlsplit(origin).hostname in LOOPBACK for origin in self.origins)
        try:
            return httpx2.Client(transport=self._transport, verify=_trusted(not local), trust_env=not local)
        except ImportError:
            raise NetworkError(
                "The proxy of the environment is a SOCKS proxy, which needs the package socksio.",
                remedy="Install it with: pip install 'httpx2[socks]', or unset ALL_PROXY and HTTPS_PROXY.",
            ) from None
        except (ValueError, httpx2.InvalidURL) as error:
            raise NetworkError(
                f"The proxy of the environment cannot be used: {plain(str(error))}.",
                remedy="Correct or unset ALL_PROXY, HTTPS_PROXY and NO_PROXY.",
            ) from None

    def _host(self, url: str) -> str:
        try:
            host = urlsplit(url).netloc.rpartition("@")[2]
        except ValueError:
            host = ""
        return self._clean(plain(host or url, 80))

    def _clean(self, text: str) -> str:
        return text.replace(self._token, "***") if self._token else text


@cache
def _trusted(from_environment: bool) -> ssl.SSLContext:
    """Return the certificates this machine trusts, loaded once, since each loading costs time and memory."""
    import httpx2

    return httpx2.create_ssl_context(trust_env=from_environment)


class _Redact(logging.Filter):
    """Takes a secret out of every record of the libraries below."""

    def __init__(self, secret: str) -> None:
        super().__init__()
        self._secret = secret

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = record.getMessage().replace(self._secret, "***"), ()
        return True


def _certificate_fault(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError) or "certificate" in str(error).lower():
            return True
        error = error.__cause__ or error.__context__
    return False
