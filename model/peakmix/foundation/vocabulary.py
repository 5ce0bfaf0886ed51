"""The one dictionary of names: every dimension, variable, row, cost component, ledger, indicator and result array.

A name means the same in the Pyomo model, in the result file, in the documents and at the command line. Entries are
keyed by (kind, name), because a word such as ``conversion`` names both a quantity and what it costs. Units are
templates as in the schemas: ``{product}`` and ``{commodity}`` stand for natural units, a leading M makes it a million,
``money`` is the money of the data set; ``mixed`` means that each row or cell brings its own.

Weight of a row says how its dual becomes a price in money of the year (design rule 3.9):

    annual        dual / D_p           rows in units a year
    period_total  dual * n_p / D_p     rows in units accumulated over periods
    one_off       dual / d_p           rights used once, such as building capacity
    none          the dual is no price of its own
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Kind = Literal["dimension", "variable", "row", "cost", "ledger", "indicator", "result"]
Weight = Literal["annual", "period_total", "one_off", "none"]
Account = Literal["system", "transfer", ""]


@dataclass(frozen=True)
class Word:
    """One entry of the vocabulary.

    Attributes
    ----------
    name, kind:
        The word and what it names.
    dims:
        Dimensions, in order; for Pyomo components the order of the index.
    unit:
        Unit template; empty where a unit has no meaning, ``mixed`` where each row brings its own.
    long_name, long_name_zh:
        Name for readers in English and Chinese.
    sign:
        Which sign means what, where it is not obvious.
    cell_method:
        CF cell method over ``period``: mean for yearly flows, point for stocks, sum for totals of a period.
    dual, weight, dual_unit:
        For rows: meaning of the dual, its weight kind and the unit of the price.
    account:
        For costs: part of the system cost, or a transfer that is left out of it.
    iamc:
        Variable name in the template of the Integrated Assessment Modeling Consortium, where there is one.
    """

    name: str
    kind: Kind
    dims: tuple[str, ...]
    unit: str
    long_name: str
    long_name_zh: str
    sign: str = ""
    cell_method: str = ""
    dual: str = ""
    weight: Weight = "none"
    dual_unit: str = ""
    account: Account = ""
    iamc: str = ""


def words(kind: Kind, *rows: tuple[object, ...], **common: str) -> list[Word]:
    """Entries of one kind from compact rows ``(name, dims, unit, long name, Chinese name, {further fields})``."""
    made = []
    for name, dims, unit, english, chinese, *rest in rows:
        fields: dict[str, object] = {**common, **(rest[0] if rest else {})}  # type: ignore[dict-item]
        split = tuple(str(dims).split())
        made.append(Word(str(name), kind, split, str(unit), str(english), str(chinese), **fields))  # type: ignore[arg-type]
    return made


@lru_cache(maxsize=1)
def vocabulary() -> dict[tuple[Kind, str], Word]:
    """The whole dictionary, by (kind, name)."""
    from peakmix.foundation import vocabulary_model, vocabulary_results, vocabulary_rows

    found: dict[tuple[Kind, str], Word] = {}
    for word in (*vocabulary_model.WORDS, *vocabulary_rows.WORDS, *vocabulary_results.WORDS):
        if (word.kind, word.name) in found:
            raise ValueError(f"the {word.kind} {word.name} is defined twice in the vocabulary")
        found[word.kind, word.name] = word
    return found


def word(kind: Kind, name: str) -> Word:
    """One entry; KeyError names the kind and the name."""
    try:
        return vocabulary()[kind, name]
    except KeyError:
        raise KeyError(f"the vocabulary has no {kind} {name!r}") from None


def known(kind: Kind, name: str) -> bool:
    """True when the vocabulary has the name as that kind."""
    return (kind, name) in vocabulary()


def of_kind(kind: Kind) -> dict[str, Word]:
    """All entries of a kind by name, in the order of the dictionary."""
    return {name: entry for (which, name), entry in vocabulary().items() if which == kind}


def find(name: str) -> list[Word]:
    """All entries of a name, whatever their kind."""
    return [entry for (_, other), entry in vocabulary().items() if other == name]
