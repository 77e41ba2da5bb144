"""Socket.IO made strict, bounded and fast; knows nothing of chat and imports nothing of ours."""

from server.engine.counters import Counters
from server.engine.limits import Limits
from server.engine.reading import Unreadable
from server.engine.recovery import MemoryRecovery, Missed, NoRecovery, Recalled, Recovery, held_offsets
from server.engine.rooms import Member, Rooms
from server.engine.socket_server import SocketServer

__all__ = [
    "Counters",
    "Limits",
    "Member",
    "MemoryRecovery",
    "Missed",
    "NoRecovery",
    "Recalled",
    "Recovery",
    "Rooms",
    "SocketServer",
    "Unreadable",
    "held_offsets",
]
