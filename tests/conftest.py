"""For all tests: nothing of the user's cache is used or kept, and connections elsewhere than to this machine are refused."""

from __future__ import annotations

import os
import socket
from typing import Any

import pytest

os.environ["PEAKMIX_CACHE"] = "off"
LOOPBACK = ("127.", "::1", "localhost")
connect = socket.socket.connect


def guarded(self: socket.socket, address: Any) -> None:
    """Connect to this machine only."""
    if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(LOOPBACK):
        raise OSError(f"a test asked for {address[0]}: tests reach no network")
    connect(self, address)


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Any:
    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", guarded)
    yield
    patch.undo()
