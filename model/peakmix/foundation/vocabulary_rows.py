"""Vocabulary: rows of the model, what their duals mean and how they become prices.

Prices of inequalities are stated >= 0; those of balances are signed, positive = scarce.
"""

from __future__ import annotations

from peakmix.foundation.vocabulary import words

YEARLY = {"weight": "annual"}
ONCE = {"weight": "one_off"}

FAMILIES = words(
    "row",
    ("stock_balance", "region technology vintage period", "M{product}/yr", "Stock of a vintage from period to period",
     "批次产能平衡", {"dual": "worth of a tonne of live capacity of the vintage for the rest of its life", **ONCE,
                "dual_unit": "money/({product}/yr)"}),
    ("entering", "region technology period", "M{product}/yr", "Capacity that enters", "进入产能",
     {"dual": "worth of a tonne of entering capacity", **ONCE, "dual_unit": "money/({product}/yr)"}),
    ("renewal_limit", "region technology period", "M{product}/yr", "Only what reaches its end of life is renewed",
     "更新上限", {"dual": "worth of one more tonne of capacity that may be renewed", **ONCE,
               "dual_unit": "money/({product}/yr)"}),
    ("conversion_cap", "region conversion_id period", "M{product}/yr", "Largest capacity converted in the period",
     "改造上限", {"dual": "worth of one more tonne that may be converted", **ONCE,
     "dual_unit": "money/({product}/yr)"}),
    ("capacity_limit", "region technology period", "M{product}/yr", "Output within capacity", "产能约束",
     {"dual": "scarcity rent of a tonne of yearly output", **YEARLY, "dual_unit": "money/{product}"}),
    ("vintage_limit", "region technology vintage period", "M{product}/yr", "Output of a vintage within its capacity",
     "批次产能约束", {"dual": "scarcity rent of a tonne of yearly output of the vintage", **YEARLY,
                "dual_unit": "money/{product}"}),
    ("minimum_run", "region technology period", "M{product}/yr", "Least output of live capacity", "最低负荷",
     {"dual": "cost of a tonne of forced output", **YEARLY, "dual_unit": "money/{product}"}),
    ("measure_stock", "region measure host period", "M{product}/yr", "Adoption within what was fitted", "措施存量",
     {"dual": "worth of one more tonne of fitted host output", **YEARLY, "dual_unit": "money/{product}"}),
    ("measure_base", "region measure host", "M{product}/yr", "Penetration of measures today", "措施现状普及率"),
    ("measure_reach", "region measure host period", "M{product}/yr", "Adoption within applicability", "措施适用范围",
     {"dual": "worth of one more tonne on which the measure could be used", **YEARLY, "dual_unit": "money/{product}"}),
    ("measure_pace", "region measure host period", "M{product}/yr", "Pace of adoption", "措施推广速度",
     {"dual": "worth of fitting one more tonne in the period", **ONCE, "dual_unit": "money/{product}"}),
    ("measure_group", "region host exclusion_group period", "M{product}/yr", "Measures that exclude each other",
     "互斥措施", {"dual": "worth of one more tonne of host output that could carry a measure of the group", **YEARLY,
               "dual_unit": "money/{product}"}),
    ("balance", "region commodity period", "M{commodity}/yr", "Balance of a commodity", "物料平衡",
     {"dual": "price of the commodity in that place: cost of one unit more of demand", **YEARLY,
      "dual_unit": "money/{commodity}", "sign": "positive = scarce; negative = a burden"}),
    ("pooled_demand_met", "node commodity period", "M{commodity}/yr", "Demand of a node met by its regions", "汇总需求",
     {"dual": "price of the commodity at the node", **YEARLY, "dual_unit": "money/{commodity}"}),
    ("market_cap", "market node period", "M{commodity}/yr", "Largest volume of a market", "市场限量",
     {"dual": "rent of a unit of the limited market", **YEARLY, "dual_unit": "money/{commodity}"}),
    ("stockpile_cap", "region commodity period", "M{commodity}", "Largest stockpile", "库存上限",
     {"dual": "worth of room for one more unit, kept for the period", **YEARLY, "dual_unit": "money/{commodity}/yr"}),
    ("base_lower", "region technology_group", "M{product}/yr", "Base-year output, lower side", "基年产量下限"),
    ("base_upper", "region technology_group", "M{product}/yr", "Base-year output, upper side", "基年产量上限"),
    ("limit", "limit_name quantity technology_group node sense period", "M{product}/yr",
     "Limit on activity, capacity, additions or adoption", "限额",
     {"dual": "rent of the limit: worth of one unit more", **YEARLY, "dual_unit": "money/{product}"}),
    ("share_limit", "limit_name node period", "M{product}/yr", "Limit on a share of output", "份额限制",
     {"dual": "worth of one tonne of the numerator beyond its share", **YEARLY, "dual_unit": "money/{product}"}),
    ("mark_level", "policy period", "mixed", "Definition of an indicator computed for its own sake", "指标定义"),
    ("ledger_account", "ledger_name region sector period", "mixed", "Definition of a ledger cell", "账目定义",
     {"dual": "worth of one unit less in that place and sector, all policies together", **YEARLY,
      "dual_unit": "mixed"}),
)  # fmt: skip

POLICIES = words(
    "row",
    ("policy_limit", "policy period", "mixed", "Limit on an indicator", "指标限值",
     {"dual": "what one unit more allowed would save; of a CO2 cap, the marginal abatement cost", **YEARLY,
      "dual_unit": "mixed", "iamc": "Price|Carbon"}),
    ("policy_budget", "policy", "mixed", "Limit on an indicator over the horizon", "期间总量限值",
     {"dual": "what one unit more allowed would save, dated to each period", "weight": "period_total",
      "dual_unit": "mixed"}),
    ("policy_no_growth", "policy period", "mixed", "The indicator does not rise after its peak", "达峰后不增长",
     {"dual": "what one unit more of allowed growth would save in the year it is dated", **YEARLY,
      "dual_unit": "mixed"}),
    ("policy_below_peak", "policy period", "mixed", "The indicator stays below its peak before it", "峰前不超峰",
     {"dual": "what one unit above the peak would save", **YEARLY, "dual_unit": "mixed"}),
    ("policy_height", "policy period", "mixed", "Height of the peak", "峰值高度",
     {"dual": "what one unit more of height would save", **YEARLY, "dual_unit": "mixed"}),
    ("policy_plateau", "policy period", "mixed", "Plateau after the peak", "平台期",
     {"dual": "what one unit above the plateau would save", **YEARLY, "dual_unit": "mixed"}),
    ("policy_pace", "policy region technology period", "M{product}/yr", "Pace of additions, closures or output",
     "变化速度", {"dual": "worth of one more tonne allowed", **ONCE, "dual_unit": "money/({product}/yr)"}),
    ("policy_charged", "policy period", "mixed", "Quantity charged by a price", "计价量",
     {"dual": "the price itself, as a check", **YEARLY, "dual_unit": "mixed"}),
    ("policy_swap_new", "policy place case period", "M{product}/yr", "New capacity covered by credits",
     "新建产能须置换",
     {"dual": "what one tonne of new capacity without credits would save", **ONCE,
      "dual_unit": "money/({product}/yr)"}),
    ("policy_swap_pool", "policy place period", "M{product}/yr", "Capacity credits of a place", "产能指标池",
     {"dual": "price of one credit in that place", **ONCE, "dual_unit": "money/({product}/yr)"}),
    ("policy_swap_no_growth", "policy place period", "M{product}/yr", "No growth of capacity in key areas",
     "重点区域产能不增", {"dual": "what one tonne more of capacity in the key area would save in that period", **YEARLY,
                   "dual_unit": "money/{product}"}),
)  # fmt: skip

WORDS = [*FAMILIES, *POLICIES]
