"""For all tests: nothing is kept in the user's cache, and nothing of it is used."""

from __future__ import annotations

import os

os.environ["PEAKMIX_CACHE"] = "off"
