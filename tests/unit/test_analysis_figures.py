"""Figures: the table behind each equals the dataset, colours stay with their technology, files are drawn where matplotlib is."""

from __future__ import annotations

import importlib
import importlib.util

import numpy as np
import pandas as pd
import pytest

from peakmix.analysis.figures import canvas
from peakmix.analysis.figures.draw import FIGURES, TABLES, Choice
from peakmix.analysis.figures.palette import COLOURS, ORDER, style
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
@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_drawn(ds, cheaper, name, tmp_path) -> None:
    figure = FIGURES[name](cheaper, Choice(base=ds))
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
    assert canvas.words("zh", "Peak") == "峰值"
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
