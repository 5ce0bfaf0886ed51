"""Rules on recipes: mass, energy, carbon and iron that go in come out, or the residual is declared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from peakmix.tables.dataset import DataSet
from peakmix.tables.rules import Finding, broken, doubtful, rule
from peakmix.tables.select import Resolver

CLOSES = 0.02
"""Residual, as a share of what goes in, up to which a balance counts as closed without a declaration."""
PROPERTIES = {"mass": "mass", "energy": "energy_content", "carbon": "co2_content", "iron": "iron_content"}
REFUSED = ("carbon", "iron")
"""Balances whose undeclared residuals are errors; the others give one notice."""


@dataclass(frozen=True)
class Residual:
    """What goes in and does not come out of a recipe, as a share of what goes in; -1 where nothing goes in."""

    technology: str
    balance: str
    location: str | None
    year: int | None
    share: float
    row: int

    def where(self) -> str:
        """Place and year of building, where the recipe depends on them."""
        parts = [str(part) for part in (self.location, self.year) if part is not None]
        return f" ({', '.join(parts)})" if parts else ""


class Balances:
    """Residuals of all recipes of a data set."""

    def __init__(self, dataset: DataSet) -> None:
        self.dataset = dataset
        self.resolver = Resolver(dataset)
        flows = dataset["flows"]
        self.rows = {str(name): part for name, part in flows.groupby("technology", sort=False)}

    def content(self, balance: str, commodity: str, year: int | None) -> float:
        """Content of a commodity per natural unit; mass defaults to 1 for commodities in t."""
        series = self.resolver.find("commodity_properties", commodity=commodity, property=PROPERTIES[balance])
        if series is not None:
            return float(series.values[0]) if year is None else float(series.at(year))
        return 1.0 if balance == "mass" and self.dataset.natural_units[commodity] == "t" else 0.0

    def points(self, technology: str) -> list[tuple[str | None, int | None]]:
        """Places and years of building at which the recipe differs."""
        part = self.rows[technology]
        places = part["location"].unique().tolist()
        blank = part[part["location"].isna()]
        everywhere = set(zip(blank["commodity"], blank["direction"], strict=True))
        if everywhere != set(zip(part["commodity"], part["direction"], strict=True)):
            places = [place for place in places if place is not None]
        years: list[int | None] = [int(year) for year in part["build_year"].unique() if year is not None]
        return [(place, year) for place in places for year in years or [None]]

    def residual(self, balance: str, technology: str, location: str | None, year: int | None) -> Residual | None:
        """Residual of one recipe; None when nothing of the kind flows."""
        part = self.rows[technology]
        goes_in, comes_out = 0.0, self.content(balance, self.dataset.products[technology], year)
        flows = sorted(set(zip(part["commodity"], part["direction"], strict=True)))
        for commodity, direction in flows:
            keys = {"technology": technology, "commodity": commodity, "direction": direction}
            series = self.resolver.find("flows", location=location, **keys)
            if series is None:
                continue
            amount = float(series.values[0]) if year is None else float(series.at(year))
            if direction == "input":
                goes_in += amount * self.content(balance, commodity, year)
            else:
                comes_out += amount * self.content(balance, commodity, year)
        left = goes_in - comes_out
        if balance == "carbon":
            keys = {"technology": technology, "pollutant": "CO2_process"}
            process = self.resolver.find("emissions", location=location, **keys)
            goes_in += float(process.values[0]) if process is not None else 0.0
            left = min(0.0, goes_in - comes_out)
        if goes_in == 0.0 and comes_out == 0.0:
            return None
        share = left / goes_in if goes_in else -1.0
        return Residual(technology, balance, location, year, share, int(part.index[0]))

    def widest(self, balance: str, technology: str) -> list[Residual]:
        """Residuals of a technology: the smallest and the largest over places and years of building."""
        found = [self.residual(balance, technology, place, year) for place, year in self.points(technology)]
        known = sorted((each for each in found if each is not None), key=lambda each: each.share)
        return [known[0], known[-1]] if known else []


@rule("carbon, iron, mass and energy of a recipe close within 2 %, or within the band of balance_residuals.csv")
def recipes_close(dataset: DataSet) -> Iterator[Finding]:
    """Carbon counts what leaves as direct CO2 as out, so that only carbon from nothing is refused."""
    balances = Balances(dataset)
    declared = dataset["balance_residuals"]
    rows = dict(zip(zip(declared["technology"], declared["balance"], strict=True), declared.index, strict=True))
    open_ones: dict[str, list[Residual]] = {}
    for technology in balances.rows:
        for balance in PROPERTIES:
            for residual in balances.widest(balance, technology):
                row = rows.get((technology, balance))
                if row is not None:
                    low, high = declared["low"].iloc[row], declared["high"].iloc[row]
                    if not low - 1e-6 <= residual.share <= high + 1e-6:
                        what = (
                            f"the residual{residual.where()} is {residual.share:.4g}; declared is {low:g} to {high:g}"
                        )
                        yield broken(dataset, "balance_residuals", row, "value", what, "correct the recipe or the band")
                        break
                elif abs(residual.share) > CLOSES:
                    if balance in REFUSED:
                        yield _open(dataset, residual)
                    else:
                        open_ones.setdefault(balance, []).append(residual)
                    break
    for balance, found in open_ones.items():
        names = [f"{residual.technology} {residual.share:.2g}" for residual in found]
        what = (
            f"the {balance} balance of {len(names)} recipes is open without a declared residual: {', '.join(names[:8])}"
        )
        what += ", ..." if len(names) > 8 else ""
        yield doubtful(
            dataset, "flows", found[0].row, "technology", what, "declare the residuals in balance_residuals.csv"
        )


def _open(dataset: DataSet, residual: Residual) -> Finding:
    """Error for an open balance that is not declared."""
    name, balance = residual.technology, residual.balance
    side = "goes in and does not come out" if residual.share > 0 else "comes out without going in"
    what = f"the {balance} balance of {name}{residual.where()} closes within 2 %; {abs(residual.share):.2%} {side}"
    fix = (
        f"correct flows.csv or {PROPERTIES[balance]}, or declare the residual in balance_residuals.csv with its reason"
    )
    return broken(dataset, "flows", residual.row, "technology", what, fix)
