"""Bytes of files: where they lie, what they are, and thumbnails made in a process of their own."""
