"""The parser of the command line: names, options, help texts. What a command does stands in its own module."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NoReturn

os.environ.setdefault("TYPER_USE_RICH", "0")

import typer

from peakmix.cli import answer_commands, sweep_commands
from peakmix.cli.outcome import guarded

EPILOG = (
    "Exit codes: 0 optimal and certified, 1 bug, 2 usage, 3 bad input, 4 infeasible, 5 no solution within limits "
    "or not certified, 6 sweep with failed members, 130 interrupted."
)

app = typer.Typer(
    name="peakmix",
    help="Technology mix of heavy industry at least cost under carbon peaking rules.",
    epilog=EPILOG,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

ScenarioFile = Annotated[Path, typer.Argument(metavar="SCENARIO", help="Scenario file (YAML).", show_default=False)]
ResultFile = Annotated[Path, typer.Argument(metavar="RESULT", help="Result file or its folder.", show_default=False)]
Setting = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Change a value, e.g. horizon.discount_rate=0.03; may be repeated."
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no notices.")]


def _run(command: str, **options: Any) -> NoReturn:
    """Import the module of a command, call its ``main`` and leave with the exit code."""
    raise typer.Exit(guarded(lambda: import_module(f"peakmix.cli.{command}").main(**options)))


@app.command()
def new(folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make.", show_default=False)]) -> None:
    """Make a small project with a scenario to edit."""
    _run("new", folder=folder)


@app.command()
def check(
    target: Annotated[
        str, typer.Argument(metavar="SCENARIO|DATA", help="Scenario file, data folder or data set name.")
    ],
    calibration: Annotated[bool, typer.Option("--calibration", help="Compare the base year with statistics.")] = False,
    setting: Setting = None,
    quiet: Quiet = False,
) -> None:
    """Check tables and scenario; every fault with file, line, rule and fix."""
    _run("check", target=target, calibration=calibration, setting=setting, quiet=quiet)


@app.command()
def show(
    scenario: ScenarioFile,
    setting: Setting = None,
    as_yaml: Annotated[bool, typer.Option("--yaml", help="Print the resolved scenario as YAML only.")] = False,
    defaults: Annotated[bool, typer.Option("--defaults/--no-defaults", help="Show values left at default.")] = True,
) -> None:
    """Print every value in force with the file and line that set it, and the periods with their weights."""
    _run("show", path=scenario, setting=setting, as_yaml=as_yaml, defaults=defaults)


@app.command()
def build(
    scenario: ScenarioFile,
    lp: Annotated[Path | None, typer.Option("--lp", metavar="FILE", help="Write the programme in LP format.")] = None,
    setting: Setting = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
    quiet: Quiet = False,
) -> None:
    """Build the linear programme without solving it; print its size."""
    _run("build", path=scenario, lp=lp, setting=setting, overwrite=overwrite, quiet=quiet)


@app.command()
def window(
    scenario: ScenarioFile,
    policy: Annotated[str | None, typer.Option("--policy", metavar="NAME", help="Limit or peak rule to look at.")] = None,
    setting: Setting = None,
    quiet: Quiet = False,
) -> None:
    """Print what a limit can bind on: emissions of the reference and the least reachable ones, by period."""
    _run("window", path=scenario, policy=policy, setting=setting, quiet=quiet)


@app.command()
def run(
    scenarios: Annotated[
        list[Path], typer.Argument(metavar="SCENARIO...", help="Scenario files, or folders of them.", show_default=False)
    ],
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR", help="Folder for the results.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing results.")] = False,
    store: Annotated[bool, typer.Option("--store", help="Several scenarios: one Zarr store in place of one file each.")] = False,
    setting: Setting = None,
    threads: Annotated[int | None, typer.Option("--threads", min=1, help="Threads of the solver.")] = None,
    sensitivity: Annotated[bool, typer.Option("--sensitivity", help="Store which inputs matter; about a third more time.")] = False,
    quiet: Quiet = False,
) -> None:
    """Solve scenarios, audit and certify the solutions, write the results; several are a batch with one table of outcomes."""
    more = {"setting": setting, "threads": threads, "sensitivity": sensitivity, "quiet": quiet}
    _run("run", paths=scenarios, out=out, overwrite=overwrite, store=store, **more)


@app.command()
def explain(
    target: Annotated[
        Path, typer.Argument(metavar="RESULT|SCENARIO", help="Result file, or a scenario to solve.", show_default=False)
    ],
    policy: Annotated[str | None, typer.Option("--policy", metavar="NAME", help="One policy only.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also rows that nothing feels.")] = False,
    setting: Setting = None,
    quiet: Quiet = False,
) -> None:
    """Print the policy sheet: level, bound, slack, price and payer; for a scenario without solution, the conflict."""
    _run("explain", path=target, policy=policy, everything=everything, setting=setting, quiet=quiet)


@app.command()
def peak(
    scenario: ScenarioFile,
    policy: Annotated[str | None, typer.Option("--policy", metavar="NAME", help="Peak rule, where there are several.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write the curves as CSV.")] = None,
    setting: Setting = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
    quiet: Quiet = False,
) -> None:
    """Print what each possible peak year costs under three meanings, and the cheapest not later than the stated one."""
    _run("peak", path=scenario, policy=policy, csv=csv, setting=setting, overwrite=overwrite, quiet=quiet)


@app.command()
def foresight(scenario: ScenarioFile, setting: Setting = None, quiet: Quiet = False) -> None:
    """Print what short sight or an old belief costs: the scenario as it foresees, against perfect foresight."""
    _run("foresight", path=scenario, setting=setting, quiet=quiet)


@app.command()
def loan_steps(
    scenario: ScenarioFile,
    policy: Annotated[str | None, typer.Option("--policy", metavar="NAME", help="Finance policy, where there are several.")] = None,
    setting: Setting = None,
    quiet: Quiet = False,
) -> None:
    """Print what each choice of rate steps for whole loans costs, and the cheapest."""
    _run("loan_steps", path=scenario, policy=policy, setting=setting, quiet=quiet)


@app.command()
def verify(result: ResultFile, quiet: Quiet = False) -> None:
    """Audit a result file again from its tables and print what was checked."""
    _run("verify", path=result, quiet=quiet)


@app.command()
def sensitivity(
    target: Annotated[Path, typer.Argument(metavar="RESULT|SCENARIO", help="Result file, or a scenario.", show_default=False)],
    top: Annotated[int, typer.Option("--top", min=0, help="Numbers to print, confirmed by re-solves.")] = 20,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="DIR", help="Folder for the whole lists as CSV.")] = None,
    setting: Setting = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")] = False,
    quiet: Quiet = False,
) -> None:
    """Rank the numbers of the tables by what their range does to the optimum, with source and grade."""
    _run("sensitivity", path=target, top=top, csv=csv, setting=setting, overwrite=overwrite, quiet=quiet)


app.add_typer(answer_commands.app)
app.add_typer(sweep_commands.app, name="sweep")


@app.command()
def tables(
    table: Annotated[str | None, typer.Argument(metavar="[TABLE]", help="One table; none lists all.")] = None,
    sources: Annotated[bool, typer.Option("--sources", help="Print the sources of the data set.")] = False,
    data: Annotated[str | None, typer.Option("--data", metavar="DATA", help="Data set for --sources.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="The whole dictionary as Markdown.")] = False,
) -> None:
    """Print the data dictionary: what each table may contain, with units and ranges."""
    _run("tables", table=table, sources=sources, data=data, markdown=markdown)


@app.command()
def version(
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Also versions of libraries and the data home.")
    ] = False,
) -> None:
    """Print the version."""
    _run("version", verbose=verbose)


def main() -> None:
    """Entry point of the command line."""
    app(prog_name="peakmix")
