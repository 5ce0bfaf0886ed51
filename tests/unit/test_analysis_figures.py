"""Figures: the table behind each equals the dataset, colours stay with their technology, files are drawn where matplotlib is."""

from __future__ import annotations

import importlib
import importlib.util

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from tests.math import tiny

from peakmix.analysis.compliance import compliance
from peakmix.analysis.figures import canvas
from peakmix.analysis.figures.draw import FIGURES, TABLES, Choice
from peakmix.analysis.figures.palette import COLOURS, ORDER, style
from peakmix.analysis.words import word
from peakmix.api.running import solve_prepared
from peakmix.cli import plot
from peakmix.foundation.errors import UsageError
from peakmix.results.store import write_result

LIBRARY = importlib.util.find_spec("matplotlib") is not None
drawn = pytest.mark.skipif(not LIBRARY, reason="matplotlib, of the extra plots, is not installed")


@pytest.fixture(scope="module")
def ds(mini_run):
    return mini_run.dataset


@pytest.fixture(scope="module")
def cheaper(ds):
    """A second result: every cost a tenth lower."""
    other = ds.copy(deep=True)
    for name in ("cost", "objective", "system_cost"):
        other[name] = other[name] * 0.9
    other["cost"].attrs = dict(ds["cost"].attrs)
    return other


def test_technologies_of_a_product_look_different() -> None:
    for listed in ORDER.values():
        assert len({style(name) for name in listed}) == len(listed)
    assert style("some_new_furnace") == style("some_new_furnace")
    assert style("some_new_furnace")[0] in COLOURS


def test_mix_table_is_the_activity(ds) -> None:
    table = TABLES["mix"](ds, Choice())
    sums = table.groupby("period")["value"].sum()
    np.testing.assert_allclose(sums, ds["activity"].sum(("region", "technology")))
    assert len(TABLES["mix"](ds, Choice(product="steel"))) == len(table)


def test_path_table_is_the_ledger(ds) -> None:
    table = TABLES["emissions"](ds, Choice()).pivot(index="series", columns="period", values="value")
    direct = ds["ledger"].sel(ledger_name="direct_co2").sum(("region", "sector")).values
    power = ds["ledger"].sel(ledger_name="purchased_power_co2").sum(("region", "sector")).values
    np.testing.assert_allclose(table.loc["direct"], direct)
    np.testing.assert_allclose(table.loc["steel"], direct)
    np.testing.assert_allclose(table.loc["with power and hydrogen"], direct + power)


def test_waterfall_table_adds_up(ds, cheaper) -> None:
    table = TABLES["cost"](cheaper, Choice(base=ds))
    assert table["value"].iloc[:-1].sum() == pytest.approx(table["value"].iloc[-1])
    assert table["value"].iloc[0] == pytest.approx(float(ds["system_cost"]))
    with pytest.raises(UsageError, match="--base"):
        TABLES["cost"](ds, Choice())


def test_price_table_is_the_sheet(ds) -> None:
    table = TABLES["policy-price"](ds, Choice()).set_index(["policy", "period"])
    rows = zip(*(ds[f"policy_{name}"].values for name in ("id", "period", "component", "price")), strict=True)
    caps = {int(p): x for i, p, c, x in rows if i == "cap" and c == "policy_limit" and x > 1e-6}
    assert caps
    for period, price in caps.items():
        assert table.loc[("cap", period), "value"] == price
        assert table.loc[("cap", period), "of"] == "direct_co2"


def test_a_missing_library_is_said(monkeypatch) -> None:
    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr(canvas, "import_module", absent)
    with pytest.raises(UsageError, match="matplotlib"):
        canvas.pyplot()


@drawn
@pytest.mark.parametrize("name", sorted(set(FIGURES) - {"market-balance", "heat-map"}))
def test_figures_are_drawn(ds, cheaper, given, name, tmp_path) -> None:
    figure = FIGURES[name](cheaper, Choice(base=ds, table=given.get(name)))
    figure.savefig(tmp_path / "x.png")
    assert (tmp_path / "x.png").stat().st_size > 10_000
    texts = " ".join(text.get_text() for text in figure.findobj(match=lambda artist: hasattr(artist, "get_text")))
    assert "NOT CERTIFIED" in texts
    importlib.import_module("matplotlib.pyplot").close("all")


@drawn
def test_bars_of_the_mix_are_the_numbers(ds) -> None:
    figure = FIGURES["mix"](ds, Choice())
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    assert sum(heights) == pytest.approx(float(ds["activity"].sum()))
    importlib.import_module("matplotlib.pyplot").close("all")


@drawn
def test_languages() -> None:
    assert word("zh", "Peak") == "峰值"
    with pytest.raises(UsageError, match="no figures in 'fr'"):
        canvas.font("fr")


def test_command_refuses_an_unknown_figure(ds, tmp_path) -> None:
    result = write_result(ds, tmp_path / "mini.nc")
    with pytest.raises(UsageError, match="no figure 'mixx'"):
        plot.main(result, "mixx", None, None, None, None, "en", None, False)


@drawn
def test_command(ds, tmp_path, capsys) -> None:
    result = write_result(ds, tmp_path / "mini.nc")
    plot.main(result, "mix", None, "steel", None, None, "en", tmp_path / "mix.csv", False)
    assert capsys.readouterr().out.splitlines() == [str(tmp_path / "mini_mix_steel.png"), str(tmp_path / "mix.csv")]
    assert pd.read_csv(tmp_path / "mix.csv")["value"].sum() == pytest.approx(float(ds["activity"].sum()))


@pytest.fixture(scope="module")
def given() -> dict[str, pd.DataFrame]:
    """Tables as `mac` and `sensitivity` write them, small enough to follow by hand."""
    mac = pd.DataFrame({"piece": [0, 1, 0, 1], "period": [2030, 2030, 2040, 2040], "reference": [100.0, 100, 90, 90]})
    mac["level"], mac["price"], mac["price_unit"] = [95.0, 80, 88, 70], [10.0, 40, 12, 55], "CNY2023/t"
    weak = pd.DataFrame({"table": ["a", "b"], "key": ["x", "y"], "value": [10.0, 4], "low": [8.0, 1], "high": [13.0, 5]})
    weak["slope"], weak["effect"], weak["grade"] = [2.0, -5], [10.0, 20], ["B", "C"]
    weak["change_low"], weak["change_high"] = [np.nan, 18.0], [np.nan, -4.0]
    return {"abatement": mac, "tornado": weak}


def test_abatement_blocks_begin_where_the_last_one_ends(ds, given) -> None:
    table = TABLES["abatement"](ds, Choice(table=given["abatement"]))
    assert table[["from", "to", "price"]].values.tolist() == [[0, 5, 10], [5, 20, 40], [0, 2, 12], [2, 20, 55]]
    with pytest.raises(UsageError, match="--table"):
        TABLES["abatement"](ds, Choice())
    with pytest.raises(UsageError, match="no column period, reference"):
        TABLES["abatement"](ds, Choice(table=given["tornado"]))


def test_tornado_takes_solves_and_else_slopes(ds, given) -> None:
    table = TABLES["tornado"](ds, Choice(table=given["tornado"])).set_index("number")
    assert table.loc["b: y", ["low", "high", "kind"]].tolist() == [18.0, -4.0, "solved"]
    assert table.loc["a: x", ["low", "high", "kind"]].tolist() == [2 * (8 - 10), 2 * (13 - 10), "first order"]
    assert list(table.index) == ["b: y", "a: x"]


def test_swap_table_adds_up_to_the_ledger(ds) -> None:
    table = TABLES["swap-ledger"](ds, Choice())
    amount, ratio = ds["swap_amount"].values, ds["swap_ratio"].values
    assert table["built"].sum() == pytest.approx(amount.sum())
    assert table["retired"].sum() == pytest.approx((amount * ratio).sum())
    built = table[table["built"] > 0]
    assert (built["built"] * built["ratio"]).sum() == pytest.approx((amount * ratio).sum())
    none = ds.copy()
    none["swap_amount"] = none["swap_amount"] * 0
    with pytest.raises(UsageError, match="no capacity was swapped"):
        TABLES["swap-ledger"](none, Choice())


def test_flow_table_closes_at_every_commodity(ds) -> None:
    table = TABLES["flows"](ds, Choice(period=2031))
    for name in map(str, ds["commodity"].values):
        own = [table.loc[table[side] == name, "value"].sum() for side in ("source", "target")]
        assert own[0] == pytest.approx(own[1], rel=1e-9), name
    with pytest.raises(UsageError, match="no period 1999"):
        TABLES["flows"](ds, Choice(period=1999))


def test_scenarios_stand_beside_each_other(ds) -> None:
    other = ds.copy()
    other.attrs = {**ds.attrs, "scenario_name": "other"}
    table = TABLES["scenarios"](ds, Choice(base=other, others=(other.assign_attrs(scenario_name="third"),)))
    direct = ds["ledger"].sel(ledger_name="direct_co2").sum(("region", "sector")).values
    assert list(dict.fromkeys(table["scenario"])) == ["mini", "other", "third"]
    np.testing.assert_allclose(table.loc[table["scenario"] == "third", "value"], direct)
    assert (table.groupby("scenario")["peak"].sum() == 1).all()


def cube() -> xr.Dataset:
    """Four members over two axes, one without a solution."""
    made = xr.Dataset(
        {
            "system_cost": ("scenario", [1.0, 2.0, np.nan, 4.0], {"units": "MCNY2023"}),
            "status": ("scenario", np.array(["optimal", "optimal", "infeasible", "optimal"], dtype=object)),
        },
        {"scenario": ["a", "b", "c", "d"]},
        {"title": "S", "peakmix_version": "0", "plan": "abc", "certified": 0},
    )
    for name, values in (("tax", [0.0, 0.0, 1.0, 1.0]), ("cap", [0.7, 1.0, 0.7, 1.0])):
        made = made.assign_coords({name: ("scenario", values, {"target": name})})
    return made


def test_heat_table_is_the_cube() -> None:
    table = TABLES["heat-map"](cube(), Choice())
    assert table["value"].fillna(-1).tolist() == [1, 2, -1, 4]
    with pytest.raises(UsageError, match="two axes"):
        TABLES["heat-map"](cube(), Choice(axes=("tax",)))
    with pytest.raises(UsageError, match="no single number"):
        TABLES["heat-map"](cube(), Choice(field="activity"))


@drawn
def test_cells_without_a_solution_are_hatched() -> None:
    axis = FIGURES["heat-map"](cube(), Choice()).axes[0]
    hatched = [(bar.get_x() + bar.get_width() / 2, bar.get_y() + 0.5) for bar in axis.patches if bar.get_hatch()]
    assert hatched == [(1.0, 0.0)]
    assert {text.get_text() for text in axis.texts} == {"1", "2", "4"}
    importlib.import_module("matplotlib.pyplot").close("all")


@drawn
def test_every_text_of_a_chinese_figure_names_a_chinese_font(ds) -> None:
    families = canvas.font("zh")["font.sans-serif"]
    figure = FIGURES["flows"](ds, Choice(language="zh"))
    texts = figure.findobj(importlib.import_module("matplotlib.text").Text)
    assert texts
    assert all(text.get_fontfamily() == families for text in texts)
    importlib.import_module("matplotlib.pyplot").close("all")


@drawn
def test_supply_and_use_of_allowances_are_equal() -> None:
    dataset = solve_prepared(tiny.market(), False).dataset
    table = TABLES["market-balance"](dataset, Choice())
    amounts = table[table["flow"] != "price"]
    assert amounts["value"].max() > 0
    assert amounts.groupby(["policy", "period"])["value"].sum().abs().max() < 1e-8
    given = compliance(dataset, totals=False)["given"].sum()
    assert amounts.loc[amounts["flow"] == "given", "value"].sum() == pytest.approx(given)
    figure = FIGURES["market-balance"](dataset, Choice())
    heights = [bar.get_height() for axis in figure.axes for bar in axis.patches if hasattr(bar, "get_height")]
    assert sum(heights) == pytest.approx(0.0, abs=1e-8)
    assert sum(map(abs, heights)) == pytest.approx(amounts["value"].abs().sum())
    importlib.import_module("matplotlib.pyplot").close("all")
