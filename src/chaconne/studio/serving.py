"""The studio's server, bound to loopback."""

import socket
import sys
import tempfile
import threading
import webbrowser
from contextlib import suppress

import uvicorn

from chaconne.studio.app import create

HOST = "127.0.0.1"


def serve(packs, port, open_page):
    """Serve the studio until Ctrl-C. ValueError where the port is taken."""
    with tempfile.TemporaryDirectory(prefix="chaconne-studio-") as folder, listening(port) as listener:
        address = f"http://{HOST}:{listener.getsockname()[1]}/"
        print(f"The studio is at {address} (Ctrl-C ends it)", flush=True)
        if open_page:
            threading.Timer(0.5, webbrowser.open, [address]).start()
        settings = uvicorn.Config(create(folder, packs), log_level="warning", timeout_graceful_shutdown=1)
        with suppress(KeyboardInterrupt):   # the way to end it
            uvicorn.Server(settings).run(sockets=[listener])
        print("The studio is closed; what was not exported is gone", file=sys.stderr)


def listening(port):
    """Return a socket that listens on this machine alone."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise ValueError(f"--port: {port} cannot be used ({error.strerror}); is a studio running already? "
                         "--port 0 takes any that is free") from None
    return listener
