"""Bytes of a URL in order, whatever the connection does meanwhile.

A request that is cut, stalls or is answered by 429 or 5xx is made again from the byte it had reached, after a wait
with jitter (Retry-After is heeded). What was pinned on the first answer (ETag or Last-Modified, size) must stay:
bytes of two versions of a file are never mixed. Proxies are those of the environment (HTTPS_PROXY, NO_PROXY).
"""

import re
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field

import requests
import tenacity
import urllib3

BLOCK = 1 << 16  # bytes read at once
RETRIED = {408, 425, 429, 500, 502, 503, 504}


class DownloadError(ValueError):
    """A transfer that cannot succeed; the message says what came and what to do."""


class Changed(DownloadError):
    """The file behind the URL is no longer the one that was begun."""


class NoRanges(DownloadError):
    """The server sends files only whole, and a part was asked for."""


class Interrupted(Exception):
    """The server or the line failed for the moment: worth another request."""

    def __init__(self, message, wait_s=0.0):
        super().__init__(message)
        self.wait_s = wait_s


@dataclass(frozen=True)
class Patience:
    """When a request is given up, and how long to wait before the next (seconds)."""

    attempts: int = 8  # in a row that brought no byte
    wait_s: float = 1.0  # before the second attempt at most; doubles from there, drawn at random below that
    longest_wait_s: float = 60.0
    connect_s: float = 15.0
    silence_s: float = 30.0  # without any byte: the connection is dead
    slow_s: float = 30.0  # below `least_bytes_per_s` over this long: try another connection
    least_bytes_per_s: float = 1000.0


class Limiter:
    """Shares a bandwidth among threads; `bytes_per_s` None lets everything pass."""

    def __init__(self, bytes_per_s=None):
        self.bytes_per_s, self.free_at, self.lock = bytes_per_s, 0.0, threading.Lock()

    def take(self, count):
        """Wait until `count` bytes more are within the budget."""
        if self.bytes_per_s:
            with self.lock:
                now = time.monotonic()
                self.free_at = max(self.free_at, now) + count / self.bytes_per_s
                wait = self.free_at - now
            time.sleep(wait)


@dataclass
class Link:
    """How to reach servers: shared by all transfers of a batch. `arrived(n)` is told of every block."""

    patience: Patience = field(default_factory=Patience)
    limiter: Limiter = field(default_factory=Limiter)
    arrived: callable = lambda count: None
    session: requests.Session = field(default_factory=requests.Session)


class Remote:
    """One version of the file behind a URL.

    size: bytes, or None where the server does not say; ranges: whether it sends parts.
    Raises DownloadError where there is no such file or no answer.
    """

    def __init__(self, url, link=None):
        self.url, self.link = url, link or Link()
        self.size, self.tag, self.ranges = None, None, False
        with self._retrying(self._ask, 0, 1) as answer:
            self.tag, self.size = _tag(answer), _size(answer)
            self.ranges = answer.status_code in (206, 416)

    def chunks(self, start=0, stop=None):
        """Yield the bytes from `start` up to `stop` (None: the end).

        Without ranges, what lies before `start` is read again and thrown away. Raises Changed, DownloadError.
        """
        stop = self.size if stop is None else stop
        while stop is None or start < stop:
            answer, block = self._retrying(self._open, start, stop)
            with closing(answer):
                try:
                    while block:
                        block = block if stop is None else block[: stop - start]
                        start += len(block)
                        yield block
                        if start == stop:
                            return
                        block = answer.next_block()
                    if stop is None:
                        return
                except Interrupted:
                    pass  # some bytes came: the next request goes on after them

    def _open(self, start, stop):
        """Return (answer, first block that was asked for): an answer without a byte is a failed attempt."""
        answer = _Answer(self._ask(start, stop), self.link)
        try:
            self._compare(answer.raw, start)
            skip = start if answer.raw.status_code == 200 else 0
            while True:
                block = answer.next_block()
                if not block and (stop is not None or skip):
                    raise Interrupted("the connection was cut")
                if skip < len(block) or not block:
                    return answer, block[skip:]
                skip -= len(block)
        except BaseException:
            answer.close()
            raise

    def _ask(self, start, stop):
        """Send one request; return the response (200, 206 or 416), its body not read yet."""
        patience, headers = self.link.patience, {"Accept-Encoding": "identity"}
        headers["Range"] = f"bytes={start}-{'' if stop is None else stop - 1}"
        if self.tag and self.tag.startswith('"'):  # weak tags and dates are compared afterwards
            headers["If-Range"] = self.tag
        try:
            answer = self.link.session.get(
                self.url, headers=headers, stream=True, timeout=(patience.connect_s, patience.silence_s))
        except (requests.exceptions.ConnectionError, requests.exceptions.Timeout,
                requests.exceptions.ChunkedEncodingError) as error:
            raise Interrupted(f"no answer ({_short(error)})") from error
        except requests.exceptions.RequestException as error:
            raise DownloadError(f"{self.url}: {_short(error)}; check base_url and proxies") from error
        if answer.status_code in (200, 206) or (answer.status_code == 416 and start == 0):
            return answer
        answer.close()
        status = f"{answer.status_code} {answer.reason}"
        if answer.status_code in RETRIED:
            raise Interrupted(f"the server answers {status}", _seconds(answer.headers.get("Retry-After")))
        if answer.status_code == 416:
            raise Changed(f"{self.url}: the file became shorter while it was read; start again")
        raise DownloadError(f"{self.url}: expected a file, the server answers {status}; check base_url in conf/data")

    def _compare(self, answer, start):
        tag, size = _tag(answer), _size(answer)
        if (self.tag and tag and tag != self.tag) or (None not in (self.size, size) and size != self.size):
            raise Changed(f"{self.url}: the file changed while it was read; start again")
        if answer.status_code == 206 and not answer.headers["Content-Range"].startswith(f"bytes {start}-"):
            raise Interrupted("the server sends another part than was asked for")

    def _retrying(self, request, *arguments):
        """Call `request` until it brings something; DownloadError when patience ends."""
        patience = self.link.patience
        jitter = tenacity.wait_random_exponential(patience.wait_s, patience.longest_wait_s)

        def wait(state):
            asked = min(getattr(state.outcome.exception(), "wait_s", 0.0), patience.longest_wait_s)
            return max(asked, jitter(state))

        attempts = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(patience.attempts), wait=wait,
            retry=tenacity.retry_if_exception_type(Interrupted), reraise=True)
        try:
            return attempts(request, *arguments)
        except Interrupted as error:
            raise DownloadError(f"{self.url}: {error}, {patience.attempts} times in a row; "
                                "what has arrived is kept: try again later") from error


class _Answer:
    """The body of one response, in blocks; every failure of the line is Interrupted."""

    def __init__(self, raw, link):
        self.raw, self.link = raw, link
        self.since, self.bytes = time.monotonic(), 0

    def next_block(self):
        patience = self.link.patience
        try:
            block = self.raw.raw.read1(BLOCK, decode_content=False)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Interrupted(f"the connection broke ({_short(error)})") from error
        self.bytes += len(block)
        spent = time.monotonic() - self.since
        if spent > patience.slow_s:
            if self.bytes < patience.least_bytes_per_s * spent:
                self.close()  # the block is asked for again
                raise Interrupted(f"only {self.bytes / spent:.0f} bytes a second came")
            self.since, self.bytes = time.monotonic(), 0
        self.link.limiter.take(len(block))
        self.link.arrived(len(block))
        return block

    def close(self):
        self.raw.close()


def _tag(answer):
    return answer.headers.get("ETag") or answer.headers.get("Last-Modified")


def _size(answer):
    """Return the bytes of the whole file that an answer tells of, or None."""
    if answer.status_code == 200:
        length = answer.headers.get("Content-Length", "")
    else:
        length = answer.headers.get("Content-Range", "").rpartition("/")[2]
    return int(length) if length.isdigit() else None


def _seconds(retry_after):
    return float(retry_after) if retry_after and re.fullmatch(r"\d{1,6}", retry_after) else 0.0


def _short(error):
    return " ".join(str(error).split())[:200]
