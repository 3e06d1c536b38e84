"""The receiver of webhooks: what others send is taken as a hint, and as nothing more."""

from isthmus.hints import Hook
from isthmus.web.known_hooks import receiver_of
from isthmus.web.receiver import Receiver
from isthmus.web.server import WebServer

__all__ = ["Hook", "Receiver", "WebServer", "receiver_of"]
