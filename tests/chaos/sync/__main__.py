"""``python -m tests.chaos.sync``: the long chaos, by what CHAOS_… in the environment says."""

from __future__ import annotations

import sys

from tests.chaos.sync.long import main

if __name__ == "__main__":
    sys.exit(main())
