"""What all figures share: the library, the language with its font, titles and the line that says where numbers come from."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pandas as pd
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
    "Flows": "流量",
    "bought": "购入",
    "demand": "需求",
    "sold or disposed": "出售或处置",
    "stocks and losses": "库存与损耗",
    "steel": "钢铁",
    "cement": "水泥",
    "aluminium": "铝",
    "alumina": "氧化铝",
    "glass": "玻璃",
    "Capacity swaps": "产能置换",
    "built": "新建",
    "retired": "退出",
    "given up for one unit built here": "本地每新建一单位所退出的产能",
    "Allowance balance": "配额平衡",
    "price": "价格",
    "given": "发放",
    "brought": "上期结转",
    "held": "结转下期",
    "offset": "抵消",
    "ceiling": "价格上限购入",
    "floor": "价格下限售出",
    "from_bank": "自碳银行购入",
    "to_bank": "售予碳银行",
    "borrowed": "借入",
    "interest": "利息",
    "lapsed": "失效",
    "emission": "排放",
    "Abatement curve": "减排成本曲线",
    "Abated": "减排量",
    "Which numbers matter": "哪些数据重要",
    "change of the objective": "目标函数变化",
    "at low": "取低值",
    "at high": "取高值",
    "first order": "一阶近似",
    "no solution": "无解",
    "Sweep": "情景扫描",
    "Scenarios": "情景",
}


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
