"""A web server on 127.0.0.1 that misbehaves on demand."""

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Tricks:
    """What goes wrong, and how often. Counters go down with every request for a body."""

    cut: float = 0.0  # the connection ends after this share of the file, every time
    busy: int = 0  # answers of 503 before the first good one
    status: int = 503  # ... or another one
    retry_after: str = ""
    ranges: bool = True
    damaged: int = 0  # answers whose bytes are wrong
    trickle: int = 0  # bytes, then a pause of 20 ms
    hang: int = 0  # requests that get no body at all
    redirect: str = ""  # prefix that every path moves to
    change_after: int = 0  # requests, after which every file has other bytes and another ETag
    weak: bool = False  # no ETag, only Last-Modified: If-Range cannot be used


@dataclass
class Server:
    """What a test sees: files {path: bytes} may be changed at any time, `log` has (path, Range header)."""

    url: str
    files: dict
    tricks: Tricks
    changed: dict = field(default_factory=dict)
    log: list = field(default_factory=list)
    sent: int = 0


@contextmanager
def serving(files, **tricks):
    """Serve `files` until the block ends; yields a Server."""
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def do_GET(self):
            answer(self, server)

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    server = Server(f"http://127.0.0.1:{listening.server_port}", files, Tricks(**tricks))
    thread = threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()


def answer(request, server):
    """Answer one GET as the tricks want it."""
    tricks, asked = server.tricks, request.headers.get("Range", "")
    server.log.append((request.path, asked))
    request.close_connection = True
    if tricks.redirect and not request.path.startswith(tricks.redirect):
        return head(request, 302, {"Location": tricks.redirect + request.path})
    if tricks.busy:
        tricks.busy -= 1
        return head(request, tricks.status, {"Retry-After": tricks.retry_after} if tricks.retry_after else {})
    if tricks.change_after:
        tricks.change_after -= 1
        if not tricks.change_after:
            server.files.update(server.changed)
    path = request.path.removeprefix(tricks.redirect)
    if path not in server.files:
        return head(request, 404, {})
    body, fields = server.files[path], {}
    tag = f'"{md5(body).hexdigest()}"'
    fields["Last-Modified" if tricks.weak else "ETag"] = tag.strip('"') if tricks.weak else tag
    first, last, status = 0, len(body), 200
    if asked and tricks.ranges and request.headers.get("If-Range", tag) == tag:
        begin, _, end = asked.removeprefix("bytes=").partition("-")
        first, last, status = int(begin), min(int(end) + 1 if end else len(body), len(body)), 206
        if first >= len(body):
            return head(request, 416, {"Content-Range": f"bytes */{len(body)}"} | fields)
        fields["Content-Range"] = f"bytes {first}-{last - 1}/{len(body)}"
    head(request, status, fields | {"Content-Length": str(last - first)}, end=False)
    send(request, server, body[first:last], len(body))


def head(request, status, fields, end=True):
    """Send status and header fields."""
    request.send_response(status)
    for key, value in (fields | ({"Content-Length": "0"} if end else {})).items():
        request.send_header(key, value)
    request.send_header("Connection", "close")
    request.end_headers()


def send(request, server, part, size):
    """Send the body, or what the tricks leave of it."""
    tricks = server.tricks
    if tricks.hang:
        tricks.hang -= 1
        time.sleep(2)
        return
    if tricks.damaged and len(part) > 1:
        tricks.damaged -= 1
        part = bytes([part[0] ^ 255]) + part[1:]
    if tricks.cut:
        part = part[: max(1, int(tricks.cut * size))]
    step = tricks.trickle or 1 << 16
    try:
        for i in range(0, len(part), step):
            request.wfile.write(part[i : i + step])
            server.sent += len(part[i : i + step])
            if tricks.trickle:
                time.sleep(0.02)
    except OSError:
        pass  # the other side has gone
