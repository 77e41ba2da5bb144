"""A worker with a bug: python -m tests.faults.worker --bug NAME serve ...

The rest of the command line is that of ``server.chaos.launcher``, which runs the product.
"""

from __future__ import annotations

import sys

from server.chaos import launcher
from tests.faults.bugs import BUGS


def main(arguments: list[str]) -> None:
    """Plants the bug, then runs the product."""
    assert arguments[0] == "--bug"
    BUGS[arguments[1]].plant()
    launcher.main(arguments[2:])


if __name__ == "__main__":
    main(sys.argv[1:])
