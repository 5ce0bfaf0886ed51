"""Traps told before solving: each on a policy that falls into it, and not on its neighbour that does not."""

from __future__ import annotations

from typing import Any

from tests.cases.kit import prepared
from tests.math.tiny import PERIODS, plants

from peakmix.api.running import solve_prepared
from peakmix.api.traps import traps

DIRECT = {"quantity": "direct_co2"}
POWER = {"instrument": "price", "indicator": {"quantity": "purchased_power_co2"}, "values": 1.0}


def told(base: int | None = 2025, **policies: Any) -> str:
    """All traps of some policies on the tiny plants; a price on bought power keeps the one on direct CO2 silent."""
    case = prepared(plants(), PERIODS, 0.08, base=base, policies=policies)
    return "\n".join(traps(case.scenario, case.parameters, case.context))


def limit(**more: Any) -> dict[str, Any]:
    return {"instrument": "limit", "indicator": DIRECT, "values": "14 Mt/yr"} | more


def test_rules_on_direct_co2_alone() -> None:
    assert "policies cap count direct CO2 alone" in told(cap=limit())
    assert told(cap=limit(), power=POWER) == ""
    both = {"quantity": "co2", "scopes": ["direct", "purchased_power"]}
    assert told(cap=limit(indicator=both)) == ""


def test_a_price_beside_a_limit_on_the_same_indicator() -> None:
    tax = {"instrument": "price", "indicator": DIRECT, "values": 20.0}
    assert "policies.tax: cap bounds the same indicator" in told(cap=limit(), tax=tax, power=POWER)
    assert told(cap=limit(location="West"), tax=tax, power=POWER) == ""
    intensity = limit(kind="intensity", denominator={"quantity": "output"}, values="1.5 t/t")
    assert told(cap=intensity, tax=tax, power=POWER) == ""


def test_rule_b_without_a_held_base_year() -> None:
    rule = {"instrument": "peak", "indicator": DIRECT, "year": 2026, "rule": "B", "height": "30 Mt/yr"}
    assert "rule B may raise early emissions" in told(base=None, peak=rule, power=POWER)
    assert told(peak=rule, power=POWER) == ""
    assert told(base=None, peak=rule | {"rule": "A"}, power=POWER) == ""


def test_a_peak_rule_without_anything_that_bounds_its_height() -> None:
    rule = {"instrument": "peak", "indicator": DIRECT, "year": 2026}
    assert "policies.peak" in told(peak=rule, power=POWER) or "height" in told(peak=rule, power=POWER)


def test_a_benchmark_pays_for_output() -> None:
    rule = {"instrument": "market", "allocation": [{"benchmark": "1.2 t/t", "output": {"quantity": "output"}}]}
    assert "policies.ets: a benchmark pays for output" in told(ets=rule, power=POWER)
    assert told(ets=rule | {"allocation": [{"amount": "15 Mt/yr"}]}, power=POWER) == ""


def test_a_loan_below_the_discount_rate() -> None:
    def funds(rate: float) -> dict[str, Any]:
        return {"instrument": "finance", "lines": {"green": {"rate": rate, "tenor": 6}}}

    assert "policies.funds.lines.green: 0.02 is below the discount rate 0.08" in told(funds=funds(0.02))
    assert told(funds=funds(0.08)) == ""


def test_growth_from_nothing() -> None:
    rule = {"instrument": "pace", "technologies": ["clean"], "growth": 0.1, "historical": "0 Mt/yr"}
    assert "locks clean out for ever" in told(slow=rule)
    assert told(slow=rule | {"seed": "0.1 Mt/yr"}) == ""
    assert told(slow=rule | {"historical": "0.1 Mt/yr"}) == ""


def test_a_run_tells_its_traps() -> None:
    """The notices of a run and the file's warnings are the traps that `check` tells."""
    case = prepared(plants(), PERIODS, 0.08, base=2025, policies={"cap": limit()})
    result = solve_prepared(case, False)
    assert any("count direct CO2 alone" in notice for notice in result.notices)
    assert "count direct CO2 alone" in result.dataset.attrs["warnings"]
