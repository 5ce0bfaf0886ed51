"""Labels of every dimension of a result, with the facts that go beside them as coordinates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from peakmix.foundation.units import million
from peakmix.foundation.vocabulary import of_kind, word
from peakmix.parameters.container import Parameters
from peakmix.results.extract import Labels
from peakmix.results.recount.costs import UNPLACED
from peakmix.results.recount.ledgers import PURCHASED
from peakmix.results.recount.recount import Recount
from peakmix.tables.dataset import DataSet

TextArray = npt.NDArray[Any]
OTHERS = ("delivery", "government", "lender", "investor", "not attributed")
"""Payers beside the sectors."""
BESIDE_COST = ("loan_draw", "debt_service", "legacy_debt", "allowance_trade", "swap_credit")
"""Components of the payer's account beside those of the objective; loans replace ``loan_interest``."""
ALWAYS_LEDGERS = ("direct_co2", "purchased_power_co2", "hydrogen_power_co2")


def text_array(values: Iterable[object]) -> TextArray:
    """Texts as an array of objects (of characters when there are none); a missing text is empty."""
    texts = ["" if value is None or value != value else str(value) for value in values]
    return np.array(texts, dtype=object if texts else np.dtypes.StrDType(1))


class Axes:
    """Dimensions of one run.

    Orders: places and technologies as in the model, commodities and markets as in their tables, periods ascending,
    vintages by building year.
    """

    def __init__(self, parameters: Parameters, recount: Recount, data: DataSet) -> None:
        self.parameters = parameters
        self.recount = recount
        self.data = data
        self.money = data.money_unit
        facts = parameters.facts
        active = {technology for _, technology in parameters.sets["active"]}
        touched = {commodity for _, commodity in parameters.sets["balances"]}
        priced = {market for _, market in parameters.sets["markets"]}
        measures = dict.fromkeys((m, h) for _, m, h in parameters.sets["measures"])
        conversions = dict.fromkeys(name for _, name, _ in parameters.sets["conversions"])
        technologies = [t for t in facts["product"] if t in active]
        sectors = dict.fromkeys(facts["sector"][t] for t in technologies)
        self.labels: dict[str, Labels] = {
            "region": Labels(parameters.regions),
            "region_to": Labels(parameters.regions),
            "period": Labels(parameters.horizon.first),
            "technology": Labels(technologies),
            "vintage": Labels(self._vintages()),
            "commodity": Labels([c for c in facts["commodities"] if c in touched]),
            "market": Labels([m for m in facts["market"] if m in priced]),
            "measure_host": Labels([f"{m} @ {h}" for m, h in measures]),
            "conversion_id": Labels(list(conversions)),
            "sector": Labels([*sectors, PURCHASED]),
            "ledger_name": Labels(self._ledgers()),
            "cost_component": Labels(self._components()),
            "payer": Labels([*sectors, *OTHERS]),
            "payer_component": Labels([c for c in self._components() if c != "loan_interest"] + list(BESIDE_COST)),
            "cost_place": Labels([*parameters.regions, UNPLACED]),
            "technology_group": Labels([g for g, ts in facts["groups"].items() if active & set(ts)]),
        }
        self.measures = list(measures)

    def __getitem__(self, dim: str) -> Labels:
        return self.labels[dim]

    def _vintages(self) -> list[str]:
        found = {v.label: v for vintages in self.parameters.vintages.values() for v in vintages}
        order = sorted(found.values(), key=lambda v: (not v.existing, v.build_from, v.build_to))
        return [v.label for v in order]

    def _ledgers(self) -> list[str]:
        present = {label[0] for label in self.recount.ledger.labels}
        names = [n for n in of_kind("ledger") if n in present or n in ALWAYS_LEDGERS]
        return names + sorted(present - set(names))

    def _components(self) -> list[str]:
        present = {label[0] for label in self.recount.cost.labels}
        names = list(of_kind("cost"))
        return names + sorted(present - set(names))

    def natural(self, commodity: str) -> str:
        """Natural unit of a commodity."""
        return str(self.parameters.facts["commodities"][commodity]["unit"])

    def product(self, technology: str) -> str:
        """Product of a technology."""
        return str(self.parameters.facts["product"][technology])

    @cached_property
    def units(self) -> dict[str, list[str]]:
        """Natural unit of every technology (of its product) and commodity, market and measure's host."""
        technology = [self.natural(self.product(str(t))) for t in self["technology"].names]
        commodity = [self.natural(str(c)) for c in self["commodity"].names]
        market = [self.natural(self.parameters.facts["market"][m][0]) for m in self["market"].names]
        measure = [self.natural(self.product(h)) for _, h in self.measures]
        facts = self.parameters.facts["conversion"]
        conversion = [self.natural(self.product(facts[name][0])) for name in self["conversion_id"].names]
        return {
            "technology": technology,
            "commodity": commodity,
            "market": market,
            "measure_host": measure,
            "conversion_id": conversion,
        }

    def coordinates(self) -> dict[str, tuple[str, Any, dict[str, str]]]:
        """Coordinates as (dimension, values, attributes) by name."""
        made: dict[str, tuple[str, Any, dict[str, str]]] = {}
        for dim, labels in self.labels.items():
            values: Any = np.array(labels.names, dtype=np.int64) if dim == "period" else text_array(labels.names)
            entry = word("dimension", dim)
            attributes = {"long_name": entry.long_name, "long_name_zh": entry.long_name_zh}
            made[dim] = (dim, values, attributes | ({"units": "yr"} if dim == "period" else {}))
        for name, dim, texts in self._beside():
            entry = word("result", name)
            attributes = {"long_name": entry.long_name, "long_name_zh": entry.long_name_zh}
            made[name] = (dim, text_array(texts), attributes)
        return made

    def _beside(self) -> list[tuple[str, str, Sequence[object]]]:
        """(name, dimension, values) of the facts beside dimensions."""
        facts = self.parameters.facts
        technologies = [str(t) for t in self["technology"].names]
        markets = [facts["market"][m] for m in self["market"].names]
        rows: list[tuple[str, str, Sequence[object]]] = [
            ("region_name_zh", "region", self._column("locations", "region", "name_zh")),
            ("technology_name", "technology", self._column("technologies", "technology", "name")),
            ("technology_name_zh", "technology", self._column("technologies", "technology", "name_zh")),
            ("technology_sector", "technology", [facts["sector"][t] for t in technologies]),
            ("technology_product", "technology", [facts["product"][t] for t in technologies]),
            ("commodity_name", "commodity", self._column("commodities", "commodity", "name")),
            ("commodity_name_zh", "commodity", self._column("commodities", "commodity", "name_zh")),
            ("commodity_kind", "commodity", self._column("commodities", "commodity", "kind")),
            ("market_commodity", "market", [m[0] for m in markets]),
            ("market_direction", "market", [m[1] for m in markets]),
            ("market_scope", "market", [m[2] for m in markets]),
            ("measure", "measure_host", [m for m, _ in self.measures]),
            ("measure_host_technology", "measure_host", [h for _, h in self.measures]),
            ("conversion_from", "conversion_id", self._conversion(0)),
            ("conversion_to", "conversion_id", self._conversion(1)),
            ("ledger_unit", "ledger_name", [self._ledger_unit(str(n)) for n in self["ledger_name"].names]),
            ("price_unit", "commodity", [f"{self.money}/{u}" for u in self.units["commodity"]]),
        ]
        for dim, natural in self.units.items():
            yearly = [f"{million(unit)}/yr" for unit in natural]
            rows.append((f"{dim}_unit", dim, yearly))
        return rows

    def _column(self, table: str, dim: str, column: str) -> list[object]:
        """A text column of a table, in the order of a dimension whose name is the table's key."""
        key = {"region": "location"}.get(dim, dim)
        frame = self.data.tables[table]
        found: dict[object, object] = dict(zip(frame[key], frame[column], strict=True))
        return [None if pd.isna(found.get(name)) else found[name] for name in self[dim].names]  # type: ignore[call-overload]

    def _conversion(self, side: int) -> list[object]:
        return [self.parameters.facts["conversion"][name][side] for name in self["conversion_id"].names]

    def _ledger_unit(self, name: str) -> str:
        entry = of_kind("ledger").get(name)
        return entry.unit if entry else "Mt/yr"
