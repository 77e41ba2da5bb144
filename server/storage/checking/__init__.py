"""Everything that is stored, looked at for what contradicts itself; and what follows from the log, made anew.

The commands around it are ``server.checking``.
"""


class CannotCheck(Exception):
    """A sentence for whoever looks after the server: why a database cannot be looked at, or not be rebuilt."""


class Contradicts(CannotCheck):
    """What was to be written contradicts what is there, such as a label that must be unique."""
