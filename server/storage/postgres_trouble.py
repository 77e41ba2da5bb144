"""What can go wrong with PostgreSQL, and what each kind of failure asks for."""

from __future__ import annotations

import psycopg
from psycopg import errors

PASSING = (
    errors.DeadlockDetected, errors.SerializationFailure, errors.LockNotAvailable, errors.QueryCanceled,
)  # fmt: skip
"""It was rolled back because of others: the same again may well succeed."""
_ELSEWHERE = (
    errors.AdminShutdown, errors.CrashShutdown, errors.IdleInTransactionSessionTimeout,
    errors.ReadOnlySqlTransaction, errors.CannotConnectNow, errors.TooManyConnections,
)  # fmt: skip
"""This connection is no good any more; another may lead to a server that writes, now or soon."""


class NotCommitted(psycopg.OperationalError):
    """The commit of a transaction that had failed: PostgreSQL answers ROLLBACK, and no error."""


def cause_of(error: BaseException | None) -> BaseException:
    """psycopg's own error, if there is one behind an error."""
    cause: BaseException = getattr(error, "orig", None) or error or Exception()
    return cause


def spoils_connection(cause: BaseException) -> bool:
    """Whether a connection that has met with this is no good any more, whatever it says of itself."""
    if isinstance(cause, _ELSEWHERE):
        return True
    # What our own side of the connection complains of has no code of PostgreSQL's.
    ours = isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError) and cause.sqlstate is None
    return ours and not isinstance(cause, NotCommitted)


def is_trouble(error: BaseException) -> bool:
    """Whether PostgreSQL itself failed, whatever it was asked; any other error concerns one statement alone."""
    return isinstance(cause_of(error), psycopg.OperationalError | psycopg.InterfaceError | psycopg.InternalError)
