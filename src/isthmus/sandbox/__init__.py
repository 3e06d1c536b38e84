"""Simulated servers that speak the real protocols over real HTTP; they know nothing of the clients."""
