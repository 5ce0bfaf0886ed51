"""Vocabulary: dimensions, variables of the model, cost components, ledgers and indicators."""

from __future__ import annotations

from peakmix.foundation.vocabulary import words

FLOW = {"cell_method": "period: mean"}
STOCK = {"cell_method": "period: point"}
TOTAL = {"cell_method": "period: sum"}

DIMENSIONS = words(
    "dimension",
    ("region", "", "", "Region", "地区"),
    ("region_to", "", "", "Region of arrival", "到达地区"),
    ("place", "", "", "Region that a swap rule keeps a pool for", "产能指标所在地区"),
    ("node", "", "", "Region, or a node or group of regions", "地区或地区组"),
    ("period", "", "yr", "First year of the period", "时期首年"),
    ("technology", "", "", "Technology", "技术"),
    ("cohort", "", "", "Cohort of activity: all, or a vintage", "产量批次"),
    ("vintage", "", "", "Vintage: building years, or the period that builds it", "投产批次"),
    ("commodity", "", "", "Commodity", "物料"),
    ("market", "", "", "Market", "市场"),
    ("measure", "", "", "Measure", "节能措施"),
    ("host", "", "", "Technology that carries a measure", "措施所在技术"),
    ("measure_host", "", "", "Measure on its host", "措施及所在技术"),
    ("exclusion_group", "", "", "Exclusion group of measures", "互斥措施组"),
    ("conversion_id", "", "", "Conversion or renewal", "改造或更新路径"),
    ("sector", "", "", "Sector", "行业"),
    ("technology_group", "", "", "Group of technologies", "技术组"),
    ("ledger_name", "", "", "Ledger", "账目"),
    ("cost_component", "", "", "Cost component", "成本项"),
    ("cost_place", "", "", "Region, or `unplaced` for policies that no single region pays", "成本所在地区"),
    ("policy", "", "", "Policy", "政策"),
    ("case", "", "", "Technology case of a swap rule", "置换技术类别"),
    ("limit_name", "", "", "Limit", "限额"),
    ("quantity", "", "", "Limited quantity", "受限量"),
    ("sense", "", "", "Upper or lower", "上限或下限"),
    ("policy_row", "", "", "Row of the policy sheet", "政策表行"),
    ("limit_row", "", "", "Row of the sheet of physical limits", "物理限额表行"),
    ("swap_row", "", "", "Flow of capacity credits", "产能置换流向"),
    ("input_row", "", "", "Row of the table of inputs", "输入数据行"),
    ("source_row", "", "", "Source of data", "数据来源"),
)

VARIABLES = words(
    "variable",
    ("lever", "lever", "", "Derived element kept symbolic", "符号参数"),
    ("activity", "region technology cohort period", "M{product}/yr", "Output of a technology", "技术产量",
     {**FLOW, "iamc": "Production|Industry|{technology}"}),
    ("new_capacity", "region technology period", "M{product}/yr", "Capacity built in the period", "新建产能",
     {**TOTAL, "iamc": "Capacity Additions|Industry|{technology}"}),
    ("stock", "region technology vintage period", "M{product}/yr", "Live capacity of a vintage", "批次在役产能", STOCK),
    ("early_retirement", "region technology vintage period", "M{product}/yr",
     "Capacity closed before its end of life", "提前退役产能", TOTAL),
    ("conversion", "region conversion_id vintage period", "M{product}/yr", "Live capacity converted",
     "在役产能改造", TOTAL),
    ("renewal", "region conversion_id period", "M{product}/yr",
     "Capacity at its end of life renewed or converted on the site", "到期产能原址更新", TOTAL),
    ("entering_capacity", "region technology period", "M{product}/yr",
     "Capacity that enters: built, converted or renewed", "进入产能", TOTAL),
    ("adopted", "region measure host period", "M{product}/yr", "Host output that carries the measure",
     "措施覆盖产量", FLOW),
    ("new_measure", "region measure host period", "M{product}/yr", "Host output newly fitted",
     "新增措施覆盖产量", TOTAL),
    ("market_volume", "region market period", "M{commodity}/yr", "Volume bought, sold or disposed of",
     "市场交易量", FLOW),
    ("trade", "commodity region region_to period", "M{commodity}/yr", "Quantity sent to another region", "跨区运输量",
     {**FLOW, "sign": "counted where it leaves, before losses"}),
    ("delivery", "node commodity region period", "M{commodity}/yr", "Supply to a pooled demand",
     "对汇总需求的供应量", FLOW),
    ("stockpile", "region commodity period", "M{commodity}", "Stockpile at the end of the period", "期末库存", STOCK),
    ("ledger", "ledger_name region sector period", "mixed", "Ledger of emissions and energy", "排放与能耗账目", FLOW),
    ("policy_excess", "policy period", "mixed", "Priced excess over a soft limit", "超出软约束的量", FLOW),
    ("policy_charge", "policy period", "mixed", "Quantity charged by a price", "计价量", FLOW),
    ("swap_flow", "policy place region_to case period", "M{product}/yr",
     "New capacity covered by capacity retired elsewhere", "置换新增产能", TOTAL),
    ("swap_pool", "policy place period", "M{product}/yr", "Capacity credits left", "剩余产能指标", STOCK),
)  # fmt: skip

COSTS = words(
    "cost",
    ("investment", "region technology period", "Mmoney", "Investment in new capacity", "新建投资"),
    ("hurdle_mark_up", "region technology period", "Mmoney", "Mark-up of the hurdle rate", "要求收益率加成",
     {"account": "transfer"}),
    ("fixed", "region technology period", "Mmoney", "Fixed cost of capacity", "固定成本"),
    ("closure", "region technology period", "Mmoney", "Cost of early closure", "提前关停成本"),
    ("conversion", "region technology period", "Mmoney", "Conversion and renewal", "改造与更新成本"),
    ("variable", "region technology period", "Mmoney", "Running cost", "变动成本"),
    ("purchases", "region market period", "Mmoney", "Purchases", "采购成本"),
    ("sales", "region market period", "Mmoney", "Sales", "销售收入", {"sign": "revenue is negative"}),
    ("disposal", "region market period", "Mmoney", "Disposal", "处置成本"),
    ("freight", "commodity region region_to period", "Mmoney", "Freight, booked where goods arrive", "运输成本"),
    ("holding", "region commodity period", "Mmoney", "Stockpile holding", "库存持有成本"),
    ("measure_investment", "region measure host period", "Mmoney", "Investment in measures", "措施投资"),
    ("measure_fixed", "region measure host period", "Mmoney", "Fixed cost of measures", "措施固定成本"),
    ("measure_variable", "region measure host period", "Mmoney", "Running cost of measures", "措施变动成本"),
    ("policy_slack", "policy period", "Mmoney", "Penalty on the excess over soft limits", "超限惩罚"),
    ("policy_transfer", "policy period", "Mmoney", "Taxes less subsidies", "税收减补贴", {"account": "transfer"}),
    ("policy_cost", "policy period", "Mmoney", "Prices that stand for a real cost", "政策实际成本"),
    account="system",
)  # fmt: skip

CARBON = {"cell_method": "period: mean"}
LEDGERS = words(
    "ledger",
    ("direct_co2", "", "Mt/yr", "Direct CO2 of fuels and processes", "直接二氧化碳排放",
     {**CARBON, "iamc": "Emissions|CO2|Energy and Industrial Processes|{sector}"}),
    ("biogenic_co2", "", "Mt/yr", "Biogenic CO2", "生物源二氧化碳", CARBON),
    ("purchased_power_co2", "", "Mt/yr", "CO2 of purchased power", "外购电力二氧化碳", CARBON),
    ("purchased_heat_co2", "", "Mt/yr", "CO2 of purchased heat", "外购热力二氧化碳", CARBON),
    ("hydrogen_power_co2", "", "Mt/yr", "CO2 of the power behind hydrogen", "制氢用电二氧化碳", CARBON),
    ("upstream_co2", "", "Mt/yr", "Upstream CO2 of purchases", "上游二氧化碳", CARBON),
    ("energy_calorific", "", "PJ/yr", "Energy use, calorific convention", "能耗(热当量)",
     {**FLOW, "iamc": "Final Energy|Industry|{sector}"}),
    ("energy_coal_equivalent", "", "Mtce/yr", "Energy use, coal-equivalent convention", "能耗(发电煤耗等价值)", FLOW),
    ("SO2", "", "Mt/yr", "Sulphur dioxide", "二氧化硫", {**FLOW, "iamc": "Emissions|Sulfur|{sector}"}),
    ("NOx", "", "Mt/yr", "Nitrogen oxides", "氮氧化物", {**FLOW, "iamc": "Emissions|NOx|{sector}"}),
    ("PM", "", "Mt/yr", "Particulate matter", "颗粒物", FLOW),
    ("PFC_physical", "", "Mt/yr", "Perfluorocarbons as CO2, physical", "全氟化碳(实际)", FLOW),
    ("PFC_compliance", "", "Mt/yr", "Perfluorocarbons as CO2, compliance rule", "全氟化碳(履约口径)", FLOW),
)  # fmt: skip

INDICATORS = words(
    "indicator",
    ("direct_co2", "", "Mt/yr", "Direct CO2", "直接二氧化碳排放"),
    ("purchased_power_co2", "", "Mt/yr", "CO2 of purchased power", "外购电力二氧化碳"),
    ("purchased_heat_co2", "", "Mt/yr", "CO2 of purchased heat", "外购热力二氧化碳"),
    ("hydrogen_power_co2", "", "Mt/yr", "CO2 of the power behind hydrogen", "制氢用电二氧化碳"),
    ("co2", "", "Mt/yr", "CO2 over the scopes that are named", "所列范围二氧化碳"),
    ("energy", "", "mixed", "Energy use in the convention that is named", "能耗"),
    ("output", "", "M{product}/yr", "Output", "产量"),
    ("capacity", "", "M{product}/yr", "Live capacity", "在役产能"),
    ("additions", "", "M{product}/yr", "Capacity built in the period", "新增产能"),
    ("purchases", "", "M{commodity}/yr", "Quantity bought", "外购量"),
    ("use", "", "M{commodity}/yr", "Net use of a commodity", "净使用量"),
    ("pollutant", "", "Mt/yr", "Emission of a pollutant", "污染物排放"),
)

WORDS = [*DIMENSIONS, *VARIABLES, *COSTS, *LEDGERS, *INDICATORS]
