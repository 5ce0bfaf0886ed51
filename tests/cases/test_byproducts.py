"""By-products: sold, disposed of at a cost, used by another technology; their price may be negative."""

from __future__ import annotations

import pytest
from tests.cases.kit import Problem, solve


def furnace() -> Problem:
    """10 Mt of steel at 100 CNY/t give 0.3 t of slag each: 3 Mt."""
    problem = Problem().commodity("steel").commodity("slag", "residue").demand("steel", 10)
    return problem.technology("furnace", "steel", variable_cost=100.0, outputs={"slag": 0.3}).stock("furnace", 20)


def test_sold_by_product_lowers_the_price() -> None:
    """Slag sold at 40 CNY/t: steel costs 100 - 0.3 x 40 = 88."""
    case = solve(furnace().market("sale", "slag", 40.0, "sell"), [[2025, 1]])
    assert case.dual("balance", "Here", "steel", 2025) == pytest.approx(88)
    assert case.dual("balance", "Here", "slag", 2025) == pytest.approx(40)
    assert case.objective == pytest.approx(880)


def test_disposed_by_product_has_a_negative_price() -> None:
    """Disposal costs 20 CNY/t: a tonne of slag is worth -20, steel costs 100 + 0.3 x 20 = 106."""
    case = solve(furnace().market("heap", "slag", 20.0, "dispose"), [[2025, 1]])
    assert case.dual("balance", "Here", "slag", 2025) == pytest.approx(-20)
    assert case.dual("balance", "Here", "steel", 2025) == pytest.approx(106)
    assert case.objective == pytest.approx(1060)


def test_limited_sale() -> None:
    """1 of 3 Mt can be sold at 40, the rest is disposed of at 20: one tonne more of sales is worth 60.

    Cost: 1,000 - 40 + 2 x 20. The last tonne of slag is still a burden.
    """
    problem = furnace().market("heap", "slag", 20.0, "dispose").market("sale", "slag", 40.0, "sell", limit=1.0)
    case = solve(problem, [[2025, 1]])
    assert case.dual("market_cap", "sale", "Here", 2025) == pytest.approx(-60)
    assert case.dual("balance", "Here", "slag", 2025) == pytest.approx(-20)
    assert case.objective == pytest.approx(1000)


def cement(amount: float) -> Problem:
    """Cement of pure clinker, or with a quarter of slag in its place; clinker costs 50 CNY/t, disposal of slag 20."""
    problem = furnace().market("heap", "slag", 20.0, "dispose").commodity("cement").commodity("clinker", "intermediate")
    problem.market("clinker", "clinker", 50.0).demand("cement", amount)
    problem.technology("plain", "cement", capacity=False, inputs={"clinker": 1.0})
    return problem.technology("blended", "cement", capacity=False, inputs={"clinker": 0.75, "slag": 0.25})


def test_residue_used_in_another_sector_is_credited_once() -> None:
    """4 Mt of blended cement take 1 Mt of slag: 1,000 + 4 x 0.75 x 50 + 2 x 20 of disposal.

    Blended cement costs 0.75 x 50 - 0.25 x 20 = 32.5: it takes a burden away. Steel stays at 106.
    """
    case = solve(cement(4.0), [[2025, 1]])
    assert case.objective == pytest.approx(1000 + 150 + 40)
    assert case.dual("balance", "Here", "cement", 2025) == pytest.approx(32.5)
    assert case.dual("balance", "Here", "steel", 2025) == pytest.approx(106)


def test_scarce_residue_has_the_price_of_what_it_replaces() -> None:
    """20 Mt of cement could take 5 Mt of slag but there are 3: the last cement is plain, slag is worth clinker, 50.

    Steel then costs 100 - 0.3 x 50 = 85, cement 50; cost: 1,000 + (12 x 0.75 + 8) x 50.
    """
    case = solve(cement(20.0), [[2025, 1]])
    assert case.dual("balance", "Here", "slag", 2025) == pytest.approx(50)
    assert case.dual("balance", "Here", "steel", 2025) == pytest.approx(85)
    assert case.dual("balance", "Here", "cement", 2025) == pytest.approx(50)
    assert case.objective == pytest.approx(1000 + 850)


def test_without_an_outlet_the_by_product_limits_the_product() -> None:
    """Slag can only be sold, at most 1.5 Mt: 5 Mt of steel run, the other 5 are bought at 500.

    One tonne more of outlet lets 1/0.3 t of steel run and saves (500 - 100) / 0.3 + 40.
    """
    problem = furnace().market("sale", "slag", 40.0, "sell", limit=1.5).market("import", "steel", 500.0)
    case = solve(problem, [[2025, 1]])
    assert case("activity", "Here", "furnace", "all", 2025) == pytest.approx(5)
    assert case.dual("market_cap", "sale", "Here", 2025) == pytest.approx(-(400 / 0.3 + 40))
