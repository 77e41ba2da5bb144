"""People who only listen, in a process of their own: python -m tests.prove.idle_crowd PORT CORE < people.json.

Each line it reads is answered, once everybody is there, with how many are.
"""

from __future__ import annotations

import asyncio
import os
import sys

import msgspec

from tests.bench.listener import Crowd
from tests.bench.peers.crowd import Person


async def main(port: int) -> None:
    """Brings in the people of the first line, and answers until nothing more is asked."""
    reader = asyncio.StreamReader(limit=100_000_000)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    people = msgspec.json.decode(await reader.readline(), type=list[Person])
    async with Crowd() as crowd:
        await crowd.join(port, people)
        print(len(crowd), flush=True)
        while await reader.readline():
            print(len(crowd), flush=True)


if __name__ == "__main__":
    os.sched_setaffinity(0, {int(sys.argv[2])})
    asyncio.run(main(int(sys.argv[1])))
