"""Reports opened in headless Chromium: no script error, nothing fetched, figures drawn, filters work, any width, prints."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.browser.chromium import Chromium
from tests.unit.test_report import weak_numbers
from tests.unit.test_sweep_engine import BASE

from peakmix import api
from peakmix.api.opening import open_any
from peakmix.api.sweeping import Sweep
from peakmix.sweep.collecting import collect

pytestmark = pytest.mark.browser

DRAWN = "[...document.querySelectorAll('.plot')].filter(p => p.querySelector('svg.main-svg')).length"
PLOTS = "document.querySelectorAll('.plot').length"
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    from peakmix.analysis.report.page import report
    from peakmix.analysis.report.sweep import sweep_report

    folder = tmp_path_factory.mktemp("pages")
    base = folder / "base.yaml"
    base.write_text(yaml.safe_dump({"name": "base", "title": "Base", **BASE}))
    tight = {"name": "tight", "title": "<b>Tight</b>", "extends": ["base.yaml"], "policies": {"cap": {"slack_price": 90}}}
    (folder / "tight.yaml").write_text(yaml.safe_dump(tight))
    one = api.open(api.run(base, out=folder).path)
    two = api.open(api.run(folder / "tight.yaml", out=folder).path)
    made = {"en": folder / "en.html", "zh": folder / "zh.html", "sweep": folder / "sweep.html"}
    made["en"].write_text(report(two, "en", one, weak_numbers()), encoding="utf-8")
    made["zh"].write_text(report(two, "zh", None, weak_numbers()), encoding="utf-8")
    axes = {
        "tax": {"field": "policies.tax.values", "action": "multiply", "list": [0.0, 1.0, 3.0]},
        "cap": {"field": "policies.cap.values", "action": "multiply", "list": [0.7, 1.0]},
    }
    sweep = folder / "sweep.yaml"
    sweep.write_text(yaml.safe_dump({"name": "s", "title": "S", "base": "base.yaml", "design": "product", "axes": axes}))
    run = Sweep(sweep, folder / "members")
    run.run()
    made["sweep"].write_text(sweep_report(open_any(collect(folder / "members", run.plan(), folder / "s.zarr"))), encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with Chromium(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.mark.parametrize("name", ["en", "zh", "sweep"])
@pytest.mark.parametrize("width", [1280, 390])
def test_opens_without_fault_at_any_width(pages: dict[str, Path], browser: Chromium, name: str, width: int) -> None:
    browser.open(pages[name], width)
    assert browser.ask(PLOTS) >= 2
    assert browser.ask(DRAWN) == browser.ask(PLOTS)
    assert browser.ask(WIDE) <= 0
    assert browser.faults() == []


def test_a_fault_would_be_seen(tmp_path: Path, browser: Chromium) -> None:
    page = tmp_path / "bad.html"
    page.write_text('<html data-ready="yes"><img src="http://example.org/x.png"><script>null.x</script></html>')
    browser.open(page)
    told = " ".join(browser.faults())
    assert "TypeError" in told
    assert "asked for http://example.org" in told


def test_text_of_the_scenario_is_no_markup(pages: dict[str, Path], browser: Chromium) -> None:
    browser.open(pages["en"])
    assert browser.ask("document.querySelector('h1').textContent") == "<b>Tight</b>"


def test_filters_of_the_policy_sheet(pages: dict[str, Path], browser: Chromium) -> None:
    browser.open(pages["en"])
    rows = "document.querySelectorAll('#table-policies tbody tr').length"
    mark = "document.querySelector('#table-policies input[type=checkbox]')"
    felt = browser.ask(rows)
    browser.ask(f"{mark}.click()")
    everything = browser.ask(rows)
    assert 0 < felt < everything
    search = "document.querySelector('#table-policies input[type=search]')"
    browser.ask(f"{search}.value = 'tax'; {search}.dispatchEvent(new Event('input'))")
    texts = browser.ask("[...document.querySelectorAll('#table-policies tbody tr')].map(r => r.cells[0].textContent)")
    assert set(texts) == {"tax"}


def test_tables_sort_by_a_click(pages: dict[str, Path], browser: Chromium) -> None:
    browser.open(pages["sweep"])
    head = "[...document.querySelectorAll('#table-members th')].find(h => h.textContent.startsWith('Objective'))"
    at = browser.ask(f"{head}.cellIndex")
    for click, sign in ((1, 1), (2, -1)):
        browser.ask(f"{head}.click()")
        value = f"Number(row.cells[{at}].textContent.replaceAll(',', ''))"
        values = browser.ask(f"[...document.querySelectorAll('#table-members tbody tr')].map(row => {value})")
        assert values == sorted(values, reverse=sign < 0), click


def test_choosing_a_place_changes_the_bars_to_its_part(pages: dict[str, Path], browser: Chromium) -> None:
    browser.open(pages["en"])
    plot = "document.querySelector('#chart-mix .plot')"
    total = f"{plot}.data.reduce((sum, trace) => sum + trace.y.reduce((a, b) => a + b, 0), 0)"
    select = "document.querySelectorAll('#chart-mix select')[1]"
    whole = browser.ask(total)
    parts = []
    for k in range(1, browser.ask(f"{select}.options.length")):
        browser.ask(f"{select}.value = '{k}'; {select}.dispatchEvent(new Event('change'))")
        parts.append(browser.ask(total))
    assert len(parts) > 1
    assert sum(parts) == pytest.approx(whole, rel=1e-6)


def test_tornado_has_two_bars_a_number_and_payers_stand_below_the_policies(pages: dict[str, Path], browser: Chromium) -> None:
    browser.open(pages["en"])
    plot = "document.querySelector('#chart-tornado .plot')"
    assert browser.ask(f"{plot}.querySelectorAll('.barlayer .point').length") == 4
    assert browser.ask(f"{plot}.data.map(trace => trace.x)") == [[18, -4], [-4, 6]]
    assert browser.ask("document.querySelectorAll('#table-payers tbody tr').length") > 1


def test_prints_on_paper(pages: dict[str, Path], browser: Chromium, tmp_path: Path) -> None:
    browser.open(pages["en"])
    assert browser.printed(tmp_path / "report.pdf") >= 3
    browser.call("Emulation.setEmulatedMedia", media="print")
    shown = browser.ask("[...document.querySelectorAll('.controls')].filter(c => getComputedStyle(c).display !== 'none').length")
    browser.call("Emulation.setEmulatedMedia", media="")
    assert shown == 0


FRAMES = "document.querySelectorAll('figure:not(#chart-flows) svg.main-svg')"
WIDEST = f"Math.max(...[...{FRAMES}].map(s => s.getBoundingClientRect().width))"


def test_figures_fit_on_paper(pages: dict[str, Path], browser: Chromium) -> None:
    """A4 upright has 688 px between its margins; figures are drawn anew for it, and as they were afterwards."""
    browser.open(pages["en"])
    before = browser.ask(WIDEST)
    browser.ask("dispatchEvent(new Event('beforeprint'))")
    assert browser.ask(WIDEST) <= 648 < before
    browser.ask("dispatchEvent(new Event('afterprint'))")
    assert browser.ask(WIDEST) == before


def test_rows_of_tables_are_low(pages: dict[str, Path], browser: Chromium) -> None:
    """A long text beside numbers widens its column; it does not make every row as high as a screen."""
    for name in ("en", "zh"):
        browser.open(pages[name])
        highest = browser.ask("Math.max(...[...document.querySelectorAll('#table-policies tbody tr')].map(r => r.offsetHeight))")
        assert 0 < highest < 120
