"""Words of the report and the figures in Chinese; names of the model have theirs in the vocabulary, places in the file."""

from __future__ import annotations

import re
from collections.abc import Mapping

import xarray as xr

from peakmix.foundation.errors import UsageError
from peakmix.foundation.vocabulary import Kind, find

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
    "process co2": "过程二氧化碳",
    "captured co2": "捕集的二氧化碳",
    "Peak year": "达峰年份",
    "Change of the objective": "目标函数变化",
    "at low": "取低值",
    "at high": "取高值",
    "Cost by payer": "按支付方的成本",
    "Compliance report": "履约报告",
    "Loan book": "贷款台账",
    "own": "自有",
    "paid": "支出转移",
    "received": "收到转移",
    "rank": "序号",
    "slope": "斜率",
    "effect": "影响",
    "side": "方向",
    "change low": "取低值时的变化",
    "change high": "取高值时的变化",
    "This page needs JavaScript for its figures and filters.": "图表与筛选需要 JavaScript。",
    "Output": "产量",
    "With bought power and hydrogen": "含外购电力与氢",
    "Peak": "峰值",
    "axis cut below": "纵轴不从零开始",
    "Energy saved": "节能量",
    "Flows": "流量",
    "given up for one unit built here": "本地每新建一单位所退出的产能",
    "Allowance balance": "配额平衡",
    "given": "发放",
    "brought": "上期结转",
    "held": "结转下期",
    "offset": "抵消",
    "ceiling": "价格上限购入",
    "auction": "拍卖购入",
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
    "first order": "一阶近似",
    "no solution": "无解",
    "Sweep": "情景扫描",
    "Scenarios": "情景",
    "scope": "范围",
    "policies": "项政策",
    "check": "检验",
    "tolerance": "容差",
    "worst": "最差处",
    "everywhere": "各地",
    "government": "政府",
    "operators": "运营企业",
    "builders": "新建方",
    "emitters above their allocation": "排放超出配额者",
    "investors": "投资方",
    "who earn it": "由其获得",
    "capacity credits": "产能指标",
    "additions": "新增产能",
    "energy": "能耗",
    "output": "产量",
    "with power and hydrogen": "含外购电力与氢",
    "opening": "期初",
    "drawn": "提取",
    "repaid": "偿还",
    "revalued": "汇率重估",
    "closing": "期末",
    "interest paid": "付息",
    "line": "贷款项",
    "years": "年数",
    "allocation": "配额发放",
    "the horizon": "整个规划期",
    "quantity": "数量",
    "plan": "计划",
    "objective": "目标函数值",
    "system cost": "系统成本",
    "rows": "行",
    "surplus": "盈余",
    "sold": "卖出",
    "marketed": "盈余企业卖出",
    "lent": "期末借入",
    "inventory": "碳银行库存",
    "service": "偿付额",
    "closed": "提前关停部分",
    "enterprises": "企业",
    "technology": "技术",
    "ratio": "置换比例",
    "row": "约束行",
    "price a": "A 的价格",
    "price b": "B 的价格",
    "a": "A",
    "b": "B",
    "binding only in A": "仅在 A 中起约束",
    "binding only in B": "仅在 B 中起约束",
    "delivery": "运输与交付",
    "lender": "贷款方",
    "investor": "投资方",
    "not attributed": "未归属",
    "optimal": "最优",
    "infeasible": "无可行解",
    "became binding": "变为起约束",
    "became free": "变为不起约束",
    "changed": "改变",
    "added": "新增",
    "removed": "删除",
    "asset": "资产",
    "direct": "直接排放",
    "Number": "数据",
    "First order: slope of the optimum times the distance to low and to high; other inputs stay.":
        "一阶近似：最优值的斜率乘以到低值、高值的距离，其他输入不变。",
}

KINDS: tuple[Kind, ...] = ("cost", "ledger", "indicator", "result", "variable", "row")
"""Kinds of names that stand in tables and figures as they are called, the first that has one wins."""


def chosen(language: str) -> str:
    """The language, checked."""
    if language not in LANGUAGES:
        raise UsageError(f"no report in {language!r}", fix=" or ".join(LANGUAGES))
    return language


def word(language: str, text: str) -> str:
    """A word in its language: of the page, otherwise the Chinese name of the vocabulary, otherwise as it is."""
    if language != "zh":
        return re.sub(r"\bco2\b", "CO2", text)
    return CHINESE.get(text) or _vocabulary(text) or text


def _vocabulary(text: str) -> str:
    """Chinese name of a component, ledger or indicator; an empty text where the vocabulary has none."""
    found = {entry.kind: entry.long_name_zh for entry in find(text.replace(" ", "_"))}
    return next((found[kind] for kind in KINDS if kind in found), "")


def names(dataset: xr.Dataset, dim: str, language: str) -> dict[str, str]:
    """What labels of a dimension are called; the label itself where the result has no name for it."""
    beside = {"en": (f"{dim}_name",), "zh": (f"{dim}_name_zh", f"{dim}_name")}[language]
    labels = [str(label) for label in dataset[dim].values]
    for name in beside:
        if name in dataset:
            told = [str(value) for value in dataset[name].values]
            return {label: text or label for label, text in zip(labels, told, strict=True)}
    return {label: word(language, label.replace("_", " ")) for label in labels}


def phrase(dataset: xr.Dataset, language: str, text: str) -> str:
    """A phrase of a table, such as who pays or where a policy holds: each of its words in the language.

    Places, sectors and technologies have their names in the file; what has no Chinese word stays as it is.
    """
    if language != "zh":
        return text
    called = {label: name for dim in ("region", "technology", "commodity") for label, name in names(dataset, dim, language).items()}
    parts = re.split(r"(; |, | \(|\))", text)
    marks = {"; ": "；", ", ": "、", " (": "（", ")": "）"}
    return "".join(marks.get(part) or called.get(part) or word(language, part) for part in parts if part)
