"""Running jobs on Celery, for those who run it already: ``celery -A isthmus.celery worker``.

The jobs stay in the database. ``isthmus celery dispatch`` claims them and sends a message for each, which
holds nothing but two numbers: the job and its token. A Celery worker that gets one runs the job, if the lease
under that token is still to be had. The only place where Celery is imported.
"""

from __future__ import annotations

from isthmus.celery.application import app

__all__ = ["app"]
