"""Creates an environment, or says plainly what this machine lacks.

Written for any Python 3, since it judges the one that runs it.
"""

import subprocess
import sys

NEEDED = (3, 11)


def complaint() -> "str | None":
    """What has to be installed first, or None."""
    if sys.version_info < NEEDED:
        return (
            "Madang needs Python 3.11 or newer; {} is {}.{}. Install one, then name it: make run PYTHON=python3.12"
        ).format(sys.executable, *sys.version_info[:2])
    try:
        import ensurepip  # noqa: F401, PLC0415
        import venv  # noqa: F401, PLC0415
    except ImportError:
        return (
            "This Python cannot create environments. On Debian and Ubuntu: sudo apt install python{}.{}-venv"
        ).format(*sys.version_info[:2])
    return None


if __name__ == "__main__":
    missing = complaint()
    if missing:
        sys.exit(missing)
    sys.exit(subprocess.call([sys.executable, "-m", "venv", sys.argv[1]]))
