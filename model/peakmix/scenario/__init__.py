"""Scenario: the typed specification, inheritance with the origin of every value, and changes to tables."""

from peakmix.scenario.check import check_against
from peakmix.scenario.scenario import Scenario, from_mapping, load, with_changes
from peakmix.scenario.spec import Spec

__all__ = ["Scenario", "Spec", "check_against", "from_mapping", "load", "with_changes"]
