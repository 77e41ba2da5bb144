"""The parent of several workers: starts them, starts them again, restarts them one after another, and ends them."""

from server.supervisor.following import NotRunning, follow_restart
from server.supervisor.keeper import end_with_parent
from server.supervisor.pid_file import PidFile, Taken
from server.supervisor.supervising import Supervisor, supervise
from server.supervisor.times import Times

__all__ = ["NotRunning", "PidFile", "Supervisor", "Taken", "Times", "end_with_parent", "follow_restart", "supervise"]
