"""The data set: canonical units, types, frames, hash, tree, location of the data."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from peakmix.foundation.errors import InputError, InputErrors, UsageError
from peakmix.tables import DataSet, Tree, from_frames, load
from peakmix.tables.check import RULES
from peakmix.tables.locate import data_home, data_set_root

ROOT = Path(__file__).parents[2]
MINI = ROOT / "tests" / "data" / "mini"


@pytest.fixture(scope="module")
def mini() -> DataSet:
    return load(MINI)


def cell(dataset: DataSet, table: str, column: str = "value", **keys: str | int | None) -> object:
    """The one cell of a table that the keys select."""
    frame = dataset[table]
    for name, value in keys.items():
        frame = frame[frame[name].isna()] if value is None else frame[frame[name] == value]
    assert len(frame) == 1
    return frame[column].iloc[0]


def test_values_are_in_canonical_units(mini: DataSet) -> None:
    assert cell(mini, "flows", technology="blast_route", commodity="electricity") == 0.3
    assert cell(mini, "flows", "unit", technology="blast_route", commodity="electricity") == "MWh/t"
    assert cell(mini, "flows", "unit_given", technology="blast_route", commodity="electricity") == "kWh/t"
    assert cell(mini, "flows", "value_given", technology="blast_route", commodity="electricity") == 300
    assert cell(mini, "flows", "low", technology="blast_route", commodity="electricity") == 0.25
    assert cell(mini, "stock", location="West", technology="blast_route") == 3.0
    assert cell(mini, "stock", "unit", location="West", technology="blast_route") == "Mt/yr"
    assert cell(mini, "commodity_properties", commodity="coal", property="co2_content") == pytest.approx(0.0946)
    assert cell(mini, "market_parameters", market="grid_power", parameter="price", location=None) == 500


def test_money_becomes_money_of_the_price_year(mini: DataSet) -> None:
    # 2000 CNY of 2020 x 1.1; 100 USD x 7 x 1.1
    assert cell(mini, "market_parameters", market="scrap_supply", parameter="price") == pytest.approx(2200)
    assert cell(mini, "market_parameters", market="ore_supply", parameter="price") == pytest.approx(770)
    assert cell(mini, "market_parameters", "unit", market="ore_supply", parameter="price") == "CNY2023/t"
    assert mini.money_unit == "CNY2023"


def test_blank_keys_are_none_and_years_whole(mini: DataSet) -> None:
    flows = mini["flows"]
    assert flows["location"].tolist() == [None] * len(flows)
    assert [type(year) for year in flows["build_year"].tolist() if year is not None] == [int, int]
    assert mini["stock"]["build_from"].dtype == "int64"
    assert mini["locations"]["parent"].tolist() == [None, "Land", "Land"]


def test_rows_know_their_place(mini: DataSet) -> None:
    assert mini["flows"]["_file"].unique().tolist() == ["flows.csv"]
    assert mini["flows"]["_line"].tolist() == list(range(2, 9))
    place = mini.place("flows", 1, "value")
    assert (place.line, place.column, place.value) == (3, "value", "300")
    assert place.file.endswith("mini/flows.csv")


def test_absent_tables_are_empty_with_their_columns(mini: DataSet) -> None:
    frame = mini["stockpiles"]
    assert len(frame) == 0
    assert list(frame.columns[:5]) == ["commodity", "parameter", "location", "year", "value"]
    assert {"unit_given", "_file", "_line"} <= set(frame.columns)
    with pytest.raises(KeyError, match="'stockpiles'"):
        mini["stockpile"]


def test_lookups(mini: DataSet) -> None:
    assert mini.products == {"blast_route": "steel", "scrap_route": "steel"}
    assert mini.natural_units["electricity"] == "MWh"
    assert mini.groups["steelmaking"] == ("blast_route", "scrap_route")
    assert mini.groups["scrap_route"] == ("scrap_route",)
    assert mini.places.path("West") == ("West", "Land")


def test_parts_in_folders_are_one_table(mini: DataSet, tmp_path: Path) -> None:
    root = Path(shutil.copytree(MINI, tmp_path / "set"))
    lines = (root / "flows.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    for part, rows in (("a", lines[1:4]), ("b", lines[4:])):
        (root / part).mkdir()
        (root / part / "flows.csv").write_text("".join([lines[0], *rows]), encoding="utf-8")
    (root / "flows.csv").unlink()
    parted = load(root)
    columns = [name for name in mini["flows"].columns if not name.startswith("_")]
    pd.testing.assert_frame_equal(parted["flows"][columns], mini["flows"][columns])
    assert parted["flows"]["_file"].unique().tolist() == ["a/flows.csv", "b/flows.csv"]
    assert parted.hash != mini.hash


def test_the_hash_follows_the_bytes_not_the_place(mini: DataSet, tmp_path: Path) -> None:
    root = Path(shutil.copytree(MINI, tmp_path / "elsewhere"))
    assert load(root).hash == mini.hash
    path = root / "flows.csv"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert load(root).hash == mini.hash
    path.write_bytes(path.read_bytes().replace(b"18,GJ/t", b"18.0,GJ/t"))
    assert load(root).hash != mini.hash


def test_a_byte_order_mark_is_accepted(tmp_path: Path, mini: DataSet) -> None:
    root = Path(shutil.copytree(MINI, tmp_path / "set"))
    path = root / "sectors.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load(root)["sectors"]["sector"].tolist() == ["steel"]


def test_frames_replace_tables(mini: DataSet) -> None:
    frame = mini["flows"].copy()
    frame.loc[frame["commodity"] == "coal", ["value", "low", "high"]] = [17.0, 16.0, 18.0]
    changed = load(MINI, frames={"flows": frame})
    assert cell(changed, "flows", technology="blast_route", commodity="coal") == 17
    assert cell(changed, "flows", "_file", technology="blast_route", commodity="coal") == "frame:flows"
    assert changed.hash != mini.hash
    others = [name for name in mini.tables if name != "flows"]
    assert all(mini[name].equals(changed[name]) for name in others)


def test_errors_in_frames_name_the_row(mini: DataSet) -> None:
    frame = mini["flows"].copy()
    frame.loc[frame.index[1], "value"] = float("nan")
    with pytest.raises(InputErrors) as caught:
        load(MINI, frames={"flows": frame})
    (error,) = caught.value.errors
    assert (error.place.file, error.place.line, error.place.column) == ("frame:flows", 2, "value")
    assert "missing is never read as zero" in error.rule


def test_unknown_frames_and_columns_are_refused(mini: DataSet) -> None:
    with pytest.raises(InputErrors, match="the name of a frame is the name of a table"):
        load(MINI, frames={"flow": mini["flows"]})
    with pytest.raises(InputErrors, match="schema of flows"):
        load(MINI, frames={"flows": mini["flows"].assign(valeu=1)})


def small_frames() -> dict[str, pd.DataFrame]:
    """One place, one product, one free technology, one fuel bought."""
    return {
        "locations": pd.DataFrame({"location": ["Here"], "level": ["nation"]}),
        "sectors": pd.DataFrame({"sector": ["heat"], "name": ["Heat"]}),
        "commodities": pd.DataFrame(
            {"commodity": ["gas", "heat"], "kind": ["energy", "energy"], "unit": ["GJ", "GJ"], "name": ["Gas", "Heat"]}
        ),
        "technologies": pd.DataFrame(
            {
                "technology": ["boiler"],
                "sector": ["heat"],
                "product": ["heat"],
                "capacity": ["no"],
                "new_build": ["no"],
                "retire": ["none"],
                "name": ["Boiler"],
            }
        ),
        "flows": pd.DataFrame(
            {"technology": ["boiler"], "commodity": ["gas"], "direction": ["input"], "value": [1.1], "unit": ["GJ/GJ"]}
        ),
        "markets": pd.DataFrame(
            {"market": ["gas"], "commodity": ["gas"], "direction": ["buy"], "scope": ["none"], "name": ["Gas"]}
        ),
        "market_parameters": pd.DataFrame(
            {"market": ["gas"], "parameter": ["price"], "value": [36.0], "unit": ["USD/MWh"]}
        ),
        "demand": pd.DataFrame(
            {"location": ["Here"], "commodity": ["heat"], "year": [2020], "value": [5], "unit": ["PJ/yr"]}
        ),
    }


def test_a_data_set_of_frames_alone() -> None:
    dataset = from_frames(small_frames(), title="Heat", money="USD")
    assert cell(dataset, "market_parameters", parameter="price") == pytest.approx(10)
    assert cell(dataset, "market_parameters", "unit", parameter="price") == "USD/GJ"
    assert cell(dataset, "flows", "low") == 1.1
    assert cell(dataset, "flows", "source") == "frame"
    assert dataset.root is None
    with pytest.raises(InputErrors, match=r"frame:market_parameters row 1: column 'unit' = 'USD/MWh'"):
        from_frames(small_frames(), title="Heat", money="USD", price_year=2020)


def test_unchecked_loading_leaves_out_the_rules(tmp_path: Path) -> None:
    root = Path(shutil.copytree(MINI, tmp_path / "set"))
    (root / "demand_shares.csv").unlink()
    (root / "demand.csv").unlink()
    assert len(load(root, check=False)["demand"]) == 0
    with pytest.raises(InputErrors, match="otherwise the optimum is to make nothing"):
        load(root)


def test_notices_are_kept(tmp_path: Path) -> None:
    root = Path(shutil.copytree(MINI, tmp_path / "set"))
    (root / "balance_residuals.csv").unlink()
    rules = [notice.rule for notice in load(root).notices]
    assert len(rules) == 2
    # blast route: 1.6 t of ore in, 1 t of steel and 0.3 t of slag out
    assert any(
        rule.startswith("the mass balance of 2 recipes is open") and "blast_route 0.19" in rule for rule in rules
    )
    assert any(rule.startswith("the energy balance of 2 recipes") for rule in rules)


def test_soft_range_gives_a_notice(tmp_path: Path) -> None:
    root = Path(shutil.copytree(MINI, tmp_path / "set"))
    path = root / "sanity.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("0,50,1000,5000", "0,350,1000,5000"), encoding="utf-8")
    (notice,) = load(root).notices
    assert (notice.place.line, notice.place.value) == (3, "300")
    assert "soft_low of 350 kWh/t" in notice.rule


def test_base_activity_may_exceed_the_stock_by_its_tolerance(tmp_path: Path) -> None:
    # West can make 3 x 0.95 = 2.85 Mt; 2.9 less 2 % is 2.842
    root = Path(shutil.copytree(MINI, tmp_path / "set"))
    path = root / "base_activity.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("2.5,Mt/yr,2.4,2.6", "2.9,Mt/yr,2.8,3"), encoding="utf-8")
    assert load(root).notices == ()


def test_rules_are_listed() -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names) >= 20
    assert all(rule.meaning and rule.function.__doc__ for rule in RULES)


def test_tree() -> None:
    tree = Tree({"Land": None, "East": "Land", "Port": "East", "West": "Land"})
    assert tree.root == "Land"
    assert tree.path("Port") == ("Port", "East", "Land")
    assert tree.subtree("East") == ("East", "Port")
    assert tree.leaves() == ("West", "Port")
    assert tree.depth("Port") == 2
    assert tree.cycles() == []
    assert Tree({"a": "b", "b": "a", "c": "a", "d": None}).cycles() == ["a", "b", "c"]


def test_finding_the_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PEAKMIX_DATA", raising=False)
    monkeypatch.chdir(ROOT / "tests")
    assert data_home() == ROOT / "data"
    monkeypatch.chdir(tmp_path)
    assert (data_home() / "schema").is_dir()
    monkeypatch.setenv("PEAKMIX_DATA", str(tmp_path))
    with pytest.raises(UsageError, match="holds a folder schema/"):
        data_home()
    (tmp_path / "schema").mkdir()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "dataset.yaml").write_text("title: Mine\nmoney: CNY\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path / "schema")
    assert data_set_root("mine") == tmp_path / "mine"
    with pytest.raises(InputError, match="nearest known: 'mine'"):
        data_set_root("mien")
    with pytest.raises(InputError, match=r"has a file dataset.yaml at its root"):
        data_set_root(tmp_path / "schema")
