#!/usr/bin/env python3
"""Before Envoy is stopped: nothing new is sent here any more, and what is open may end.

drain.py ADMIN_SOCKET LEAST MOST: makes Envoy fail its health check, which also ends kept connections after their next
answer, and waits until no call is open: at least LEAST seconds, in which whoever sends calls learns of it, at most MOST.
"""

import http.client
import json
import socket
import sys
import time


class Admin(http.client.HTTPConnection):
    """Envoy's admin interface behind a unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("envoy", timeout=2)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask(path: str, method: str, question: str) -> bytes:
    admin = Admin(path)
    try:
        admin.request(method, question)
        return admin.getresponse().read()
    finally:
        admin.close()


def open_calls(path: str) -> int:
    """The calls that are open on the services' listeners; who asks for the health or the counters is no call."""
    stats = json.loads(ask(path, "GET", "/stats?format=json&filter=downstream_rq_active"))["stats"]
    ours = [stat for stat in stats if not stat["name"].startswith(("http.admin.", "http.edge:", "http.edge_"))]
    return sum(stat["value"] for stat in ours if stat["name"].startswith("http."))


def main(path: str, least: float, most: float) -> None:
    begun = time.monotonic()
    ask(path, "POST", "/healthcheck/fail")
    while time.monotonic() - begun < most:
        if time.monotonic() - begun >= least and open_calls(path) == 0:
            return
        time.sleep(0.2)


main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]))
