"""Isthmus as a contestant of the job benchmark: an installation, driven through the public API."""
