"""Vocabulary: arrays of a result file that are not variables of the model themselves."""

from __future__ import annotations

from peakmix.foundation.vocabulary import words

FLOW = {"cell_method": "period: mean"}
STOCK = {"cell_method": "period: point"}
TOTAL = {"cell_method": "period: sum"}

ARRAYS = words(
    "result",
    ("period_length", "period", "yr", "Length of the period", "时期长度"),
    ("period_end", "period", "yr", "Last year of the period", "时期末年"),
    ("operating_weight", "period", "yr", "Operating weight: discounted years of the period", "运行权重"),
    ("investment_weight", "period", "1", "Investment weight: discount factor of the first year", "投资权重"),
    ("activity_by_vintage", "region technology vintage period", "M{product}/yr",
     "Output of a vintage, where the recipe belongs to the vintage", "批次产量", FLOW),
    ("capacity", "region technology period", "M{product}/yr", "Live capacity", "在役产能",
     {**STOCK, "iamc": "Capacity|Industry|{technology}"}),
    ("capacity_by_vintage", "region technology vintage period", "M{product}/yr", "Live capacity of a tracked vintage",
     "批次在役产能", STOCK),
    ("retired_early", "region technology period", "M{product}/yr", "Capacity closed before its end of life",
     "提前退役产能", TOTAL),
    ("end_of_life", "region technology period", "M{product}/yr", "Capacity that reaches its end of life",
     "到期产能", TOTAL),
    ("converted", "region conversion_id period", "M{product}/yr", "Live capacity converted, all vintages",
     "改造产能", TOTAL),
    ("demand", "region commodity period", "M{commodity}/yr", "Demand served", "需求量", FLOW),
    ("net_use", "region sector commodity period", "M{commodity}/yr", "Net use of commodities by a sector",
     "行业净使用量", {**FLOW, "sign": "positive = taken in, negative = given out"}),
    ("market_emission", "region market period", "Mt/yr", "CO2 booked at a market", "市场对应二氧化碳", FLOW),
    ("price", "region commodity period", "money/{commodity}", "Price: marginal cost of one unit more of demand",
     "边际价格", {"sign": "positive = scarce; negative = a burden", "cell_method": "period: mean"}),
    ("capacity_rent", "region technology period", "money/{product}", "Scarcity rent of capacity", "产能稀缺租金", FLOW),
    ("entry_gap", "region technology period", "money/({product}/yr)",
     "What new capacity lacks to be worth building", "新建产能竞争力差距", {"cell_method": "period: point"}),
    ("cost", "cost_component cost_place period", "Mmoney", "Discounted cost; adds up to the objective",
     "贴现成本", TOTAL),
    ("annual_cost", "cost_component cost_place period", "Mmoney/yr", "Running cost of a year, not discounted",
     "年度运行成本", FLOW),
    ("overnight_investment", "region technology period", "Mmoney", "Investment of the period, not discounted",
     "投资额", TOTAL),
    ("measure_overnight_investment", "region measure_host period", "Mmoney",
     "Investment of the period in measures, not discounted", "措施投资额", TOTAL),
    ("standing_fixed_cost", "region technology period", "Mmoney",
     "Discounted fixed cost of stock that cannot close: a constant outside the objective", "存量固定成本(贴现)", TOTAL),
    ("transfer", "cost_component", "1", "Cost component that is a transfer", "是否转移支付"),
    ("objective", "", "Mmoney", "Objective: discounted cost that is minimised", "目标函数值"),
    ("system_cost", "", "Mmoney", "System cost: objective less transfers, with constant fixed cost", "系统成本"),
    ("technology_group_member", "technology_group technology", "1", "Technology belongs to the group", "技术组成员"),
)  # fmt: skip

SHEETS = words(
    "result",
    ("policy_level", "policy_row", "mixed", "Level of what the policy bounds", "政策指标水平"),
    ("policy_bound", "policy_row", "mixed", "Bound", "限值"),
    ("policy_slack_left", "policy_row", "mixed", "Room left to the bound", "剩余空间"),
    ("policy_excess", "policy_row", "mixed", "Priced excess over the bound", "超限量"),
    ("policy_price", "policy_row", "mixed", "Price in money of the year per natural unit", "影子价格"),
    ("policy_binding", "policy_row", "1", "Row is at its bound", "是否起约束"),
    ("limit_level", "limit_row", "mixed", "Level of what the limit bounds", "限额指标水平"),
    ("limit_bound", "limit_row", "mixed", "Bound", "限值"),
    ("limit_rent", "limit_row", "mixed", "Rent in money of the year per natural unit", "限额租金"),
    ("limit_binding", "limit_row", "1", "Row is at its bound", "是否起约束"),
    ("swap_amount", "swap_row", "M{product}/yr", "New capacity covered by capacity retired in the source",
     "置换产能量"),
    ("swap_ratio", "swap_row", "1", "Capacity to retire for each unit built", "置换比例"),
    ("input_value", "input_row", "mixed", "Value of an input", "输入值"),
    ("input_low", "input_row", "mixed", "Low value of an input", "输入低值"),
    ("input_high", "input_row", "mixed", "High value of an input", "输入高值"),
)

WORDS = [*ARRAYS, *SHEETS]
