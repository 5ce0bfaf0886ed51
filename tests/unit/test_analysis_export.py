"""Exports: sums equal the dataset's, units are converted by hand-checked factors, names are legal, files read back."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from peakmix.analysis import iamc_names as names
from peakmix.analysis.iamc import dollars, iamc, legal, policy_prices, wide
from peakmix.analysis.writing import ANSWERS, write_csv, write_iamc, write_xlsx
from peakmix.cli import export
from peakmix.foundation.errors import UsageError
from peakmix.results.store import write_result


@pytest.fixture(scope="module")
def ds(mini_run) -> xr.Dataset:
    return mini_run.dataset


@pytest.fixture(scope="module")
def rows(ds) -> pd.DataFrame:
    return iamc(ds)


def series(rows: pd.DataFrame, variable: str, region: str = "China") -> np.ndarray:
    chosen = rows[(rows["variable"] == variable) & (rows["region"] == region)].sort_values("year")
    return chosen["value"].to_numpy()


def test_energy_is_the_ledger_in_exajoules(ds, rows) -> None:
    whole = ds["ledger"].sel(ledger_name="energy_calorific").sum(("region", "sector")).values / 1000
    np.testing.assert_allclose(series(rows, "Final Energy|Industry|Iron and Steel"), whole, rtol=1e-12)
    power = ds["net_use"].sel(sector="steel", commodity="electricity").sum("region").values * 3.6 / 1000
    coal = ds["net_use"].sel(sector="steel", commodity="coal").sum("region").values / 1000
    np.testing.assert_allclose(series(rows, "Final Energy|Industry|Iron and Steel|Electricity"), power, rtol=1e-12)
    np.testing.assert_allclose(series(rows, "Final Energy|Industry|Iron and Steel|Solids"), coal, rtol=1e-12)
    np.testing.assert_allclose(power + coal, whole, rtol=1e-9)
    assert not len(series(rows, "Final Energy|Industry|Iron and Steel|Other"))


def test_places_add_up_to_the_whole(rows) -> None:
    parts = rows[rows["region"].str.startswith("peakmix")]
    assert set(parts["region"]) == {"peakmix 0.1|East", "peakmix 0.1|West"}
    sums = parts.groupby(["variable", "year"])["value"].sum()
    whole = rows[rows["region"] == "China"].set_index(["variable", "year"])["value"].reindex(sums.index)
    np.testing.assert_allclose(sums, whole, atol=1e-12)


def test_carbon_and_technologies_equal_the_dataset(ds, rows) -> None:
    direct = ds["ledger"].sel(ledger_name="direct_co2").sum(("region", "sector"))
    np.testing.assert_allclose(series(rows, names.EMISSIONS), direct)
    blast = ds["activity"].sel(technology="blast_route").sum("region")
    np.testing.assert_allclose(series(rows, "Production|Industry|Iron and Steel|blast_route"), blast)
    added = series(rows, "Capacity Additions|Industry|Iron and Steel|scrap_route")
    np.testing.assert_allclose(added * ds["period_length"].values, ds["new_capacity"].sel(technology="scrap_route").sum("region"))


def test_other_energy_keeps_the_sum(ds) -> None:
    renamed = ds.assign_coords(commodity=[{"coal": "peat"}.get(str(c), str(c)) for c in ds["commodity"].values])
    renamed["input_key"] = renamed["input_key"].copy()
    renamed["input_key"][:] = [str(k).replace("commodity=coal", "commodity=peat") for k in renamed["input_key"].values]
    rows = iamc(renamed)
    other = series(rows, "Final Energy|Industry|Iron and Steel|Other")
    np.testing.assert_allclose(other, series(iamc(ds), "Final Energy|Industry|Iron and Steel|Solids|Coal"), rtol=1e-9)
    assert set(rows.loc[rows["variable"].str.endswith("|Other"), "extension"]) == {1}


def test_strict_leaves_official_names_only(ds) -> None:
    strict = iamc(ds, strict=True)
    assert len(strict)
    assert set(strict["extension"]) == {0}
    assert not strict["variable"].str.contains("blast_route|Covered|Capacity").any()


def _with_dollars(ds: xr.Dataset) -> xr.Dataset:
    made = ds.copy(deep=True)
    money = made["input_table"].values == "money"
    made["input_key"][money] = [str(k).replace("2020", "2010") for k in made["input_key"].values[money]]
    return made


def test_dollars_by_hand(ds) -> None:
    # 7 CNY a dollar in 2010, and 1.1 CNY of 2023 for one of 2010: 1 CNY of 2023 is 1 / 7.7 dollars of 2010
    assert dollars(_with_dollars(ds)) == pytest.approx(1 / 7.7)
    assert np.isnan(dollars(ds))


def test_carbon_price_sums_rules_on_all_direct_co2(ds) -> None:
    prices = policy_prices(ds)
    # the cap holds everywhere; the budget holds in East only; the tax is on bought power; the intensity in West
    assert {name for name, array in prices.items() if array.attrs["carbon"]} == {"cap"}
    rows = iamc(_with_dollars(ds))
    sheet = {
        int(p): float(x)
        for i, c, p, x in zip(*(ds[f"policy_{n}"].values for n in ("id", "component", "period", "price")), strict=True)
        if i == "cap" and c == "policy_limit"
    }
    expected = [sheet.get(p, 0.0) / 7.7 for p in ds["period"].values.tolist()]
    np.testing.assert_allclose(series(rows, "Price|Carbon"), expected)
    assert not len(series(iamc(ds), "Price|Carbon"))


def test_names_are_legal_and_rows_stand_once(rows) -> None:
    for column in ("model", "scenario", "region", "variable"):
        assert not rows[column].str.contains(f"[{names.ILLEGAL}]").any()
    assert legal('a;b"c') == "a_b_c"
    assert not rows.duplicated(["region", "variable", "year"]).any()
    table = wide(rows)
    assert list(table.columns) == ["Model", "Scenario", "Region", "Variable", "Unit", 2025, 2026, 2031, 2036]


def test_csv_reads_back(ds, tmp_path) -> None:
    files = write_csv(ds, tmp_path / "out")
    assert {f.stem for f in files} >= {*ANSWERS, "inputs", "sources", "about", "activity"}
    back = pd.read_csv(tmp_path / "out" / "arrays" / "trade.csv")
    assert back["value"].sum() == pytest.approx(float(ds["trade"].sum()))
    cost = pd.read_csv(tmp_path / "out" / "cost.csv")
    assert cost["value"].sum() == pytest.approx(float(ds["objective"]), rel=1e-12)


def test_iamc_file(ds, rows, tmp_path) -> None:
    first, second = write_iamc(ds, tmp_path / "x.csv")
    back = pd.read_csv(first)
    assert list(back.columns) == ["Model", "Scenario", "Region", "Variable", "Unit", "Year", "Value"]
    np.testing.assert_array_equal(back["Value"], rows["value"])
    own = set(pd.read_csv(second)["variable"])
    assert own == set(rows.loc[rows["extension"] == 1, "variable"])
    assert write_iamc(ds, tmp_path / "y.csv", strict=True) == [tmp_path / "y.csv"]


def test_workbook(ds, tmp_path) -> None:
    if importlib.util.find_spec("openpyxl") is None:
        with pytest.raises(UsageError, match="openpyxl"):
            write_xlsx(ds, tmp_path / "x.xlsx")
        return
    write_xlsx(ds, tmp_path / "x.xlsx")
    assert pd.read_excel(tmp_path / "x.xlsx", sheet_name="cost")["value"].sum() == pytest.approx(float(ds["objective"]))


def test_a_missing_library_is_said(ds, tmp_path, monkeypatch) -> None:
    def absent(name, *rest):
        if name == "openpyxl":
            raise ImportError(name)
        return plain(name, *rest)

    plain = importlib.import_module
    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(UsageError, match="not installed"):
        write_xlsx(ds, tmp_path / "x.xlsx")
    assert not list(tmp_path.iterdir())


def test_command(ds, tmp_path: Path, capsys) -> None:
    result = write_result(ds, tmp_path / "run" / "mini.nc")
    export.main(result.parent, "iamc", None, False, True, False)
    assert capsys.readouterr().out.splitlines()[0] == str(result.parent / "mini_iamc.csv")
    assert set(pd.read_csv(result.parent / "mini_iamc.csv")["Region"]) == {"China"}
    with pytest.raises(UsageError, match="exists"):
        export.main(result, "iamc", result.parent / "mini_iamc.csv", False, True, False)
    with pytest.raises(UsageError, match="not known"):
        export.main(result, "json", None, False, False, False)
    export.main(result, "csv", tmp_path / "tables", False, False, False)
    assert capsys.readouterr().out.strip() == str(tmp_path / "tables")


def test_workbook_reads_as_the_manual_says(ds, tmp_path) -> None:
    """A sheet `about`, the inputs with sources, and the pivot of `mix`: period across, technology down, sum of value."""
    write_xlsx(ds, tmp_path / "x.xlsx")
    book = importlib.import_module("openpyxl").load_workbook(tmp_path / "x.xlsx", read_only=True, data_only=True)
    assert {"about", "mix", "inputs", "sources"} <= set(book.sheetnames)
    about = {row[0]: row[1] for row in book["about"].iter_rows(values_only=True)}
    assert about["certified"] == ds.attrs["certified"]
    head, *rows = book["mix"].iter_rows(values_only=True)
    cells = [dict(zip(head, row, strict=True)) for row in rows]
    pivot: dict[tuple[str, int], float] = {}
    for cell in cells:
        key = (str(cell["technology"]), int(cell["period"]))
        pivot[key] = pivot.get(key, 0.0) + float(cell["value"])
    for (technology, period), value in pivot.items():
        assert value == pytest.approx(float(ds["activity"].sel(technology=technology, period=period).sum()), rel=1e-12)
    head, *rows = book["inputs"].iter_rows(values_only=True)
    assert all(row[head.index("source")] for row in rows)
