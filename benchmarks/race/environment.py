"""The environment that the peers are installed into, made once and kept outside of the project."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

from rich.console import Console

REQUIREMENTS = Path(__file__).resolve().parents[1] / "peers" / "requirements.txt"


def default_folder() -> Path:
    """Return where the environment is kept unless an option names another folder: the user's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "isthmus-benchmarks"


def interpreter(folder: Path) -> Path:
    """Return the interpreter of an environment with the pinned peers, made in the folder when missing.

    There is one for each list of requirements and version of Python. Raises CalledProcessError when the
    installation fails.
    """
    environment = folder / name_of(REQUIREMENTS.read_bytes())
    python, stamp = environment / "bin" / "python", environment / "complete"
    if not stamp.exists():
        Console(stderr=True).print(f"Installing the peers into {environment} (once) ...")
        venv.create(environment, clear=True, with_pip=True)
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "-qq", "install"]
        subprocess.run([*pip, "--requirement", str(REQUIREMENTS)], check=True)
        stamp.touch()
    return python


def name_of(requirements: bytes) -> str:
    """Return a name that is another one when the requirements or the interpreter are."""
    major, minor = sys.version_info[:2]
    return f"peers-{major}.{minor}-{hashlib.sha256(requirements).hexdigest()[:12]}"
