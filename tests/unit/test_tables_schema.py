"""Schemas: the shipped ones are sound, a faulty one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from peakmix.foundation.errors import InputError
from peakmix.tables.schema import read_schema, read_schemas

ROOT = Path(__file__).parents[2]


def test_all_schemas_are_sound() -> None:
    schemas = read_schemas(ROOT / "data" / "schema")
    for schema in schemas.values():
        assert schema.title
        for column in schema.columns.values():
            assert column.meaning
            assert (column.type == "choice") == bool(column.choices)
        assert bool(schema.parameters) == bool(schema.parameter_column)
    assert schemas["flows"].year_column == "build_year"
    assert schemas["flows"].pattern_columns == ("location",)
    assert schemas["flows"].exact_columns == ("technology", "commodity", "direction")
    assert schemas["stock"].year_column == ""
    assert schemas["technology_parameters"].between("lifetime") == "step"
    assert schemas["demand"].between() == "linear"
    assert schemas["base_activity"].between() == "none"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("title: T\ncolumms: {}\n", "nearest known: 'columns'"),
        ("columns: {a: {type: nmae}}\nvalues: none\n", "'name'"),
        ("columns: {a: {typ: name}}\nvalues: none\n", "'type'"),
        ("key: [b]\ncolumns: {a: {type: name}}\nvalues: none\n", "key columns are columns"),
        ("columns: {a: {type: name}}\nvalue: {unit: t, range: [2, 1]}\n", "low < high"),
        ("columns: {a: {type: name}}\nvalue: {range: [1, 2]}\n", "a unit and a range"),
        ("columns: {a: {type: name}}\n", "states value or parameters"),
        ("columns: [\n", "valid YAML"),
    ],
)
def test_bad_schemas_are_refused(text: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "thing.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=reason):
        read_schema(path)
