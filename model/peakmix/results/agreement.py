"""Agreement: what the two audits say of one policy row must be the same number.

The full audit finds a broken bound; it does not find a rule that was built too strictly, since a level that is counted too high
keeps the bound all the more. So every level and bound of the policy sheet (recounted from derived numbers) is held against the
level and bound that the full audit read from the tables.

Residual    |level - level'| and |bound - bound'|, divided by the size of the row (sum of its absolute terms, at least 0.1)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from peakmix.audit.report import HOPELESS, SMALLEST, AuditReport, Tally
from peakmix.parameters.container import Key
from peakmix.results.recount.recount import Point, Recount

CHECK = "policies: sheet against tables"

RULES = {
    "policy_limit": "value",
    "policy_target": "value",
    "policy_voluntary": "voluntary",
    "policy_budget": "budget",
    "policy_height": "height",
    "policy_below_peak": "below peak",
    "policy_no_growth": "no growth",
    "policy_plateau": "plateau",
    "policy_charged": "charged",
    "policy_finance_cover": "cover",
    "policy_finance_share": "share",
    "policy_finance_line": "line",
    "policy_finance_budget": "budget",
    "policy_finance_own": "own funds",
    "policy_finance_cash": "cash",
    "policy_finance_service": "debt cover",
    "policy_finance_step": "step",
    "policy_allowance_bank": "bank",
    "policy_allowance_offset": "offsets",
    "policy_allowance_sales": "sales",
    "policy_carbon_bank_limit": "inventory",
    "policy_carbon_bank_lending": "lending",
    "policy_swap_no_growth": "key area",
}
"""Components of the programme and the rule's name in the full audit, where both count the same thing in the same unit.

Not here: accounts and pools (yearly there, over the period here; equalities of the full audit already hold both sides), paces
(scaled), and volumes of tranches (moved to the other side)."""

WITHOUT_BOUND = ("policy_charged",)
"""Their second number is a price in one audit and the charged quantity in the other."""

ONLY_ROOM = ("policy_allowance_sales",)
"""What an account gets by other ways stands on different sides in the two audits: only level - bound is alike."""

MAY_BE_ABSENT = ("policy_finance_cover", "policy_finance_share")
"""The full audit leaves out assets that nothing was drawn for."""


def agreed(report: AuditReport, recount: Recount, point: Point) -> AuditReport:
    """The report with one more check: levels and bounds of policy rows, ``recount`` at ``point`` against the report.

    A row that the full audit does not know is a failure, for a rule may stand in a period where it has no business.
    """
    said: dict[tuple[str, str, int], tuple[float, float]] = {
        (entry["policy"], entry["rule"], int(entry["period"])): (float(entry["level"]), float(entry["bound"]))
        for entry in report.policies
    }
    tally = Tally(())
    for component, where, level, bound, size in _rows(recount, point):
        there = said.get(where)
        if there is None and where[1] == "budget":
            there = said.get((where[0], "best", where[2]))
        if there is None:
            if component not in MAY_BE_ABSENT:
                tally.row(CHECK, where, HOPELESS, 1.0)
            continue
        if component in ONLY_ROOM:
            tally.row(CHECK, where, (level - bound) - (there[0] - there[1]), size)
            continue
        tally.row(CHECK, where, level - there[0], size)
        if component not in WITHOUT_BOUND:
            tally.row(CHECK, where, bound - there[1], size)
    made = tally.checks()
    return replace(report, checks=(*report.checks, *made)) if made else report


def _rows(recount: Recount, point: Point) -> Iterator[tuple[str, tuple[str, str, int], float, float, float]]:
    """Component, place in the full audit, level (its priced excess taken off), bound, size of the row."""
    blocks = recount.policies
    level, bound, excess = (point.values(block).tolist() for block in (blocks.level, blocks.bound, blocks.excess))
    sizes = (point.sizes(blocks.level) + point.sizes(blocks.bound)).tolist()
    for n, label in enumerate(blocks.level.labels):
        component = str(label[0])
        if component in RULES and label[1] not in recount.read:
            off = 0.0 if component == "policy_voluntary" else int(blocks.level.sense[n]) * excess[n]
            yield component, _where(label), level[n] - off, bound[n], max(sizes[n], SMALLEST)


def _where(label: Key) -> tuple[str, str, int]:
    """Names joined as the full audit joins them, rule, first year of the period (0 where there is none)."""
    dated = isinstance(label[-1], int)
    names = [str(part) for part in (label[1:-1] if dated else label[1:])]
    kept = [name for n, name in enumerate(names) if n == 0 or name != "all"]
    return " ".join(kept), RULES[str(label[0])], int(label[-1]) if dated else 0
