"""`peakmix new`: a small project with a scenario to edit."""

from __future__ import annotations

from pathlib import Path

from peakmix.foundation.errors import UsageError, display_path

README = """# A peakmix project

    peakmix show  toy.yaml        every value in force and the line that set it
    peakmix check toy.yaml        tables and scenario
    peakmix run   toy.yaml        solve and write a result

Scenarios of your own extend this one and change what differs:

    extends: toy
    title: A higher carbon price
    policies:
      carbon_price:
        values: {2026: 200, 2040: 600}

Maps merge, lists and single values replace, null deletes. The tables are the shipped ones; to use your own, copy a data
set folder and write its path, e.g. `data: ./my_data`.
"""


def scenario_home() -> Path:
    """Folder of the shipped scenarios: the copy inside an installed package, or runs/scenarios of a checkout.

    Raises
    ------
    UsageError
        When neither exists.
    """
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "_scenarios", package.parent.parent / "runs" / "scenarios"):
        if folder.is_dir():
            return folder
    raise UsageError("the shipped scenarios are missing", fix="install peakmix again")


def main(folder: Path) -> None:
    """Make the folder with a scenario and a README; an existing folder must be empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} exists and is not an empty folder", fix="name a new folder")
    scenario = (scenario_home() / "toy.yaml").read_text(encoding="utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "toy.yaml").write_text(scenario, encoding="utf-8", newline="\n")
    (folder / "README.md").write_text(README, encoding="utf-8", newline="\n")
    made, start = display_path(folder), display_path(folder / "toy.yaml")
    print(f"made {made} with toy.yaml and README.md; next: peakmix run {start}")
