"""What tests of a connector need: an app made of a few classes, on a database of its own."""

from isthmus.testing.trial import TrialApp

__all__ = ["TrialApp"]
