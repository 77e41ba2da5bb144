"""Saying once what goes wrong again and again."""

from __future__ import annotations

import logging

from server.errors import ChatError


class Complaint:
    """Says the same thing once, until it has gone well in between.

    A refusal, of a database that is away for instance, is a sentence; anything else is a bug with its traceback.
    """

    def __init__(self, log: logging.Logger, what: str) -> None:
        self._log = log
        self._what = what
        self._said = ""

    def about(self, error: Exception) -> None:
        """It has failed."""
        said = repr(error)
        if said == self._said:
            return
        self._said = said
        if isinstance(error, ChatError):
            self._log.warning("%s: %s", self._what, error.message)
        else:
            self._log.error("%s", self._what, exc_info=error)

    def withdrawn(self) -> None:
        """It has gone well."""
        self._said = ""
