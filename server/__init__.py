"""Madang: a self-hosted chat and notification server for JavaScript frontends."""

__version__ = "0.1.0"
