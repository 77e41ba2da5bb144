"""The rules: who may, and what follows. Services know storage and realtime, never a socket."""
