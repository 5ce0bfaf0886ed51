"""`peakmix tables`: the data dictionary from the schemas, and the sources of a data set."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping

from peakmix.foundation.errors import UsageError, nearest
from peakmix.tables.locate import data_home
from peakmix.tables.schema import Column, Quantity, Schema, read_schemas

WIDTH = 110


def main(table: str | None, sources: bool, data: str | None, markdown: bool) -> None:
    """Print the list of tables, one table, the whole dictionary as Markdown, or the sources."""
    if sources:
        print("\n".join(source_lines(data)))
        return
    schemas = read_schemas(data_home() / "schema")
    if table is not None and table not in schemas:
        raise UsageError(f"there is no table {table!r}", fix=nearest(table, schemas))
    if markdown:
        chosen = schemas if table is None else {table: schemas[table]}
        print("\n".join(line for schema in chosen.values() for line in markdown_lines(schema)))
    elif table is None:
        print("\n".join(list_lines(schemas)))
    else:
        print("\n".join(table_lines(schemas[table])))


def list_lines(schemas: Mapping[str, Schema]) -> Iterator[str]:
    """One line a table."""
    wide = max(len(name) for name in schemas)
    for name, schema in schemas.items():
        yield f"{name:<{wide}}  {schema.title}"
    yield ""
    yield "peakmix tables TABLE prints the columns of a table, with units and ranges"


def table_lines(schema: Schema) -> Iterator[str]:
    """The columns and values of a table as text."""
    yield f"{schema.table}: {schema.title}"
    if schema.meaning:
        yield from textwrap.wrap(schema.meaning, WIDTH)
    yield f"key: {', '.join(schema.key)}"
    yield ""
    for column in schema.columns.values():
        yield from _wrapped(column.name, _kind(column), column.meaning)
    for quantity in _quantities(schema):
        yield from _wrapped(quantity.name, _quantity(quantity), quantity.meaning)
    if schema.has_values:
        yield ""
        yield "and in every row: value, unit, low, high, source, grade, note"


def markdown_lines(schema: Schema) -> Iterator[str]:
    """The columns and values of a table as Markdown."""
    yield f"## {schema.table}\n\n{schema.title}." + (f" {schema.meaning}" if schema.meaning else "")
    yield f"\nKey: {', '.join(f'`{name}`' for name in schema.key)}.\n"
    yield "| column | type | meaning |\n|---|---|---|"
    for column in schema.columns.values():
        yield f"| `{column.name}` | {_cell(_kind(column))} | {_cell(column.meaning)} |"
    if schema.has_values:
        yield "\n| value | unit and range | meaning |\n|---|---|---|"
        for quantity in _quantities(schema):
            yield f"| `{quantity.name}` | {_cell(_quantity(quantity))} | {_cell(quantity.meaning)} |"
    yield ""


def _cell(text: str) -> str:
    """Text inside a Markdown table."""
    return text.replace("|", "\\|")


def _wrapped(name: str, kind: str, meaning: str) -> Iterator[str]:
    """Name, type and meaning, wrapped with a hanging indent."""
    text = f"{kind}. {meaning}" if meaning else kind
    yield from textwrap.wrap(text, WIDTH, initial_indent=f"  {name:<22}", subsequent_indent=" " * 24)


def _quantities(schema: Schema) -> list[Quantity]:
    """What the values of a table may be."""
    return list(schema.parameters.values()) or ([schema.value] if schema.value is not None else [])


def _kind(column: Column) -> str:
    """Type of a column in words."""
    words = {
        "name": f"name of a {column.of.replace('_', ' ')}" if column.of else "name",
        "parameter": "one of the values below",
    }
    kind = words.get(column.type, column.type)
    if column.choices:
        kind = "one of " + ", ".join(column.choices)
    if column.range is not None:
        kind += f" from {column.range[0]:g} to {column.range[1]:g}" + (f" {column.unit}" if column.unit else "")
    if column.between:
        kind += f", {column.between} between years"
    blank = {"all": "blank = all", "none": "may be blank", "root": "blank for the root"}.get(column.blank)
    return f"{kind}; {blank}" if blank else kind


def _quantity(quantity: Quantity) -> str:
    """Unit, range, rule between years and default of a value in words."""
    text = f"{quantity.unit} from {quantity.range[0]:g} to {quantity.range[1]:g}"
    if quantity.between:
        text += f", {quantity.between} between years"
    return text + ("" if quantity.default is None else f", default {quantity.default:g}")


def source_lines(data: str | None) -> Iterator[str]:
    """The sources of a data set, with the number of values that cite each."""
    from peakmix.tables.loading import load

    dataset = load(data, check=False)
    cited: dict[str, int] = {}
    for frame in dataset.tables.values():
        if "source" in frame.columns and "value" in frame.columns:
            for source, count in frame["source"].value_counts().items():
                cited[str(source)] = cited.get(str(source), 0) + int(count)
    yield f"{dataset.title}: {sum(cited.values())} values, {len(dataset['sources'])} sources"
    for row in dataset["sources"].to_dict("records"):
        yield ""
        count = cited.get(str(row["source"]), 0)
        yield f"{row['source']}  ({count} values; {row['licence']}; read as {row['read_as']})"
        yield from textwrap.wrap(str(row["citation"]), WIDTH, initial_indent="  ", subsequent_indent="  ")
