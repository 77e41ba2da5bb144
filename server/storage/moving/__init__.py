"""A whole embedded database copied to PostgreSQL, and both compared; the command around it is ``server.moving``."""


class CannotMove(Exception):
    """A sentence for whoever moves a database: why it cannot be done, or not go on."""
