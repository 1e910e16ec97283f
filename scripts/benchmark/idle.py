"""Opens connections to a server on this machine and keeps them open: a child of the part `idle`.

    python3 idle.py PORT PATH COOKIE

Each line on standard input says how many there shall be; when so many were opened, and each has had its answer to
one GET, it prints that number. At the end of the input it prints how many the server has closed meanwhile.
"""

from __future__ import annotations

import socket
import sys

from servers import is_whole

IP_BIND_ADDRESS_NO_PORT = 24
FROM_ONE_ADDRESS = 10_000  # a source address has some 28,000 ports


def client_socket(number: int) -> socket.socket:
    """Not connected yet; bound to an address that so many other clients at most share."""
    connection = socket.socket()
    connection.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
    connection.bind((f"127.0.0.{2 + number // FROM_ONE_ADDRESS}", 0))
    return connection


def opened(port: int, number: int, request: bytes) -> socket.socket:
    connection = client_socket(number)
    connection.settimeout(30)
    connection.connect(("127.0.0.1", port))
    connection.sendall(request)
    data = b""
    while not is_whole(data):
        more = connection.recv(1 << 16)
        if not more:
            sys.exit(f"connection {number} was closed before it had its answer")
        data += more
    if not data.startswith(b"HTTP/1.1 200 "):
        sys.exit(f"connection {number} was answered {data[:60]!r}")
    return connection


def closed(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return not connection.recv(1)
    except BlockingIOError:
        return False
    except OSError:
        return True


def main() -> None:
    port, path, cookie = sys.argv[1:]
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n".encode()
    connections: list[socket.socket] = []
    for line in sys.stdin:
        while len(connections) < int(line):
            connections.append(opened(int(port), len(connections), request))
        print(len(connections), flush=True)
    print(sum(map(closed, connections)), flush=True)


if __name__ == "__main__":
    main()
