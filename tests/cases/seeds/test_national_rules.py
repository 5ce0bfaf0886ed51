"""National rules: what must hold whatever the numbers, and what follows from the rows of the tables.

A rule added to a programme never makes it cheaper, and a penalty or a tariff is never below zero: so in the objective every rule
costs at least nothing, and all of them at least as much as the dearest. A path of windows is a solution of the same programme.
"""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
import xarray as xr
from tests.cases.seeds.shipped import priced, solved

pytestmark = pytest.mark.slow

TIGHT = 1e-9


@pytest.fixture(scope="module")
def reference() -> xr.Dataset:
    return solved("national_rules/reference")


@pytest.fixture(scope="module")
def together() -> xr.Dataset:
    return solved("national_rules/all")


@pytest.fixture(scope="module")
def rolling() -> xr.Dataset:
    return solved("national_rules")


def cost(run: xr.Dataset) -> float:
    return float(run["objective"])


def direct(run: xr.Dataset) -> np.ndarray:
    """Direct CO2 by period, Mt/yr."""
    return np.asarray(run["ledger"].sel(ledger_name="direct_co2").sum(("region", "sector")).values)


@pytest.mark.parametrize("rule", ["swap", "peak", "stable_output"])
def test_a_rule_alone_costs_no_more_than_all(rule: str, reference: xr.Dataset, together: xr.Dataset) -> None:
    """Reference <= one rule <= all, in the objective."""
    alone = cost(solved(f"national_rules/{rule}"))
    assert cost(reference) * (1 - TIGHT) <= alone <= cost(together) * (1 + TIGHT)


def test_all_rules_cost_something_and_cut_direct_emissions(reference: xr.Dataset, together: xr.Dataset) -> None:
    """Dual control of carbon bites after 2030: less direct CO2 over the horizon, at a higher cost."""
    assert cost(together) > cost(reference)
    years = reference["period_length"].values
    assert direct(together) @ years < direct(reference) @ years


def test_the_peak_lies_before_2030(together: xr.Dataset) -> None:
    """No period after 2026 emits more than 2026, the last one that ends before 2030; the base period is no higher than it."""
    level = dict(zip(together["period"].values.tolist(), direct(together).tolist(), strict=True))
    assert level[2025] <= level[2026] * (1 + TIGHT)
    later = [level[p] for p in sorted(level) if p >= 2026]
    assert all(b <= a * (1 + TIGHT) for a, b in itertools.pairwise(later))


def test_nothing_new_while_swaps_are_suspended(together: xr.Dataset) -> None:
    """No steelmaking or ironmaking capacity is built in 2026; from 2027 on a tonne of steelmaking takes 1.5 everywhere."""
    rows = (together["swap_policy"] == "swap_steelmaking").values
    period, ratio = together["swap_period"].values[rows], together["swap_ratio"].values[rows]
    assert not (period == 2026).any()
    assert (period >= 2027).any()
    assert ratio == pytest.approx(np.full(len(ratio), 1.5))


def test_stable_output_or_a_price(together: xr.Dataset) -> None:
    """A share below nine tenths of the base is paid at 0.2 CNY for a yuan, so no price of a share is above that."""
    for group in ("north_china", "east_china", "south_china", "central_china"):
        rows = priced(together, f"stable_{group}", "policy_target")
        assert (rows["price"].abs() <= 0.2 * (1 + 1e-6)).all()


def test_short_sight_costs(together: xr.Dataset, rolling: xr.Dataset) -> None:
    """The path of seven windows is a solution of the programme whose optimum is ``together``; the file says what it is."""
    assert cost(rolling) >= cost(together) * (1 - TIGHT)
    told = json.loads(rolling.attrs["foresight"])
    assert [w["first"] for w in told["windows"] if w["kept"]] == [2025, 2031, 2036, 2041, 2046, 2051, 2056]
    assert all(w["certified"] for w in told["windows"])


def test_having_believed_costs(together: xr.Dataset) -> None:
    """Not expecting the total on carbon: at least the optimum, and dearer than the path that knew."""
    believed = solved("national_rules_believed_carbon")
    assert cost(believed) > cost(together)
    told = json.loads(believed.attrs["foresight"])["windows"]
    assert [(w["first"], w["belief"]) for w in told] == [(2025, "no rule on carbon after 2030"), (2031, "truth")]


def test_motors_pay_back_without_rules(reference: xr.Dataset) -> None:
    """Motors and drives spread in the reference as well: more of the output carries them in 2031 than today."""
    names = [str(name) for name in reference["measure_host"].values if "motors" in str(name)]
    assert len(names) >= 4
    fitted = reference["adopted"].sel(measure_host=names).sum(("region", "measure_host"))
    output = reference["activity"].sel(technology=[n.split(" @ ")[1] for n in names]).sum(("region", "technology"))
    share = (fitted / output).values
    assert share[3] > share[0]
