"""Faults: everything that may go wrong, made to go wrong, and what must hold then."""
