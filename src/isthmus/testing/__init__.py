"""What tests of a connector need: an app of a few classes, on a database of its own, and its jobs at hand."""

from isthmus.testing.jobs import JobCall, JobsTrap, run_jobs_inline, trap_jobs
from isthmus.testing.trial import TrialApp

__all__ = ["JobCall", "JobsTrap", "TrialApp", "run_jobs_inline", "trap_jobs"]
