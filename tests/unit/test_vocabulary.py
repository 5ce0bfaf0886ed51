"""The vocabulary knows every name of the model and says what it means."""

from __future__ import annotations

import re
from typing import get_args

import pyomo.environ as pyo
import pytest

from peakmix.formulation.registry import families, instruments
from peakmix.foundation.units import fill, parse
from peakmix.foundation.vocabulary import find, known, of_kind, vocabulary, word
from peakmix.scenario.indicators import QuantityName

CHINESE = re.compile(r"[\u4e00-\u9fff]")
ALL = list(vocabulary().values())


def test_every_row_component_of_families_and_instruments_is_known() -> None:
    declared = {row for family in families() for row in family.rows}
    declared |= {row for instrument in instruments().values() for row in instrument.rows}
    missing = sorted(name for name in declared if not known("row", name))
    assert missing == []


def test_every_component_of_a_built_model_is_known(mini_run) -> None:
    model = mini_run.prepared.model
    variables = {v.name for v in model.component_objects(pyo.Var)}
    rows = {c.name for c in model.component_objects(pyo.Constraint)}
    assert sorted(v for v in variables if not known("variable", v)) == []
    assert sorted(r for r in rows if not known("row", r)) == []
    assert sorted(c for c in model.books.cost_terms if not known("cost", c)) == []
    assert sorted({k[0] for k in mini_run.prepared.parameters["ledger_factor"]} - set(of_kind("ledger"))) == []


def test_index_length_of_components_is_the_number_of_their_dims(mini_run) -> None:
    names = mini_run.prepared.program
    for kind, table in (("variable", names.cols), ("row", names.rows)):
        for component in table.components:
            for index in table.indices(component)[:1]:
                assert len(index) == len(word(kind, component).dims), component


def test_every_indicator_quantity_is_known() -> None:
    assert set(get_args(QuantityName)) == set(of_kind("indicator"))


@pytest.mark.parametrize("entry", ALL, ids=lambda e: f"{e.kind}-{e.name}")
def test_entry_is_complete(entry) -> None:
    assert entry.long_name
    assert CHINESE.search(entry.long_name_zh), f"{entry.name} has no Chinese name"
    for unit in (entry.unit, entry.dual_unit):
        if unit and unit != "mixed":
            parse(fill(unit, {"product": "t", "commodity": "GJ"}, "CNY2023"))
    if entry.kind == "row" and entry.weight != "none":
        assert entry.dual
        assert entry.dual_unit
    if entry.kind == "cost":
        assert entry.account in ("system", "transfer")
    if entry.kind in ("variable", "row", "result"):
        assert all(known("dimension", dim) or dim == "lever" for dim in entry.dims), entry.dims
    if entry.cell_method:
        assert re.fullmatch(r"period: (mean|point|sum)", entry.cell_method)


def test_names_are_words() -> None:
    for entry in ALL:
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", entry.name)


def test_a_name_may_have_several_meanings_of_different_kinds() -> None:
    assert {entry.kind for entry in find("conversion")} == {"variable", "cost"}


def test_an_unknown_name_is_refused_by_name() -> None:
    with pytest.raises(KeyError, match="no row 'balanze'"):
        word("row", "balanze")
