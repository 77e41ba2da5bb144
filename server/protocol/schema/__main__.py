"""``python -m server.protocol.schema``: writes the generated files; ``--check`` fails when one has drifted.

``openapi`` and ``asyncapi`` print those documents instead.
"""

from __future__ import annotations

import argparse
import sys

import msgspec

from server.protocol.schema.asyncapi import asyncapi
from server.protocol.schema.generated import drifted, write
from server.protocol.schema.openapi import openapi

DOCUMENTS = {"openapi": openapi, "asyncapi": asyncapi}


def main(arguments: list[str]) -> int:
    """The exit code: 1 when ``--check`` finds a file that has drifted."""
    parser = argparse.ArgumentParser(prog="python -m server.protocol.schema", description=__doc__)
    parser.add_argument("what", nargs="?", choices=["all", "typescript", "openapi", "asyncapi"], default="all")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a generated file has drifted")
    chosen = parser.parse_args(arguments)
    if chosen.check:
        stale = drifted()
        for name in stale:
            print(f"{name} differs from server/protocol: run `python -m server.protocol.schema`.", file=sys.stderr)
        return 1 if stale else 0
    if chosen.what in DOCUMENTS:
        print(msgspec.json.format(msgspec.json.encode(DOCUMENTS[chosen.what]()), indent=2).decode())
        return 0
    for name in write():
        print(f"Wrote {name}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
