"""The parser of the commands that ask a result or a scenario a question: names, options, help texts."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from peakmix.cli.outcome import guarded

app = typer.Typer(rich_markup_mode=None)
ScenarioFile = Annotated[Path, typer.Argument(metavar="SCENARIO", help="Scenario file (YAML).", show_default=False)]
ResultFile = Annotated[Path, typer.Argument(metavar="RESULT", help="Result file or its folder.", show_default=False)]
Setting = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a value, e.g. horizon.discount_rate=0.03; may be repeated."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no notices.")]


def _run(command: str, **options: Any) -> NoReturn:
    """Import the module of a command, call its ``main`` and leave with the exit code."""
    raise typer.Exit(guarded(lambda: import_module(f"peakmix.cli.{command}").main(**options)))


@app.command()
def diff(
    first: Annotated[Path, typer.Argument(metavar="A", help="Result file or its folder.", show_default=False)],
    second: Annotated[Path, typer.Argument(metavar="B", help="Result compared with A.", show_default=False)],
    rows: Annotated[int, typer.Option("--rows", min=1, help="Rows of each list to print.")] = 12,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="DIR", help="Folder for the whole lists as CSV.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")] = False,
    by_input: Annotated[bool, typer.Option("--by-input", help="Split the cost difference by changed input; solves again.")] = False,
    order: Annotated[list[str] | None, typer.Option("--first-change", help="A change that comes first; may be repeated.")] = None,
    data: Annotated[Path | None, typer.Option("--data", metavar="DATA", help="The data set of both runs.")] = None,
    quiet: Quiet = False,
) -> None:
    """Compare two results: inputs, policies that bind, and the cost difference by component, place and period."""
    given: dict[str, Any] = {"by_input": by_input, "order": order, "data": data, "quiet": quiet}
    _run("diff", first=first, second=second, rows=rows, csv=csv, overwrite=overwrite, **given)


@app.command()
def export(
    result: ResultFile,
    to: Annotated[str, typer.Option("--to", metavar="iamc|csv|xlsx", help="Format.", show_default=False)],
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="PATH", help="File, or folder for csv.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="iamc: official names only.")] = False,
    whole_only: Annotated[bool, typer.Option("--whole-only", help="iamc: no rows by place.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")] = False,
) -> None:
    """Write a result for other programs: exchange format of assessment models, CSV tables, or a workbook."""
    _run("export", path=result, to=to, out=out, strict=strict, whole_only=whole_only, overwrite=overwrite)


@app.command("supply-curve")
def supply_curve(
    result: ResultFile,
    period: Annotated[int | None, typer.Option("--period", help="First year of a period; default the last.")] = None,
    region: Annotated[str | None, typer.Option("--region", help="One place; default all.")] = None,
    sector: Annotated[list[str] | None, typer.Option("--sector", help="Sector; may be repeated; default all.")] = None,
    by: Annotated[list[str] | None, typer.Option("--by", help="Keep apart by place, sector or period; may be repeated.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write the curve as CSV.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
) -> None:
    """Print the cost of conserved energy by measure, from the tables and as used in the run."""
    given: dict[str, Any] = {"period": period, "region": region, "sector": sector, "by": by}
    _run("supply_curve", path=result, csv=csv, overwrite=overwrite, **given)


@app.command()
def mac(
    scenario: ScenarioFile,
    steps: Annotated[int | None, typer.Option("--steps", min=1, help="Sweep in even steps instead of finding breakpoints.")] = None,
    most: Annotated[int, typer.Option("--most", min=1, help="Solves after which the search for breakpoints stops.")] = 5000,
    deepest: Annotated[float, typer.Option("--deepest", help="Cut of the last step, between 0 and 1.")] = 0.5,
    from_year: Annotated[int, typer.Option("--from-year", help="First year that a cap holds in.")] = 1900,
    location: Annotated[str | None, typer.Option("--location", help="Place or node whose direct CO2 is cut.")] = None,
    sector: Annotated[list[str] | None, typer.Option("--sector", help="Sector that is cut; may be repeated.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="DIR", help="Folder for the curve as CSV.")] = None,
    setting: Setting = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")] = False,
    quiet: Quiet = False,
) -> None:
    """Print the exact abatement curve: cost and prices along tighter caps on direct CO2, all breakpoints."""
    given: dict[str, Any] = {"most": most}
    given |= {"steps": steps, "deepest": deepest, "from_year": from_year, "location": location, "sector": sector, "csv": csv}
    _run("mac", path=scenario, setting=setting, overwrite=overwrite, quiet=quiet, **given)


@app.command()
def ranges(
    scenario: ScenarioFile,
    within: Annotated[
        list[float] | None, typer.Option("--within", help="Share above the least cost; default 0.01, 0.03, 0.05.")
    ] = None,
    period: Annotated[list[int] | None, typer.Option("--period", help="First year of a period; default the last.")] = None,
    product: Annotated[list[str] | None, typer.Option("--product", help="Product whose technologies are looked at.")] = None,
    quantity: Annotated[str, typer.Option("--quantity", metavar="output|capacity", help="What the ranges are of.")] = "output",
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write the ranges as CSV.")] = None,
    setting: Setting = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
    quiet: Quiet = False,
) -> None:
    """Print least and most of each technology within a share of the least cost: always, never, maybe."""
    given: dict[str, Any] = {"within": within, "period": period, "product": product, "quantity": quantity, "csv": csv}
    _run("ranges", path=scenario, setting=setting, overwrite=overwrite, quiet=quiet, **given)


@app.command()
def pareto(
    scenario: ScenarioFile,
    objective: Annotated[list[str], typer.Option("--objective", help="cost, an indicator, or one as YAML; two or three.")],
    levels: Annotated[int, typer.Option("--levels", min=2, help="Levels of a third objective.")] = 6,
    most: Annotated[int, typer.Option("--most", min=1, help="Solves for each level.")] = 500,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write the corners as CSV.")] = None,
    setting: Setting = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
    quiet: Quiet = False,
) -> None:
    """Print the corners of the front of two or three objectives, added up over the horizon."""
    given: dict[str, Any] = {"objective": objective, "levels": levels, "most": most, "csv": csv}
    _run("pareto", path=scenario, setting=setting, overwrite=overwrite, quiet=quiet, **given)


FIGURE = (
    "mix, emissions, cost, policy-price, supply-curve, swap-ledger, market-balance, flows; with --with scenarios; "
    "with --table abatement, tornado; of a sweep heat-map."
)


@app.command()
def sharing(
    scenario: ScenarioFile,
    policy: Annotated[list[str], typer.Option("--policy", metavar="NAME", help="Limit or target that is shared; two or more.")],
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write the prices as CSV.")] = None,
    setting: Setting = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
    quiet: Quiet = False,
) -> None:
    """Print what is saved when targets of plants, cities or provinces are met together instead of each alone."""
    _run("sharing", path=scenario, policy=policy, csv=csv, setting=setting, overwrite=overwrite, quiet=quiet)


@app.command()
def plot(
    result: ResultFile,
    figure: Annotated[str, typer.Argument(metavar="FIGURE", help=FIGURE)],
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="Image file; its ending is its format.")] = None,
    product: Annotated[str | None, typer.Option("--product", help="Product of the mix.")] = None,
    period: Annotated[int | None, typer.Option("--period", help="Period of the supply curve.")] = None,
    base: Annotated[Path | None, typer.Option("--base", metavar="RESULT", help="Result to compare with.")] = None,
    language: Annotated[str, typer.Option("--language", metavar="en|zh", help="Language of the labels.")] = "en",
    data: Annotated[Path | None, typer.Option("--data", metavar="FILE", help="Write the table behind the figure.")] = None,
    others: Annotated[list[Path] | None, typer.Option("--with", metavar="RESULT", help="Further results; repeat it.")] = None,
    table: Annotated[Path | None, typer.Option("--table", metavar="FILE", help="Table of mac or sensitivity.")] = None,
    axes: Annotated[list[str] | None, typer.Option("--axis", metavar="AXIS", help="Axis of a heat map; give two.")] = None,
    field: Annotated[str, typer.Option("--field", metavar="NAME", help="Number of a heat map.")] = "system_cost",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")] = False,
) -> None:
    """Draw a figure of a result or of a collected sweep; needs matplotlib."""
    more = {"others": others or (), "table": table, "axes": axes or (), "field": field}
    given = {**more, "product": product, "period": period, "base": base, "language": language, "data": data}
    _run("plot", path=result, figure=figure, out=out, overwrite=overwrite, **given)


@app.command()
def report(
    result: Annotated[
        Path, typer.Argument(metavar="RESULT|SWEEP", help="Result, or folder of a collected sweep.", show_default=False)
    ],
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="HTML file to write.")] = None,
    base: Annotated[Path | None, typer.Option("--base", metavar="RESULT", help="Result to compare with.")] = None,
    language: Annotated[str, typer.Option("--language", metavar="en|zh", help="Language of the page.")] = "en",
    weak: Annotated[Path | None, typer.Option("--weak", metavar="FILE", help="Table of sensitivities to show.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
) -> None:
    """Write one HTML page that opens without a network: headlines, figures, policy sheet, data, certificate."""
    _run("report", path=result, out=out, base=base, language=language, weak=weak, overwrite=overwrite)
