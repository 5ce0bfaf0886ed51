"""Colours that are the same in every figure, and that readers with colour blindness can tell apart.

A product's technologies take the eight colours of Okabe and Ito in the order below, then the same colours hatched. A technology
that is not listed gets a colour and a hatch from its name, so it keeps them in every figure and run.
"""

from __future__ import annotations

import hashlib

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#5F5F5F")
HATCHES = ("", "////", "....", "xxxx", "----")
NEUTRAL = "#BBBBBB"
UP, DOWN, TOTAL = "#D55E00", "#0072B2", "#5F5F5F"
"""What costs more, what costs less, and sums."""

ORDER = {
    "liquid_steel": (
        "converter",
        "arc_furnace_scrap",
        "arc_furnace_dri_hydrogen",
        "arc_furnace_hot_metal",
        "molten_oxide_electrolysis",
        "arc_furnace_dri_gas",
    ),
    "hot_metal": (
        "blast_furnace_large",
        "blast_furnace_mid",
        "blast_furnace_gas_recycling_capture",
        "blast_furnace_small",
        "smelting_reduction",
    ),
    "aluminium": (
        "cell_500_kiloampere",
        "cell_400_kiloampere",
        "secondary_smelting",
        "cell_300_kiloampere",
        "inert_anode_cell",
    ),
    "alumina": (
        "refinery_low_temperature",
        "refinery_high_temperature_tube",
        "refinery_flotation",
        "refinery_high_temperature_autoclave",
        "refinery_bayer_sinter",
        "refinery_sinter",
    ),
    "process_steam": ("boiler_coal", "boiler_gas", "boiler_electric", "chp_coal", "boiler_coal_high_efficiency", "boiler_biomass"),
    "clinker": ("kiln_large", "kiln_mid", "kiln_best_available", "kiln_small", "kiln_electric", "kiln_oxyfuel_capture"),
    "cement_constituent": (
        "constituent_from_clinker",
        "constituent_from_slag",
        "constituent_from_limestone",
        "constituent_from_calcined_clay",
        "constituent_from_fly_ash",
        "constituent_from_bauxite_residue",
        "constituent_from_other",
    ),
    "kiln_heat": (
        "kiln_heat_from_coal",
        "kiln_heat_from_natural_gas",
        "kiln_heat_from_biomass",
        "kiln_heat_from_waste_refuse_derived",
        "kiln_heat_from_electricity",
        "kiln_heat_from_waste_gate_fee",
        "kiln_heat_from_hydrogen",
        "kiln_heat_from_waste_high_grade",
    ),
    "flat_glass": ("float_line", "float_line_best_available", "float_line_electric"),
}
SECTORS = {"steel": 0, "cement": 1, "aluminium": 2, "alumina": 3, "glass": 4, "purchased": 7}
STYLES = {name: (COLOURS[k % 8], HATCHES[k // 8]) for listed in ORDER.values() for k, name in enumerate(listed)}


def style(name: str) -> tuple[str, str]:
    """Colour and hatch of a technology."""
    if name in STYLES:
        return STYLES[name]
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    return COLOURS[number % len(COLOURS)], HATCHES[(number // len(COLOURS)) % len(HATCHES)]


def sector_colour(name: str) -> str:
    """Colour of a sector."""
    return COLOURS[SECTORS[name]] if name in SECTORS else style(name)[0]
