"""`madang` as it is, but several workers may share a SQLite file: for what has nothing to do with the data.

python -m tests.supervisor.on_sqlite serve --workers 3
"""

from server.__main__ import main
from server.settings import Settings

if __name__ == "__main__":
    Settings.lacking_for_many = property(lambda self: [])  # type: ignore[method-assign, assignment]
    main()
