"""A worker that is what a file says: well, dies, unready, stubborn, or slow to go, noted in ``goodbye`` beside it; or
one that goes together with its neighbours, as soon as all of them are about to. Each start is noted in ``starts``.

python moody_worker.py PORT FOLDER
"""

import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

port, folder = int(sys.argv[1]), Path(sys.argv[2])
mood = (folder / "mood").read_text()
with (folder / "starts").open("a") as starts:
    starts.write(f"{os.getpid()}\n")
if mood == "dies":
    sys.exit(3)
if mood == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if mood in ("slow", "together"):
    signal.signal(signal.SIGTERM, lambda *_: say_goodbye())


def say_goodbye() -> None:
    began = time.monotonic()
    (folder / "going").touch()
    while mood == "together" and not all((each / "going").exists() for each in neighbours()):
        time.sleep(0.01)
    time.sleep(0.2)
    (folder / "goodbye").write_text(f"{began} {time.monotonic()}")
    os._exit(0)


def neighbours() -> list[Path]:
    return [mood.parent for mood in folder.parent.glob("*/mood")]


class Readiness(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, body = (503, b'{"ready": false, "complaints": ["no"]}')
        if mood != "unready":
            status, body = (200, b'{"ready": true, "complaints": []}')
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


HTTPServer.allow_reuse_address = True
HTTPServer(("127.0.0.1", port), Readiness).serve_forever()
