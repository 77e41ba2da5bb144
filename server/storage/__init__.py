"""The database: the only room where Peewee lives. Plain synchronous functions that return records."""
