"""Shapley values of games solved by hand, and the core."""

from __future__ import annotations

import pytest

from peakmix.analysis.sharing import blocking, coalitions, shapley
from peakmix.foundation.errors import UsageError


def game(**worth: float) -> dict[frozenset[str], float]:
    """A game of players a, b, c; coalitions that are not named are worth nothing."""
    return {s: worth.get("".join(sorted(s)), 0.0) for s in coalitions("abc")}


def test_gloves() -> None:
    """a and b have a left glove each, c the right one; a pair is worth 6.

    c adds 6 in the four orders where it does not come first; a adds 6 in one of six orders (c a b), b in one: (1, 1, 4).
    """
    gloves = game(ac=6.0, bc=6.0, abc=6.0)
    assert shapley(gloves) == pytest.approx({"a": 1.0, "b": 1.0, "c": 4.0})


def test_three_players_by_all_six_orders() -> None:
    """ab 4, ac 3, bc 2, abc 6. Orders: abc (0,4,2), acb (0,3,3), bac (4,0,2), bca (4,0,2), cab (3,3,0), cba (4,2,0)."""
    value = shapley(game(ab=4.0, ac=3.0, bc=2.0, abc=6.0))
    assert value == pytest.approx({"a": 15 / 6, "b": 12 / 6, "c": 9 / 6})
    assert sum(value.values()) == pytest.approx(6.0)


def test_the_core() -> None:
    """With gloves only (0, 0, 6) cannot be blocked: a with c would take 6 from the Shapley value's 5."""
    gloves = game(ac=6.0, bc=6.0, abc=6.0)
    assert blocking(gloves, shapley(gloves), 1e-9) == [frozenset("ac"), frozenset("bc")]
    assert blocking(gloves, {"a": 0.0, "b": 0.0, "c": 6.0}, 1e-9) == []


def test_a_missing_coalition_is_named() -> None:
    worth = game(abc=1.0)
    del worth[frozenset("bc")]
    with pytest.raises(UsageError, match="worth of b, c is missing"):
        shapley(worth)
