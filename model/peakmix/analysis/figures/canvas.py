"""What all figures share: the library, the language with its font, titles and the line that says where numbers come from."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import xarray as xr

from peakmix.foundation.errors import UsageError

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
WORDS_ZH = {
    "Output": "产量",
    "other": "其他",
    "Direct CO2": "直接二氧化碳排放",
    "With bought power and hydrogen": "含外购电力与氢",
    "Peak": "峰值",
    "System cost": "系统成本",
    "axis cut below": "纵轴不从零开始",
    "Price of policies": "政策影子价格",
    "Cost of conserved energy": "节能成本",
    "Energy saved": "节能量",
    "static potential": "静态潜力",
    "used in the run": "模型采用",
    "period": "时期",
}


def words(language: str, text: str) -> str:
    """A label in the language of the figure."""
    return WORDS_ZH.get(text, text) if language == "zh" else text


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


def sheet(language: str, width: float = 8.0, height: float = 4.5, columns: int = 1) -> tuple[Any, Any]:
    """A new figure and its axes."""
    library = pyplot()
    with library.rc_context(font(language)):
        figure, axes = library.subplots(1, columns, figsize=(width, height), layout="constrained")
    return figure, axes


def finished(figure: Any, dataset: xr.Dataset, title: str) -> Any:
    """Title, and a footer with scenario, version and hash of the data."""
    told = dataset.attrs
    certified = "certified" if told["certified"] == "yes" else "NOT CERTIFIED"
    footer = f"{told['scenario_name']} | {told['source']} | data {str(told['data_hash'])[:10]} | {certified}"
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    figure.supxlabel(footer, x=0.01, ha="left", fontsize=7, color="#5F5F5F")
    return figure
