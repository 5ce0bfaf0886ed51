"""Logging: the logger ``peakmix`` writes to standard error, so that standard output holds results only."""

from __future__ import annotations

import logging
import sys

ROOT = "peakmix"


def get_logger(name: str = "") -> logging.Logger:
    """Logger of a module: ``get_logger(__name__)``; the empty name gives the package's own."""
    if not name or name == ROOT:
        return logging.getLogger(ROOT)
    return logging.getLogger(name if name.startswith(ROOT + ".") else f"{ROOT}.{name}")


def set_up(level: int | str = logging.INFO, *, timestamps: bool = False) -> logging.Logger:
    """Send the package's messages of ``level`` and above to standard error; calling it twice changes the level only."""
    logger = logging.getLogger(ROOT)
    handlers: list[logging.Handler] = [handler for handler in logger.handlers if getattr(handler, "of_peakmix", False)]
    if not handlers:
        handler: logging.Handler = logging.StreamHandler(sys.stderr)
        handler.__dict__["of_peakmix"] = True
        logger.addHandler(handler)
        handlers = [handler]
    pattern = "%(asctime)s %(levelname)s %(message)s" if timestamps else "%(levelname)s %(message)s"
    for each in handlers:
        each.setFormatter(logging.Formatter(pattern))
    logger.setLevel(level)
    logger.propagate = False
    return logger
