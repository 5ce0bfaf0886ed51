"""The sweep file: a base scenario, axes, and how they combine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from peakmix.foundation.errors import InputError, InputErrors, nearest
from peakmix.scenario.fields import Block, Count, Name, Number, PolicyName
from peakmix.scenario.spec import CellChoice
from peakmix.scenario.yamltree import Tree, read_yaml

Action = Literal["set", "add", "multiply"]
BATCH = "batch"
"""Design of a batch: named scenarios and no axes."""


def _values(raw: Any) -> Any:
    """A list of at least one value."""
    if raw is not None and (not isinstance(raw, list | tuple) or not raw):
        raise ValueError("a list of at least one value stands here")
    return raw if raw is None else tuple(raw)


class Span(Block):
    """From one number to another, both included; ``count`` equally spaced values for a range."""

    low: Annotated[Number, Field(alias="from")]
    high: Annotated[Number, Field(alias="to")]
    count: Count | None = None


class Axis(Block):
    """One thing that varies: a dotted key of the scenario (``field``) or cells of a table (``table``, ``where``).

    Its values are a ``list``, a ``range``, a share of a ``latin_hypercube`` or of a ``sobol`` sequence, or a column of the
    design table. ``action`` says what the value does to what the base states: set, add or multiply. ``numbers:
    latin_hypercube`` draws every selected number by itself, between its own low and high; its coordinate is the sample.
    """

    field: Name | None = None
    table: Name | None = None
    where: dict[Name, CellChoice] = Field(default_factory=dict)
    column: Literal["value", "tolerance"] = "value"
    action: Action = "set"
    unit: Name | None = None
    title: str = ""
    list: Annotated[tuple[Any, ...] | None, BeforeValidator(_values)] = None
    range: Span | None = None
    latin_hypercube: Span | None = None
    sobol: Span | None = None
    numbers: Literal["latin_hypercube"] | None = None

    @property
    def sampled(self) -> Span | None:
        """The span that is sampled, if any."""
        return self.latin_hypercube or self.sobol

    @property
    def drawn(self) -> bool:
        """Does the axis need a number of samples?"""
        return self.sampled is not None or self.numbers is not None

    @property
    def given(self) -> tuple[str, ...]:
        """The ways in which values are stated; exactly one, or none under a design table."""
        names = ("list", "range", "latin_hypercube", "sobol", "numbers")
        return tuple(name for name in names if getattr(self, name) is not None)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """One target, one way of stating values, a count where there is a range."""
        if (self.field is None) == (self.table is None):
            raise ValueError("an axis has either field (a dotted key) or table (with where)")
        if self.field is not None and self.where:
            raise ValueError("where belongs to a table")
        if self.field is not None and self.field.split(".")[0] in ("adjust", "name", "data", "extends"):
            raise ValueError("a field of an axis is a value of the scenario other than its name, data and adjust")
        if len(self.given) > 1:
            raise ValueError("an axis states its values once: list, range, latin_hypercube, sobol or numbers")
        if self.numbers is not None and (self.table is None or self.column != "value" or self.action != "set"):
            raise ValueError("numbers are drawn from the values of a table, each between its own low and high")
        if self.range is not None and self.range.count is None:
            raise ValueError("a range has a count")
        if self.sampled is not None and self.sampled.count is not None:
            raise ValueError("the number of samples stands under samples, for all sampled axes together")
        if self.action == "multiply" and self.unit is not None:
            raise ValueError("a factor has no unit")
        return self


class LeftOut(Block):
    """Numbers of a table that are left out on purpose, and why."""

    table: Name
    where: dict[Name, CellChoice] = Field(default_factory=dict)
    why: Name


class SweepSpec(Block):
    """A sweep: ``product`` or ``zip`` of the axes, or a design table (a CSV file with one column an axis).

    Sampled axes are drawn together and count as one axis. ``settings`` are changes to the base that all members share.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    title: str = ""
    description: str = ""
    base: Name
    settings: dict[Name, Any] = Field(default_factory=dict)
    design: Name = "product"
    samples: Count | None = None
    seed: Annotated[int, Field(strict=True, ge=0)] = 1
    audit_share: Annotated[float, Field(strict=True, ge=0, le=1)] = 0.01
    axes: dict[PolicyName, Axis] = Field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """Values for every axis, from the axis or from the design table; samples where axes are sampled."""
        if self.design == BATCH:
            return self
        if not self.axes:
            raise ValueError("a sweep has at least one axis: add axes: ...")
        table = self.design not in ("product", "zip")
        for name, axis in self.axes.items():
            if bool(axis.given) == table:
                ways = "a list, range, latin_hypercube, sobol or numbers"
                wanted = "no values: they stand in the design table" if table else ways
                raise ValueError(f"axis {name}: it states {wanted}")
        kinds = {axis.given[0] for axis in self.axes.values() if axis.drawn}
        kinds = {"latin_hypercube" if kind == "numbers" else kind for kind in kinds}
        if bool(kinds) != (self.samples is not None):
            raise ValueError("samples is stated if and only if axes are sampled")
        if len(kinds) > 1:
            raise ValueError("sampled axes are all latin_hypercube or all sobol")
        return self


def load(path: Path) -> tuple[SweepSpec, Tree]:
    """Read a sweep file.

    Raises
    ------
    InputErrors
        Every fault with file, line and key.
    """
    tree = read_yaml(path)
    tree.value.setdefault("name", path.stem)
    if tree.value.get("design") == BATCH:
        place = tree.place(("design",), BATCH)
        raise InputError("design is product, zip or a CSV file", place=place, fix="a batch is run by `peakmix run A.yaml B.yaml`")
    try:
        return SweepSpec.model_validate(tree.value), tree
    except ValidationError as error:
        raise InputErrors([_input_error(dict(item), tree) for item in error.errors(include_url=False)]) from None


def _input_error(item: dict[str, Any], tree: Tree) -> InputError:
    """One finding of the validation as an input error at its line."""
    route = tuple(str(part) for part in item["loc"])
    place = tree.place(route, None)
    if item["type"] == "extra_forbidden":
        known = Axis if len(route) == 3 and route[0] == "axes" else Span if len(route) > 3 else SweepSpec
        names = [field.alias or name for name, field in known.model_fields.items()]
        return InputError(f"{route[-1]!r} is not a key here", place=place, fix=nearest(route[-1], names))
    if item["type"] == "missing":
        return InputError(f"the key {route[-1]!r} is required", place=place, fix=f"add {route[-1]}: ...")
    rule = str((item.get("ctx") or {}).get("error", item["msg"])).replace("Input should be", "the value is")
    return InputError(rule, place=place, fix="see docs/sweeps.md for the keys of a sweep")
