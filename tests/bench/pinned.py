"""Runs a program on one core: python -m tests.bench.pinned CORE PROGRAM [ARGUMENT...]"""

import os
import sys

if __name__ == "__main__":
    os.sched_setaffinity(0, {int(sys.argv[1])})
    os.execv(sys.argv[2], sys.argv[2:])
