"""The parser of `peakmix sweep`: names, options, help texts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from peakmix.cli.outcome import guarded

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]
app = typer.Typer(help="Plan, run and collect many members of one scenario.", no_args_is_help=True, rich_markup_mode=None)
SweepFile = Annotated[Path, typer.Argument(metavar="SWEEP", help="Sweep file (YAML).", show_default=False)]
SweepStore = Annotated[Path, typer.Argument(metavar="SWEEP", help="Sweep file, or folder of a sweep.", show_default=False)]
Folder = Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR", help="Folder of the sweep.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")]


def _sweep(action: str, path: Path, **options: Any) -> NoReturn:
    """Do it in `peakmix.cli.sweep`, and leave with the exit code."""
    from peakmix.cli.sweep import ACTIONS

    raise typer.Exit(guarded(lambda: ACTIONS[action](path, **options)))


@app.command("plan")
def sweep_plan(
    sweep: SweepFile,
    out: Folder = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes that derive the members.")] = 1,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Derive all members and write the plan: structures, compilations, chunks."""
    _sweep("plan", sweep, out=out, jobs=jobs, overwrite=overwrite, quiet=quiet)


@app.command("run")
def sweep_run(
    sweep: SweepFile,
    out: Folder = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Worker processes, one solver thread each.")] = 1,
    shard: Annotated[str | None, typer.Option("--shard", metavar="I/N", help="Part I of N only, as a job of an array.")] = None,
    cache: Annotated[str | None, typer.Option("--cache", metavar="DIR", help="Where compiled arrays are kept; off.")] = None,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", metavar="ADDRESS", help="Dask scheduler whose workers do it, e.g. tcp://host:8786.")
    ] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Solve what is not finished; the same command goes on after an interruption."""
    if cache is not None:
        os.environ["PEAKMIX_CACHE"] = cache
    given = {"jobs": jobs, "shard": shard, "scheduler": scheduler}
    _sweep("run", sweep, out=out, overwrite=overwrite, quiet=quiet, **given)


@app.command("status")
def sweep_status(sweep: SweepStore, out: Folder = None) -> None:
    """Print members by status and the reasons of those that failed."""
    _sweep("status", sweep, out=out)


@app.command("collect")
def sweep_collect(
    sweep: SweepStore,
    out: Folder = None,
    to: Annotated[str, typer.Option("--to", metavar="zarr|netcdf", help="One store, or one result file a member.")] = "zarr",
    member: Annotated[list[str] | None, typer.Option("--member", help="netcdf: one member; may be repeated.")] = None,
    store: Annotated[Path | None, typer.Option("--store", metavar="DIR", help="netcdf: folder of the sweep.")] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Write all members as one Zarr store with a `scenario` dimension, or members as result files."""
    given = {"to": to, "member": member, "store": store}
    _sweep("collect", sweep, out=out, overwrite=overwrite, quiet=quiet, **given)


@app.command("cache")
def sweep_cache(clear: Annotated[bool, typer.Option("--clear", help="Remove all compiled arrays.")] = False) -> None:
    """Print where compiled arrays are kept (PEAKMIX_CACHE) and how much there is."""
    _sweep("cache", Path(), clear=clear)
