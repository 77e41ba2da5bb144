"""Madang beside Node's Socket.IO, on the same machine in the same run."""
