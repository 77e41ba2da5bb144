"""Plants each bug in a process of its own, and says which no longer can be: python -m tests.faults.bugs"""

from __future__ import annotations

import os
import sys

from tests.faults.bugs import ALL, Bug


def can_be_planted(bug: Bug) -> bool:
    """Whether all that it changes is where it was."""
    child = os.fork()
    if child == 0:
        try:
            bug.plant()
            with bug.planted():
                os._exit(0)
        except BaseException as error:
            print(f"{bug.name}: {error!r}", flush=True)
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


if __name__ == "__main__":
    sys.exit(not all([can_be_planted(bug) for bug in ALL]))
