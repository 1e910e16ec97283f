"""The servers that are measured: how each is started, and which page of it is asked for."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import urllib.parse
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path
from typing import Callable, Sequence

import machine
from machine import BUILD, ROOT, SERVER_CORE, Failure, Process

PEERS = ROOT / "scripts/benchmark/peers"
BUILT = ROOT / "build/bench/peers"  # where Node's packages and Go's programs go
PASSWORD = "a reef of quiet otters"

# All that the shop sells, in such an order that the first three are the usual basket.
COOKIES = (
    "linzer macaron shortbread chocolate-chip oatmeal-raisin ginger-snap fortune-cookie black-and-white"
    " pizzelle snickerdoodle stroopwafel vanilla-crescent"
).split()


@dataclass(frozen=True)
class Page:
    """What is asked for, and what tells the right answer from a wrong one."""

    path: str
    cookie: str = ""  # NAME=VALUE; none: for a guest
    markers: tuple[str, ...] = ()  # the body has them all
    protected: bool = False  # without the cookie it isn't given
    body_size: int = 0  # bytes; 0: not looked at
    answer_size: int = 0  # with the head


@dataclass
class Server:
    name: str
    port: int
    process: Process
    version: str = ""
    cores: int = 1

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        return self.process.popen.pid


@dataclass
class Bench:
    """What a part measures with: its folder, and the processes that end with it."""

    folder: Path
    rounds: int
    seconds: int
    names: Sequence[str]  # what of the part is wanted
    say: Callable[[str], None]
    stack: ExitStack = field(default_factory=ExitStack)

    def start(
        self, name: str, command: Sequence[str | Path], core: int | None, **environment: str
    ) -> Process:
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        process = machine.start(name, list(command), folder, core, environment)
        self.stack.callback(process.stop)
        return process


# ---- asking


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    cookies: tuple[str, ...]  # NAME=VALUE


def ask(server: Server, path: str, cookie: str = "", form: dict[str, str] | None = None) -> Answer:
    headers = {"Cookie": cookie} if cookie else {}
    body = None
    if form is not None:
        headers |= {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        body = urllib.parse.urlencode(form)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request("GET" if body is None else "POST", path, body, headers)
        answer = connection.getresponse()
        cookies = (line.split(";")[0] for line in answer.headers.get_all("Set-Cookie", []))
        return Answer(answer.status, answer.read(), tuple(one for one in cookies if one.partition("=")[2]))
    except OSError as problem:
        server.process.check_alive()
        raise Failure(f"{server.name} does not answer {path}: {problem}") from problem
    finally:
        connection.close()


def raw_answer(server: Server, page: Page) -> bytes:
    """All the bytes that a request like wrk's is answered with."""
    cookie = f"Cookie: {page.cookie}\r\n" if page.cookie else ""
    with socket.create_connection(("127.0.0.1", server.port), 30) as connection:
        connection.sendall(
            f"GET {page.path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n{cookie}\r\n".encode()
        )
        data = b""
        while not is_whole(data):
            more = connection.recv(1 << 20)
            if not more:
                break
            data += more
    return data


def is_whole(data: bytes) -> bool:
    head, end, body = data.partition(b"\r\n\r\n")
    if not end:
        return False
    length = re.search(rb"^content-length:\s*(\d+)", head, re.IGNORECASE | re.MULTILINE)
    if length:
        return len(body) >= int(length[1])
    return b"chunked" in head.lower() and body.endswith(b"0\r\n\r\n")


def problem_with(page: Page, status: int, body: bytes) -> str:
    """Why this is not the page; nothing when it is."""
    if status != 200:
        return f"answers {page.path} with {status}, not 200"
    for marker in page.markers:
        if marker.encode() not in body:
            return f"answers {page.path} without '{marker}' in it"
    if page.body_size and len(body) != page.body_size:
        return f"answers {page.path} with {len(body)} bytes, not {page.body_size}"
    return ""


def checked(server: Server, page: Page) -> Page:
    """The page with its sizes, when the server gives it to whom it should and to nobody else."""
    answer = ask(server, page.path, page.cookie)
    problem = problem_with(page, answer.status, answer.body)
    if problem:
        raise Failure(f"{server.name} {problem}")
    if page.protected:
        guest = ask(server, page.path)
        if guest.status not in (303, 302, 401) or any(
            marker.encode() in guest.body for marker in page.markers
        ):
            raise Failure(
                f"{server.name} answers {page.path} with {guest.status} to somebody without the cookie"
            )
    return replace(page, body_size=len(answer.body), answer_size=len(raw_answer(server, page)))


# ---- Cookieshop


def serving(
    port: int, *options: str, threads: int = 1, database: Path | None = None, program: Path = BUILD / "cookieshop"
) -> list[str | Path]:
    if not program.exists():
        raise Failure(f"there is no {program.relative_to(ROOT)}: run scripts/bench without --no-build")
    command = [
        program,
        "serve",
        "--port",
        str(port),
        "--threads",
        str(threads),
        "--log-level",
        "warning",
        *options,
    ]
    return [*command, "--database", f"sqlite3://{database}"] if database else command


def cookieshop(
    bench: Bench,
    *options: str,
    name: str = "cookieshop",
    core: int | None = SERVER_CORE,
    threads: int = 1,
    database: Path | None = None,
    before: Sequence[str] = (),
    program: Path = BUILD / "cookieshop",
) -> Server:
    """`core` None: on all of them. `before`: what runs the program."""
    command = [*before, *serving(0, *options, threads=threads, database=database, program=program)]
    process = bench.start(name, command, core)
    port = machine.await_line(process, r"^listening on http://127\.0\.0\.1:(\d+)$", 120)[1]
    version = machine.output_of(program, "version").split("\n")[0]
    return Server(name, int(port), process, version, cores=1 if core is not None else threads)


def customer(server: Server, email: str = "anna@example.com", kinds: int = 3) -> str:
    """A new user, who puts two each of so many kinds of cookies into the basket: NAME=VALUE of the session."""
    form = {"email": email, "password": PASSWORD, "password_confirmation": PASSWORD}
    registered = ask(server, "/register", form=form)
    if registered.status != 303 or not registered.cookies:
        raise Failure(f"{server.name} answers a registration with {registered.status}")
    session = registered.cookies[0]
    for cookie in COOKIES[:kinds]:
        added = ask(server, "/basket", session, {"cookie": cookie, "quantity": "2"})
        if added.status != 303:
            raise Failure(f"{server.name} answers {cookie} for the basket with {added.status}")
    return session


def checkout_page(session: str, email: str = "anna@example.com", protected: bool = True) -> Page:
    return Page("/checkout", session, (f"Logged in as {email}.", "Linzer Heart", "$"), protected)


def seed(bench: Bench, sessions: int, name: str = "seeded") -> tuple[Path, Path]:
    """A database with so many users of a session each, and the file with their cookies' values."""
    folder = bench.folder / name
    folder.mkdir()
    database, cookies = folder / "cookieshop.db", folder / "cookies.txt"
    bench.say(f"seeding {sessions:,} sessions")
    command = [machine.tool("seed"), "--database", f"sqlite3://{database}", "--sessions", str(sessions)]
    with open(cookies, "wb") as output:
        done = subprocess.run(
            list(map(str, command)), cwd=folder, stdout=output, stderr=subprocess.PIPE, text=True
        )
    if done.returncode:
        raise Failure(f"seed ended with status {done.returncode}: {done.stderr.strip()}")
    return database, cookies


def copy_of(bench: Bench, database: Path, name: str) -> Path:
    """A server of its own needs a database of its own; the key is beside it."""
    folder = shutil.copytree(database.parent, bench.folder / name)
    return folder / database.name


def first_lines(path: Path, count: int) -> Path:
    """A file with the first so many cookies of the file."""
    part = path.with_name(f"{path.stem}-{count}.txt")
    with open(path) as lines:
        part.write_text("".join(line for line, _ in zip(lines, range(count))))
    return part


def seeded_page(cookies: Path, number: int) -> Page:
    """The checkout page of the seeded user of that number."""
    with open(cookies) as lines:
        value = next(line for n, line in enumerate(lines, 1) if n == number).strip()
    return checkout_page(f"session={value}", f"user{number}@example.com")


# ---- what it is compared with


def limit(bench: Bench, shop: Server, page: Page, name: str = "limit") -> tuple[Server, Page]:
    """The server that does nothing but look for the cookie and send the very bytes that Cookieshop sends."""
    folder = bench.folder / name
    folder.mkdir()
    answer, cookies = folder / "answer", folder / "cookies"
    answer.write_bytes(raw_answer(shop, page))
    cookies.write_text(page.cookie.partition("=")[2] + "\n")
    process = bench.start(name, [machine.tool("limit"), "127.0.0.1:0", answer, cookies], SERVER_CORE)
    port = machine.await_line(process, r"^listening on http://127\.0\.0\.1:(\d+)$")[1]
    return Server(name, int(port), process), replace(page, protected=True)


def nginx(
    bench: Bench, shop: Server, page: Page, connections: int = 1024, name: str = "nginx"
) -> tuple[Server, Page]:
    """A static file of the same size, which nginx gives to everybody; `nginx-debian` with Debian's directives."""
    port = machine.free_port()
    folder = bench.folder / name
    (folder / "temporary").mkdir(parents=True)
    (folder / "www").mkdir()
    (folder / "www/checkout").write_bytes(ask(shop, page.path, page.cookie).body)
    text = (PEERS / "nginx.conf").read_text().replace("@PORT@", str(port))
    text = text.replace("@SENDFILE@", "on" if name == "nginx-debian" else "off")
    text = text.replace("worker_connections 1024", f"worker_connections {connections}")
    if os.getuid() == 0:  # or its workers could not read the folder
        text = "user root;\n" + text
    (folder / "nginx.conf").write_text(text)
    process = bench.start(
        name,
        ["/usr/sbin/nginx", "-p", folder, "-c", folder / "nginx.conf", "-g", "daemon off;"],
        SERVER_CORE,
    )
    machine.await_port(process, port)
    version = machine.output_of("/usr/sbin/nginx", "-v").rpartition("/")[2]
    return Server(name, port, process, version), replace(page, path="/checkout", protected=False)


# ---- frameworks, each as its users run it, on one core


def node_folder(bench: Bench, name: str) -> Path:
    """The peer with the packages of its lock file, outside of the sources."""
    folder = BUILT / name
    lock, installed = PEERS / name / "package-lock.json", folder / "node_modules/.from.json"
    shutil.copytree(PEERS, BUILT, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
    if not installed.exists() or installed.read_bytes() != lock.read_bytes():
        bench.say(f"installing the packages of {name}")
        run_in(folder, "npm", "ci", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error")
        shutil.copy(lock, installed)
    return folder


def go_program(bench: Bench, name: str) -> Path:
    """Built with Debian's packages, of which gorilla/sessions is one; nothing is downloaded."""
    program = BUILT / f"{name}-server"
    BUILT.mkdir(parents=True, exist_ok=True)
    bench.say(f"building {name}")
    environment = {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": ""}
    run_in(PEERS / name, "go", "build", "-o", program, ".", **environment)
    return program


def run_in(folder: Path, *command: str | Path, **environment: str) -> None:
    done = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise Failure(f"{' '.join(map(str, command))} failed in {folder}: {done.stdout.strip()}")


def framework(
    bench: Bench, name: str, command: Sequence[str | Path], version: str, port: int = 0
) -> tuple[Server, Page]:
    """A peer that listens on the port, or on that of the environment, with a customer who has logged in."""
    port = port or machine.free_port()
    process = bench.start(name, command, SERVER_CORE, PORT=str(port), NODE_ENV="production")
    machine.await_port(process, port)
    server = Server(name, port, process, version)
    email = "anna@example.com"
    login = ask(server, "/login", form={"email": email, "password": PASSWORD})
    if login.status not in (302, 303) or not login.cookies:
        raise Failure(f"{name} answers a login with {login.status}")
    return server, checkout_page("; ".join(login.cookies), email)


def flask(bench: Bench) -> tuple[Server, Page]:
    port = machine.free_port()
    command = [
        "gunicorn",
        "--workers",
        "1",
        "--bind",
        f"127.0.0.1:{port}",
        "--pythonpath",
        PEERS / "flask",
        "app:app",
    ]
    version = f"Flask {metadata.version('flask')}, gunicorn {metadata.version('gunicorn')}"
    return framework(bench, "flask", command, version, port)


def node(bench: Bench, name: str) -> tuple[Server, Page]:
    folder = node_folder(bench, name)
    version = json.loads((folder / "node_modules" / name / "package.json").read_text())["version"]
    version = f"{name} {version}, Node {machine.output_of('node', '--version')}"
    return framework(bench, name, ["node", folder / "server.js"], version)


def go(bench: Bench, name: str) -> tuple[Server, Page]:
    return framework(bench, name, [go_program(bench, name)], machine.output_of("go", "version").split()[2])


def drogon(bench: Bench) -> tuple[Server, Page]:
    return framework(bench, "drogon", [machine.tool("drogon")], "")


FRAMEWORKS: dict[str, Callable[[Bench], tuple[Server, Page]]] = {
    "flask": flask,
    "express": lambda bench: node(bench, "express"),
    "fastify": lambda bench: node(bench, "fastify"),
    "go": lambda bench: go(bench, "go"),
    "gorilla": lambda bench: go(bench, "gorilla"),
    "drogon": drogon,
}
