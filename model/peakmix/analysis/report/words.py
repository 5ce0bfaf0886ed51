"""Words of the report in English and Chinese; what has no Chinese word here stays English."""

from __future__ import annotations

from collections.abc import Mapping

import xarray as xr

from peakmix.foundation.errors import UsageError

LANGUAGES = ("en", "zh")
CHINESE: Mapping[str, str] = {
    "Report": "报告",
    "Headlines": "要点",
    "Figures": "图",
    "Policies": "政策",
    "Look twice": "需复核之处",
    "Compared with": "与基准比较",
    "Weak numbers": "薄弱数据",
    "Data": "数据",
    "Provenance and certificate": "来源与核验",
    "Sources": "出处",
    "certified": "已核验",
    "NOT CERTIFIED": "未通过核验",
    "System cost": "系统成本",
    "Objective": "目标函数值",
    "Direct CO2, highest": "直接二氧化碳排放峰值",
    "Direct CO2": "直接二氧化碳排放",
    "Energy, coal equivalent": "能耗（标煤）",
    "Policy rows that bind": "起约束的政策行",
    "Targets exceeded at a price": "按价超出的目标",
    "Rows of grade C": "丙级（判断）数据占比",
    "discounted": "贴现",
    "in the period from": "所在时期首年",
    "of": "共",
    "more than the base": "较基准变化",
    "none": "无",
    "Technology mix": "技术结构",
    "Emissions and energy": "排放与能耗",
    "Energy by carrier": "分品种能耗",
    "Capacity built and closed": "产能新建与退出",
    "Cost by component": "分项成本",
    "Price of policies": "政策影子价格",
    "Cost of conserved energy": "节能供给曲线",
    "Capacity swaps": "产能置换",
    "Flows of energy and materials": "能量与物料流",
    "Allowance accounts": "配额账户",
    "Cost difference to the base": "与基准的成本差",
    "Difference": "差异",
    "product": "产品",
    "place": "地区",
    "ledger": "账目",
    "sector": "行业",
    "account": "账户",
    "period": "时期",
    "policy": "政策",
    "bounded": "受约束量",
    "unit": "单位",
    "all": "全部",
    "absolute": "绝对值",
    "share": "占比",
    "other": "其他",
    "built": "新建",
    "closed early": "提前退役",
    "end of life": "到期",
    "retired": "退出",
    "peak": "峰值",
    "base": "基准",
    "used in the run": "模型采用",
    "static potential": "静态潜力",
    "energy saved": "节能量",
    "cost": "成本",
    "search": "搜索",
    "felt only": "只看起作用的",
    "more rows": "更多行",
    "rows": "行",
    "download table": "下载表格",
    "instrument": "政策工具",
    "rule": "规则",
    "case": "类别",
    "level": "水平",
    "bound": "限值",
    "slack": "剩余空间",
    "excess": "超出量",
    "price": "价格",
    "price unit": "价格单位",
    "binding": "起约束",
    "payer": "支付方",
    "source": "来源",
    "table": "数据表",
    "key": "键",
    "value": "值",
    "low": "低值",
    "high": "高值",
    "grade": "等级",
    "note": "说明",
    "component": "成本项",
    "difference": "差",
    "citation": "出处",
    "attribute": "属性",
    "setting": "设定",
    "kind": "类型",
    "share of rows": "行数占比",
    "Settings that differ": "不同的设定",
    "Inputs that differ": "不同的输入",
    "Policies that changed their hold": "约束状态变化的政策",
    "Cost difference": "成本差",
    "Inputs of the run": "模型输入",
    "Rows by grade": "各等级数据",
    "Resolved scenario": "完整情景设定",
    "Policy sheet": "政策表",
    "step": "步骤",
    "Members": "情景成员",
    "Outcomes": "结果",
    "member": "成员",
    "status": "状态",
    "reason": "原因",
    "across": "横轴",
    "upward": "纵轴",
    "colour": "颜色",
    "solved and certified": "已求解并核验",
    "Members not solved": "未求解的成员",
    "Two axes": "双轴图",
    "built in": "建于",
    "bought": "购入",
    "sold or disposed": "出售或处置",
    "demand": "需求",
    "stocks and losses": "库存与损耗",
    "alumina": "氧化铝",
    "aluminium": "铝",
    "steel": "钢铁",
    "cement": "水泥",
    "glass": "玻璃",
    "purchased": "外购",
    "direct co2": "直接二氧化碳",
    "purchased power co2": "外购电力二氧化碳",
    "purchased heat co2": "外购热力二氧化碳",
    "hydrogen power co2": "制氢用电二氧化碳",
    "upstream co2": "上游二氧化碳",
    "process co2": "过程二氧化碳",
    "captured co2": "捕集的二氧化碳",
    "energy calorific": "能耗（热值）",
    "energy coal equivalent": "能耗（标煤）",
    "investment": "投资",
    "fixed": "固定成本",
    "variable": "可变成本",
    "purchases": "购买",
    "sales": "销售",
    "disposal": "处置",
    "freight": "运输",
    "conversion": "改造",
    "closure": "关停",
    "policy transfer": "政策转移支付",
    "policy cost": "政策成本",
    "measure investment": "措施投资",
    "measure fixed": "措施固定成本",
    "measure variable": "措施可变成本",
    "Peak year": "达峰年份",
    "Sentences in this part are in English.": "本部分为英文。",
    "This page needs JavaScript for its figures and filters.": "图表与筛选需要 JavaScript。",
}


def chosen(language: str) -> str:
    """The language, checked."""
    if language not in LANGUAGES:
        raise UsageError(f"no report in {language!r}", fix=" or ".join(LANGUAGES))
    return language


def word(language: str, text: str) -> str:
    """A word of the page in its language."""
    return CHINESE.get(text, text) if language == "zh" else text


def names(dataset: xr.Dataset, dim: str, language: str) -> dict[str, str]:
    """What labels of a dimension are called; the label itself where the result has no name for it."""
    beside = {"en": (f"{dim}_name",), "zh": (f"{dim}_name_zh", f"{dim}_name")}[language]
    labels = [str(label) for label in dataset[dim].values]
    for name in beside:
        if name in dataset:
            told = [str(value) for value in dataset[name].values]
            return {label: text or label for label, text in zip(labels, told, strict=True)}
    return {label: label.replace("_", " ") for label in labels}
