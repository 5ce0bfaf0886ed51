"""Read the CSV files of a data set into raw rows with exact line numbers; nothing is typed yet.

What is refused here: wrong encoding, wrong separator, empty files, duplicate, unknown or missing columns, ragged rows,
cells over several lines, tables without a schema, spreadsheets.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from peakmix.foundation.errors import Findings, Place, display_path, nearest
from peakmix.tables.schema import Schema

SPREADSHEETS = (".xlsx", ".xls", ".ods", ".tsv", ".xlsm")
_ICONV = "save the file as 'CSV UTF-8'"


@dataclass(slots=True)
class Row:
    """One row as written. ``file`` is for messages, ``path`` relative to the data set (kept in the tables)."""

    table: str
    file: str
    path: str
    line: int
    cells: dict[str, str]

    def place(self, column: str = "", value: str | None = None) -> Place:
        """Place of a cell of this row; the value is the cell as written unless given."""
        return Place(self.file, self.line, column, self.cells.get(column) if value is None else value)

    def where(self) -> str:
        """File and line, for messages that name a second row."""
        return str(Place(self.file, self.line))


def decode(content: bytes, place: Place, findings: Findings) -> str | None:
    """Text of a file in UTF-8; None after an error that names the first bad line."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        findings.error("tables are UTF-8; this file is UTF-16 (Unicode text of a spreadsheet)", place=place, fix=_ICONV)
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        broken = content.splitlines()[line - 1] if content else b""
    at = Place(place.file, line, "", broken.decode("gb18030", errors="replace")[:60])
    try:
        text = content.decode("gb18030")
    except UnicodeDecodeError:
        text = ""
    if any("\u4e00" <= sign <= "\u9fff" for sign in text):
        rule = "tables are UTF-8; this file is GB18030 (GBK), as spreadsheets on Chinese Windows write it"
        findings.error(rule, place=at, fix=f"{_ICONV}, or: iconv -f GB18030 -t UTF-8")
    else:
        findings.error("tables are UTF-8; this line has bytes that are not", place=at, fix=_ICONV)
    return None


def _split(text: str, file: str, findings: Findings) -> list[tuple[int, list[str]]]:
    """Lines of a CSV text as (first line number, cells); blank lines are left out."""
    lines: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    start = 1
    written = text.splitlines()

    def place() -> Place:
        return Place(file, start, "", written[start - 1][:60] if start <= len(written) else "")

    try:
        for cells in reader:
            if reader.line_num > start and any("\n" in cell or "\r" in cell for cell in cells):
                rule = "a cell stands on one line"
                findings.error(rule, place=place(), fix="close the quote that is open on this line")
                return []
            if any(cell.strip() for cell in cells):
                lines.append((start, [cell.strip() for cell in cells]))
            start = reader.line_num + 1
    except csv.Error as error:
        fix = 'close every quote; write a quote inside a quoted cell twice ("")'
        findings.error(f"the file is valid CSV: {error}", place=place(), fix=fix)
        return []
    return lines


def _header(names: Sequence[str], schema: Schema, place: Place, findings: Findings) -> bool:
    """Check the header; False when rows cannot be read."""
    count = len(findings.errors)

    def fail(rule: str, name: str, fix: str) -> None:
        findings.error(rule, place=Place(place.file, place.line, name, name), fix=fix)

    if len(names) == 1 and any(sign in names[0] for sign in ";\t|"):
        findings.error(
            "columns are separated by commas",
            place=Place(place.file, place.line, "", names[0][:60]),
            fix="save the file as CSV with commas, and a point as the decimal sign",
        )
        return False
    for position, name in enumerate(names):
        if name in names[:position]:
            fail("a column stands once in the header", name, "delete or rename one of the two")
        elif name not in schema.header:
            fail(f"column names are those of the schema of {schema.table}", name, nearest(name, schema.header))
    missing = [name for name in schema.header if name not in names]
    for name in missing:
        fail(f"the table {schema.table} has a column {name!r}", name, f"header: {','.join(schema.header)}")
    return len(findings.errors) == count


def _ragged(cells: Sequence[str], names: Sequence[str]) -> str:
    """Fix for a row with a wrong number of cells."""
    if len(cells) < len(names):
        return "write every cell, blank ones as nothing between two commas"
    for name, left, right in zip(names, cells, cells[1:], strict=False):
        if name in ("value", "low", "high") and left.isdigit() and right.isdigit():
            return f"{left},{right} looks like one number: write a decimal point, and no thousands separators"
    return 'put texts that hold a comma in quotes, e.g. "lime, burnt"'


def read_text(text: str, schema: Schema, file: str, path: str, findings: Findings) -> list[Row]:
    """Rows of one CSV text; errors go to ``findings``."""
    count = len(findings.errors)
    lines = _split(text, file, findings)
    if len(findings.errors) > count:
        return []
    if not lines:
        findings.error("a table file has a header and rows", place=Place(file), fix="write the rows or delete the file")
        return []
    line, names = lines[0]
    if not _header(names, schema, Place(file, line), findings):
        return []
    if len(lines) == 1:
        findings.error(
            "a table file has rows",
            place=Place(file, line, "", ",".join(names)),
            fix="write the rows or delete the file",
        )
    rows: list[Row] = []
    for line, cells in lines[1:]:
        if len(cells) != len(names):
            rule = f"every row has as many cells as the header ({len(names)}); this one has {len(cells)}"
            findings.error(rule, place=Place(file, line, "", ",".join(cells)[:80]), fix=_ragged(cells, names))
            continue
        rows.append(Row(schema.table, file, path, line, dict(zip(names, cells, strict=True))))
    return rows


def table_files(root: Path) -> list[Path]:
    """CSV files and spreadsheets of a data set, sorted; hidden files and folders are left out."""
    found = []
    for path in root.rglob("*"):
        parts = path.relative_to(root).parts
        if path.suffix.lower() in (".csv", *SPREADSHEETS) and not any(part.startswith((".", "~")) for part in parts):
            found.append(path)
    return sorted(found)


def read_files(
    root: Path, schemas: Mapping[str, Schema], findings: Findings, leave_out: Sequence[str] = ()
) -> tuple[dict[str, list[Row]], dict[str, bytes]]:
    """All rows by table, and the bytes of every file read by path relative to ``root``."""
    tables: dict[str, list[Row]] = {name: [] for name in schemas}
    contents: dict[str, bytes] = {}
    for path in table_files(root):
        place = Place(display_path(path))
        relative = path.relative_to(root).as_posix()
        if path.suffix != ".csv":
            findings.error("tables are CSV files named <table>.csv", place=place, fix="save each sheet as 'CSV UTF-8'")
            continue
        if path.stem not in schemas:
            rule = "the name of a CSV file is the name of a table"
            findings.error(rule, place=Place(place.file, 0, "", path.stem), fix=nearest(path.stem, schemas))
            continue
        if path.stem in leave_out:
            continue
        contents[relative] = path.read_bytes()
        text = decode(contents[relative], place, findings)
        if text is not None:
            tables[path.stem].extend(read_text(text, schemas[path.stem], place.file, relative, findings))
    return tables, contents
