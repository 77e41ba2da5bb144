"""Finding what was said: words and pairs of letters of every message, on SQLite's FTS5 and in PostgreSQL's tsvector."""
