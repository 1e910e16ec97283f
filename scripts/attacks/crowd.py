"""Many connections in one thread: what the hostile clients and the paced requests are made of."""

from __future__ import annotations

import errno
import heapq
import itertools
import json
import select
import socket
import struct
import sys
import time
from typing import Callable, Iterable, Mapping

import common  # noqa: F401  finds the modules of scripts/benchmark
from idle import FROM_ONE_ADDRESS, client_socket

CONNECTING_MAX = (
    512  # more would wait for a place in the listeners' backlogs, which is no attack on the server
)
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close without a farewell


class Connection:
    """One client; its methods are called as things happen to it."""

    reads = True  # False: a peer that takes nothing off, but hears when it is reset

    def attach(self, crowd: Crowd, connection: socket.socket) -> None:
        self.crowd, self.socket = crowd, connection
        self.is_open = self.is_alive = False
        self.unsent = b""
        self.opened_at = 0.0

    def on_open(self) -> None:
        pass

    def on_data(self, data: bytes) -> None:
        pass

    def on_end(self) -> None:
        """The server has closed or reset the connection."""

    def send(self, data: bytes) -> None:
        self.unsent += data
        try:
            self.unsent = self.unsent[self.socket.send(self.unsent) :]
        except BlockingIOError:
            pass
        except OSError:
            self.crowd.ended(self)

    def leave(self, reset: bool = False) -> None:
        if self.is_alive:
            if reset:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.crowd.drop(self)


class Crowd:
    """Connections, timers, and the end of standard input, which is the end of it all."""

    def __init__(self, port: int, sources: int = 1) -> None:
        self.port = port
        self.sources = sources  # addresses that the clients come from in turn
        self.count = 0  # opened so far
        self.connecting = 0
        self.ending = False
        self._poll = select.epoll()
        self._poll.register(sys.stdin.fileno(), select.EPOLLIN)
        self._connections: dict[int, Connection] = {}
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._ticket = itertools.count()

    def __len__(self) -> int:
        return len(self._connections)

    def open(self, connection: Connection) -> None:
        connection.attach(self, client_socket(self.count + self.count % self.sources * FROM_ONE_ADDRESS))
        connection.socket.setblocking(False)
        problem = connection.socket.connect_ex(("127.0.0.1", self.port))
        if problem not in (0, errno.EINPROGRESS):
            raise OSError(problem, f"connection {self.count}")
        self.count += 1
        self.connecting += 1
        connection.is_alive = True
        self._connections[connection.socket.fileno()] = connection
        self._poll.register(connection.socket.fileno(), select.EPOLLOUT)

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._ticket), call))

    def drop(self, connection: Connection) -> None:
        self.connecting -= not connection.is_open
        connection.is_alive = False
        del self._connections[connection.socket.fileno()]
        connection.socket.close()  # which takes it out of the poll set

    def ended(self, connection: Connection) -> None:
        if connection.is_alive:
            self.drop(connection)
            connection.on_end()

    def run(self, until: Callable[[], bool]) -> None:
        while not until():
            due = self._timers[0][0] - time.monotonic() if self._timers else 0.1
            for fd, events in self._poll.poll(min(max(due, 0), 0.1), 1024):
                if fd in self._connections:
                    self._serve(self._connections[fd], events)
                elif fd == sys.stdin.fileno():
                    self._poll.unregister(fd)
                    self.ending = True
            while self._timers and self._timers[0][0] <= time.monotonic():
                heapq.heappop(self._timers)[2]()

    def _serve(self, connection: Connection, events: int) -> None:
        if not connection.is_open and events & select.EPOLLOUT:
            connection.is_open = True
            connection.opened_at = time.monotonic()
            self.connecting -= 1
            # A reset is reported always.
            self._poll.modify(connection.socket.fileno(), select.EPOLLIN if connection.reads else 0)
            return connection.on_open()
        try:
            data = connection.socket.recv(1 << 16) if events & select.EPOLLIN else b""
        except OSError:
            data = b""
        if data:
            connection.on_data(data)
        else:
            self.ended(connection)


def report(figures: Mapping[str, object]) -> None:
    print(json.dumps(figures), flush=True)


def spread(values: Iterable[float]) -> dict[str, float]:
    """The least, the median, the 99th percentile and the greatest, and how many there are."""
    ordered = sorted(values)
    if not ordered:
        return {"count": 0}
    at = {"min": 0, "p50": len(ordered) // 2, "p99": len(ordered) * 99 // 100, "max": -1}
    return {"count": len(ordered)} | {name: ordered[place] for name, place in at.items()}
