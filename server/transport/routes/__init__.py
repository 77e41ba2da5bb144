"""HTTP routes, a file a subject; each exports ``routes(...)`` with exactly what it uses."""
