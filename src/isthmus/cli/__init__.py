"""The command line. ``python -m isthmus.cli`` and the ``isthmus`` script start :func:`main`.

Command modules import the layers below inside their functions: help and completion answer at once then,
without loading SQLAlchemy and every connector.
"""

from isthmus.cli.root import main

__all__ = ["main"]
