"""The report as text and numbers: its figures equal the dataset, it holds everything itself, its words are in both languages."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml
from tests.math import tiny
from tests.unit.test_sweep_engine import BASE

from peakmix import api
from peakmix.analysis import flows
from peakmix.analysis.compliance import compliance
from peakmix.analysis.payers import payer_totals
from peakmix.analysis.report import charts, headline, tables
from peakmix.analysis.report.page import inlined, report
from peakmix.analysis.words import CHINESE
from peakmix.api.running import solve_prepared
from peakmix.cli import main as cli
from peakmix.foundation.errors import UsageError

ASSETS = Path(charts.__file__).parent


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> tuple[xr.Dataset, xr.Dataset, Path]:
    folder = tmp_path_factory.mktemp("report")
    (folder / "base.yaml").write_text(yaml.safe_dump({"name": "base", "title": "Base", **BASE}))
    tight = {"name": "tight", "title": "Tight </script> one", "extends": ["base.yaml"], "policies": {"cap": {"slack_price": 90}}}
    (folder / "tight.yaml").write_text(yaml.safe_dump(tight))
    made = [api.run(folder / f"{name}.yaml", out=folder) for name in ("base", "tight")]
    return api.open(made[0].path), api.open(made[1].path), folder


def chart(found: list[dict[str, Any]], ident: str) -> dict[str, Any]:
    return next(one for one in found if one["id"] == ident)


def test_mix_sums_to_the_activity_of_the_dataset(results: tuple[xr.Dataset, xr.Dataset, Path]) -> None:
    dataset = results[1]
    total = sum(np.array(s["values"]) for g in charts.technology_mix(dataset, "en")["groups"] for s in g["series"])
    assert np.allclose(total, dataset["activity"].sum("technology").transpose("region", "period").values, rtol=1e-6)


def test_ledgers_turnover_and_cost_equal_the_dataset(results: tuple[xr.Dataset, xr.Dataset, Path]) -> None:
    base, dataset, _ = results
    path = charts.ledgers(dataset, "en", base)
    direct = next(g for g in path["groups"] if g["label"] == "direct CO2")
    assert np.allclose(
        sum(np.array(s["values"]) for s in direct["series"]),
        dataset["ledger"].sel(ledger_name="direct_co2").sum("sector").transpose("region", "period").values, rtol=1e-6,
    )  # fmt: skip
    other = base["ledger"].sel(ledger_name="direct_co2").sum(("region", "sector")).values
    assert np.allclose(direct["base"]["values"], other, rtol=1e-6)
    money = charts.cost(dataset, "en")["groups"][0]
    assert sum(np.array(s["values"]).sum() for s in money["series"]) == pytest.approx(float(dataset["objective"]), rel=1e-6)
    built = [s for g in charts.turnover(dataset, "en")["groups"] for s in g["series"] if s["label"] == "built"]
    assert sum(np.array(s["values"]).sum() for s in built) == pytest.approx(float(dataset["new_capacity"].sum()), rel=1e-6)


def test_flows_close_and_the_rest_is_what_stockpiles_take(results: tuple[xr.Dataset, xr.Dataset, Path]) -> None:
    """Over all places in - out = (stockpile at the end - before) / years for a commodity without losses of trade: scrap."""
    dataset = results[1]
    stock, years = dataset["stockpile"].sel(commodity="scrap").sum("region").values, dataset["period_length"].values
    rest = []
    for period in dataset["period"].values.tolist():
        found = list(flows.flows(dataset, period, "Mt/yr")) + list(flows.flows(dataset, period, "PJ/yr"))
        commodities = {end for flow in found for end in flow[:2]} & set(map(str, dataset["commodity"].values))
        for name in commodities:
            into, out = (sum(f[2] for f in found if f[side] == name) for side in (1, 0))
            assert into == pytest.approx(out, rel=1e-6), (name, period)
        rest.append(sum((f[1] == flows.REST) * f[2] - (f[0] == flows.REST) * f[2] for f in found if "scrap" in f[:2]))
    assert np.allclose((np.array(rest) * years)[1:], np.diff(stock), atol=1e-6)
    assert abs(np.diff(stock)).max() > 0.1


def test_cards_say_what_the_dataset_says(results: tuple[xr.Dataset, xr.Dataset, Path]) -> None:
    base, dataset, _ = results
    told = {card["label"]: card for card in headline.cards(dataset, "en", base)}
    assert told["System cost"]["value"] == f"{float(dataset['system_cost']) / 1000:,.1f}"
    assert f"{float(dataset['system_cost']) / float(base['system_cost']) - 1:+.2%}" in told["System cost"]["note"]
    assert "cap" in told["Targets exceeded at a price"]["note"]
    assert "Targets exceeded at a price" not in {card["label"] for card in headline.cards(base, "en")}


def test_policy_sheet_has_every_row_and_marks_the_felt_ones(results: tuple[xr.Dataset, xr.Dataset, Path]) -> None:
    dataset = results[1]
    made = tables.policies(dataset, "en")
    assert len(made["rows"]) == dataset.sizes["policy_row"] == len(made["felt"])
    prices = np.nan_to_num(dataset["policy_price"].values)
    assert all(flag for flag, price in zip(made["felt"], prices, strict=True) if abs(price) > 1e-6)
    assert 0 < sum(made["felt"]) < len(made["felt"])


def weak_numbers() -> pd.DataFrame:
    """What the command sensitivity writes: one number solved again, one with its slope alone."""
    frame = pd.DataFrame({"table": ["prices", "flows"], "key": ["coal", "power"], "value": [10.0, 4.0], "low": [8.0, 1.0]})
    frame["high"], frame["slope"], frame["effect"], frame["grade"] = [13.0, 5.0], [2.0, -5.0], [10.0, 20.0], ["B", "C"]
    frame["change_low"], frame["change_high"] = [np.nan, 18.0], [np.nan, -4.0]
    return frame


def test_tornado_and_payers_are_the_numbers(results: tuple[xr.Dataset, xr.Dataset, Path]) -> None:
    dataset = results[1]
    drawn = charts.tornado(dataset, "en", weak_numbers())["groups"][0]
    assert drawn["names"] == ["flows: power (C)", "prices: coal (B)"]
    assert [bar["values"] for bar in drawn["bars"]] == [[18.0, -4.0], [-4.0, 6.0]]
    told = tables.weak_numbers(weak_numbers().assign(place="data/prices.csv:3", note=""), "en")
    assert "place" not in [column["label"] for column in told["columns"]]
    made = {one["id"]: one for one in tables.books(dataset, "en")}
    at = [column["label"] for column in made["payers"]["columns"]].index("value")
    total = payer_totals(dataset)["value"].sum()
    assert sum(row[at] for row in made["payers"]["rows"]) == pytest.approx(total, rel=1e-6)
    assert set(made) == {"payers"}
    market = solve_prepared(tiny.market(), False).dataset
    told = next(one for one in tables.books(market, "en") if one["id"] == "compliance")
    assert len(told["rows"]) == len(compliance(market))


def test_page_fetches_nothing_and_text_cannot_end_a_script(results: tuple[xr.Dataset, xr.Dataset, Path]) -> None:
    page = report(results[1], "en", results[0])
    own = page[: page.index("<script>")] + page[page.index('<script type="application/json"') :]
    assert not re.search(r'(src|href)="(?!#)', own)
    assert "http" not in re.sub(r'"[^"]*https?:[^"]*"', "", (ASSETS / "assets" / "report.js").read_text())
    assert inlined({"a": "</script>"}) == '{"a":"\\u003c/script>"}'
    assert page.count("</script>") == 3
    payload = json.loads(re.search(r'id="payload">(.*?)</script>', page, re.S)[1])  # type: ignore[index]
    assert payload["periods"]["first"] == results[1]["period"].values.tolist()


def test_chinese_page_has_no_english_heading(results: tuple[xr.Dataset, xr.Dataset, Path]) -> None:
    page = report(results[1], "zh", results[0])
    heads = re.findall(r"<h2>(.*?)</h2>|<h3>(.*?)</h3>|<figcaption>(.*?)</figcaption>", page, re.S)
    titles = [next(part for part in found if part) for found in heads]
    assert len(titles) > 10
    assert all(re.search(r"[\u4e00-\u9fff]", title) for title in titles), titles


def test_every_word_asked_for_has_a_chinese_one() -> None:
    asked = set()
    for path in ASSETS.glob("*.py"):
        asked |= set(re.findall(r'word\(language, "([^"]+)"\)', path.read_text(encoding="utf-8")))
    assert asked
    assert asked <= set(CHINESE), sorted(asked - set(CHINESE))


def test_wrong_language_and_missing_packages(results: tuple[xr.Dataset, xr.Dataset, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="no report in 'fr'"):
        report(results[0], "fr")

    def missing(name: str, package: str | None = None) -> Any:
        if name.startswith(("jinja2", "plotly")):
            raise ImportError(name)
        return real(name, package)

    real = importlib.import_module
    monkeypatch.setattr("peakmix.analysis.report.page.import_module", missing)
    with pytest.raises(UsageError, match="not installed"):
        report(results[0])


def test_command_writes_beside_the_result_and_keeps_what_is_there(
    results: tuple[xr.Dataset, xr.Dataset, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = results[2]
    arguments = ["report", str(folder / "tight.nc"), "--base", str(folder / "base.nc")]
    with pytest.raises(SystemExit) as done:
        cli.app(arguments, standalone_mode=True)
    assert done.value.code == 0
    assert (folder / "tight_report.html").stat().st_size > 1_000_000
    with pytest.raises(SystemExit) as again:
        cli.app(arguments, standalone_mode=True)
    assert again.value.code == 2
    assert "--overwrite" in capsys.readouterr().err
