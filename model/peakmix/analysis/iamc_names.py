"""Names of the exchange format of integrated assessment models: what of a result goes under which variable.

Names that stand in OFFICIAL patterns are those of the IAM consortium's common definitions of June 2026. Everything else is an
extension of this model: marked as such in the export, and left out with ``strict``. What has no official name: capacity,
production by technology, energy and CO2 of alumina and of glass apart, CO2 of fuels and processes in one sum, bought power's
CO2 by sector, scrap, provinces.
"""

from __future__ import annotations

SECTORS = {
    "steel": "Iron and Steel",
    "cement": "Non-Metallic Minerals|Cement",
    "glass": "Non-Metallic Minerals|Glass",
    "aluminium": "Non-Ferrous Metals|Aluminum",
    "alumina": "Non-Ferrous Metals|Aluminum Oxide",
}
"""Sector of the data set -> part of a variable's name."""

OFFICIAL_ENERGY_SECTORS = ("steel", "cement", "aluminium")
"""Sectors whose ``Final Energy|Industry|...`` is an official variable."""

PRODUCTS = {
    "crude_steel": "Production|Iron and Steel|Steel",
    "hot_metal": "Production|Iron and Steel|Iron|Pig Iron",
    "cement": "Production|Non-Metallic Minerals|Cement",
    "clinker": "Production|Non-Metallic Minerals|Cement Clinker",
    "flat_glass": "Production|Non-Metallic Minerals|Glass",
    "alumina": "Production|Non-Ferrous Metals|Aluminum Oxide",
    "aluminium": "Production|Non-Ferrous Metals|Aluminum",
}
"""Commodity -> official variable of its whole output."""

SPONGE_IRON = ("direct_reduced_iron_gas", "direct_reduced_iron_hydrogen")
SPONGE_IRON_NAME = "Production|Iron and Steel|Iron|Sponge Iron"

SECONDARY = {"aluminium": ("secondary_smelting",)}
"""Commodity -> technologies that make it from scrap alone; the rest is primary."""

CARRIERS = {
    "electricity": "Electricity",
    "smelter_electricity": "Electricity",
    "thermal_coal": "Solids|Coal",
    "coking_coal": "Solids|Coal",
    "injection_coal": "Solids|Coal",
    "coke": "Solids|Coal",
    "coal": "Solids|Coal",
    "biomass": "Solids|Biomass",
    "petroleum_coke": "Liquids",
    "diesel": "Liquids",
    "natural_gas": "Gases|Gas",
    "hydrogen": "Hydrogen",
    "waste_fuel_gate_fee": "Waste",
    "waste_fuel_high_grade": "Waste",
    "waste_fuel_refuse_derived": "Waste",
}
"""Commodity -> carrier. Petroleum coke is an oil product; gases and tar that leave a works stand under ``Other``."""

PARENTS = {"Solids|Coal": "Solids", "Solids|Biomass": "Solids", "Gases|Gas": "Gases"}
"""Carrier -> the carrier that sums it."""

OTHER = "Other"
FINAL_ENERGY = "Final Energy|Industry"
ENERGY_TOTAL = "Final Energy|Industry|Covered Sectors"
EMISSIONS = "Emissions|CO2|Energy and Industrial Processes|Industry"
EMISSION_INTENSITY = "Emission Intensity|CO2|Energy and Industrial Processes"
ENERGY_INTENSITY = "Energy Intensity|Industry"
INTENSITY_OF = {
    "steel": ("crude_steel", "Iron and Steel"),
    "alumina": ("alumina", "Non-Ferrous Metals|Aluminum Oxide"),
}
"""Sector -> product that counts and the official name of both intensities. Cement's would need all minerals, so it has none."""

CAPTURE = "Carbon Capture|Industry"
INDIRECT = "Emissions|CO2|Indirect|Industry"
CARBON_PRICE = "Price|Carbon"
POLICY_PRICE = "Price|Policy"
CAPACITY = "Capacity|Industry"
ADDITIONS = "Capacity Additions|Industry"
BY_TECHNOLOGY = "Production|Industry"

ILLEGAL = ';:"`'
"""Characters that may not stand in a name."""
