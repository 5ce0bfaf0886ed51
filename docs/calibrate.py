"""Fill the tables of calibration.md.

    python docs/calibrate.py             solve the base year of the shipped data set and write the tables
    python docs/calibrate.py --check     say whether the page is stale, write nothing

peakmix must be importable: run it with the Python of `.venv`, or with `PYTHONPATH=model`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rendering import calibration, marks

from peakmix.api.checking import check

PAGE = Path(__file__).resolve().parent / "calibration.md"


def main(arguments: list[str]) -> int:
    """Do what the arguments ask; 0 when all is well."""
    if arguments not in ([], ["--check"]):
        print(__doc__)
        return 2
    compared = check("national", calibration=True).calibration
    if compared is None:
        return 1
    blocks = calibration.blocks(compared)
    if not arguments:
        return marks.fill(PAGE, blocks)
    written = PAGE.read_text(encoding="utf-8")
    if marks.replaced(written, blocks) != written:
        print("docs/calibration.md is stale: run `python docs/calibrate.py`")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
