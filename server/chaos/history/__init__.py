"""What happened in a run, record by record: who asked for what, what came back, what was heard and shown, what broke.

One driver process writes one history, so its order is the order in which things happened there. A file of it is JSON
lines, one record each, told apart by ``kind``; ``t`` is in seconds since the start. What is not known is left out.
"""

# ruff: noqa: F403 - one subject in three files; everybody else says `history.Invoke`
from server.chaos.history.journal import *
from server.chaos.history.operations import *
from server.chaos.history.records import *
