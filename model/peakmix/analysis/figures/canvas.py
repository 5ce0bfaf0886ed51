"""What all figures share: the library, the language with its font, titles and the line that says where numbers come from."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pandas as pd
import xarray as xr

from peakmix.foundation.errors import UsageError
from peakmix.foundation.telling import figure

CHINESE_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "Microsoft YaHei",
    "SimHei",
    "PingFang SC",
    "Arial Unicode MS",
)


@dataclass(frozen=True)
class Choice:
    """What a figure is asked for.

    product, period    of the mix, of the supply curve and of the flows
    base, others       a second result to compare with, and further ones
    language           en or zh
    table              a table that another command wrote: of the abatement curve, of the sensitivities
    axes, field        two axes of a sweep, and the number shown over them
    """

    product: str | None = None
    period: int | None = None
    base: xr.Dataset | None = None
    language: str = "en"
    others: tuple[xr.Dataset, ...] = ()
    table: pd.DataFrame | None = None
    axes: tuple[str, ...] = ()
    field: str = "system_cost"


def years(dataset: xr.Dataset) -> tuple[Any, Any]:
    """First years and lengths of the periods."""
    return dataset["period"].values, dataset["period_length"].values


def thousands(value: float, place: int = 0) -> str:
    """A mark of an axis: 10,000 rather than 10000 or 1e4, decimals only where there are some."""
    return figure(value, digits=6)


def pyplot() -> Any:
    """The plotting library, without a window; UsageError when it is not installed."""
    try:
        import_module("matplotlib").use("Agg")
        return import_module("matplotlib.pyplot")
    except ImportError:
        rule = "figures need the package matplotlib, which is not installed"
        raise UsageError(rule, fix="install peakmix[plots]") from None


def font(language: str) -> dict[str, Any]:
    """Settings of the library for a language; UsageError when no font of the system has Chinese characters."""
    plain = {"axes.spines.top": False, "axes.spines.right": False, "hatch.linewidth": 0.5, "font.size": 9}
    if language == "en":
        return plain
    if language != "zh":
        raise UsageError(f"no figures in {language!r}", fix="en or zh")
    known = {entry.name for entry in import_module("matplotlib.font_manager").fontManager.ttflist}
    for name in CHINESE_FONTS:
        if name in known:
            return {**plain, "font.sans-serif": [name, "DejaVu Sans"], "axes.unicode_minus": False}
    raise UsageError("no font with Chinese characters is installed", fix=f"install one, such as {CHINESE_FONTS[0]}, or use en")


def sheet(language: str, width: float = 8.0, height: float = 4.5, columns: int = 1, rows: int = 1) -> tuple[Any, Any]:
    """A new figure and its axes."""
    library = pyplot()
    with library.rc_context(font(language)):
        figure, axes = library.subplots(rows, columns, figsize=(width, height), layout="constrained")
    figure.set_gid(language)
    return figure, axes


def finished(figure: Any, dataset: xr.Dataset, title: str) -> Any:
    """Title, and a footer with scenario, version and hash of the data."""
    told = dataset.attrs
    certified = "certified" if told["certified"] in ("yes", 1) else "NOT CERTIFIED"
    if "scenario_name" in told:
        footer = f"{told['scenario_name']} | {told['source']} | data {str(told['data_hash'])[:10]} | {certified}"
    else:
        footer = f"{told['title']} | peakmix {told['peakmix_version']} | plan {str(told['plan'])[:10]} | {certified}"
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    figure.supxlabel(footer, x=0.01, ha="left", fontsize=7, color="#5F5F5F")
    # the library looks families up when it draws, long after the settings of `sheet` are gone: so each text names its own
    families = font(str(figure.get_gid())).get("font.sans-serif")
    for text in figure.findobj(import_module("matplotlib.text").Text) if families else ():
        text.set_fontfamily(families)
    return figure
