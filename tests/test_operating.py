"""What docs/operating.md tells an operator to do does what it says."""

from __future__ import annotations

import re
import shutil
import socket
import sqlite3
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from server.settings import VARIABLES
from tests.people import make_people_in
from tests.services_under_test import ROOT, MadangProcess, free_port, nginx, nginx_in_front_of

PAGE = (ROOT / "docs" / "operating.md").read_text()
UNITS = ["madang.service", "madang@.service"]


def blocks(kind: str) -> list[str]:
    """The blocks of the page in that language."""
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


def test_every_setting_is_explained() -> None:
    table = PAGE[PAGE.index("## Settings") :]
    assert re.findall(r"^\| `(MADANG_\w+)` \|", table, re.MULTILINE) != []
    assert {*re.findall(r"^\| `(MADANG_\w+)` \|", table, re.MULTILINE)} == {*VARIABLES}


def test_every_link_leads_somewhere() -> None:
    targets = [target for target in re.findall(r"\]\(([^)#]+)", PAGE) if "://" not in target]
    assert [target for target in targets if not (ROOT / "docs" / target).exists()] == []


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
@pytest.mark.parametrize("name", UNITS)
def test_the_units_are_well_formed(name: str, tmp_path: Path) -> None:
    unit = (ROOT / "docs" / "operating" / name).read_text()
    assert "ExecStart=/opt/madang/bin/madang serve" in unit
    (tmp_path / name).write_text(unit.replace("/opt/madang/bin/madang", sys.executable))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / name], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_with_tls_the_app_comes_over_http_2_and_sockets_over_http_1(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    subprocess.run(
        [*made, "-subj", "/CN=localhost", "-keyout", key, "-out", certificate], check=True, capture_output=True
    )
    worker, port = free_port(), free_port()
    with nginx_in_front_of(worker, tmp_path / "nginx") as address:
        config = (tmp_path / "nginx" / "nginx.conf").read_text()
    tls, _ = blocks("nginx")
    for written, here in {
        "443": f"127.0.0.1:{port}",
        "/etc/letsencrypt/live/talk.example.org/fullchain.pem": str(certificate),
        "/etc/letsencrypt/live/talk.example.org/privkey.pem": str(key),
    }.items():
        assert written in tls
        tls = tls.replace(written, here)
    config = config.replace(f"listen {address.removeprefix('http://')};", tls)
    url = f"https://localhost:{port}"
    with (
        nginx(config, port, tmp_path / "nginx"),
        MadangProcess(tmp_path / "data", port=worker, public_url=url, trusted_proxies="127.0.0.1"),
    ):
        trust = ssl.create_default_context(cafile=str(certificate))
        trust.check_hostname = False
        trust.set_alpn_protocols(["h2", "http/1.1"])
        with socket.create_connection(("127.0.0.1", port)) as plain, trust.wrap_socket(plain) as app:
            assert app.selected_alpn_protocol() == "h2"
        trust.set_alpn_protocols(["http/1.1"])
        with socket.create_connection(("127.0.0.1", port)) as plain, trust.wrap_socket(plain) as sockets:
            sockets.sendall(
                b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                + f"Origin: {url}\r\n".encode()
                + b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                + b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            )
            assert sockets.recv(100).startswith(b"HTTP/1.1 101 ")


def test_a_backup_of_sqlite_is_whole(tmp_path: Path) -> None:
    make_people_in(tmp_path, "ana", "ben")
    [command] = [line for block in blocks("sh") for line in block.splitlines() if "vacuum into" in line]
    command = command.replace("/srv/madang/data", str(tmp_path)).replace("/backup", str(tmp_path / "backup"))
    (tmp_path / "backup").mkdir()
    subprocess.run(command.replace("python3", sys.executable), shell=True, check=True)
    with sqlite3.connect(tmp_path / "backup" / "madang.db") as copy:
        assert copy.execute("select count(*) from account").fetchone() == (2,)
        assert copy.execute("pragma integrity_check").fetchone() == ("ok",)
    copy.close()


def test_the_way_to_unix_sockets_names_every_worker(tmp_path: Path) -> None:
    [command] = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("sed")]
    shutil.copy(ROOT / "nginx.conf", tmp_path)
    subprocess.run(command, shell=True, check=True, cwd=tmp_path)
    config = re.sub(r"#.*", "", (tmp_path / "nginx.conf").read_text())
    assert "127.0.0.1" not in config
    assert [config.count(f"server unix:/run/madang/w{number}.sock") for number in range(1, 5)] == [2, 2, 2, 2]
