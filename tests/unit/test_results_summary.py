"""The summary reads a result file alone; guards speak up where a reader should look twice."""

from __future__ import annotations

import numpy as np
import pytest

from peakmix.results import guards
from peakmix.results.store import open_result, write_result
from peakmix.results.summary import summarise, table


@pytest.fixture(scope="module")
def text(mini_run, tmp_path_factory) -> str:
    path = write_result(mini_run.dataset, tmp_path_factory.mktemp("summary") / "mini.nc")
    return summarise(open_result(path))


@pytest.mark.parametrize(
    "part",
    [
        "mini: Two provinces",
        "NOT CERTIFIED",
        "MISSED at its stated price: soft",
        "steel (steel, Mt/yr)",
        "scrap_route",
        "direct (Mt/yr)",
        "power bought (Mt/yr)",
        "highest in",
        "system cost",
        "less transfers",
        "cap (limit)",
        "CNY2023/tce",
        "swap: capacity given up",
        "policy soft is exceeded by",
        "certificate  passed",
        "quick audit  passed",
        "full audit  not made",
    ],
)
def test_summary_has(text, part) -> None:
    assert part in text


def test_shares_of_a_product_add_up(text) -> None:
    lines = text.splitlines()
    shares = [line.split()[1:] for line in lines if line.strip().startswith(("blast_route", "scrap_route"))]
    np.testing.assert_allclose(np.array(shares, dtype=float).sum(axis=0), 100, atol=0.11)


def test_lines_are_short_enough_to_read(text) -> None:
    assert max(map(len, text.splitlines())) < 160


def test_tables_align() -> None:
    assert table(["", "a"], [["x", 1.5], ["long", float("nan")]]) == ["          a", "  x     1.5", "  long    -"]


def test_many_findings_of_a_kind_are_counted(mini_run) -> None:
    ds = mini_run.dataset.copy(deep=True)
    ds["policy_excess"][:] = 1.0
    told = guards.guards(ds)
    assert any(line.startswith("... and ") for line in told)
