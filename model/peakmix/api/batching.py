"""Batches: named scenarios that are run together, grouped by structure like a sweep; one member's failure stops no other."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from peakmix.analysis.mix import pathway
from peakmix.api.deriving import Deriver
from peakmix.api.members import Compiled
from peakmix.api.prepare import data_root
from peakmix.api.running import RunResult, target_of
from peakmix.foundation.errors import InfeasibleError, InputError, PeakmixError, SweepError, UsageError, display_path
from peakmix.results.store import write_result
from peakmix.scenario import Scenario
from peakmix.scenario import load as load_scenario
from peakmix.sweep import files
from peakmix.sweep.structure import Derivation, Group, rules_of
from peakmix.tables.loading import load as load_tables

CERTIFIED = "certified"
BUG = 1


class Say(Protocol):
    """Lines of progress, and faults of input."""

    def __call__(self, text: str, fault: bool = False) -> None:
        """Take one line or message."""


def silent(text: str, fault: bool = False) -> None:
    """Progress that nobody watches."""


@dataclass
class Outcome:
    """What became of one scenario: status, cost (million money, discounted), peak year of direct CO2, certificate, file."""

    name: str
    file: str
    status: str = ""
    objective: float = float("nan")
    system_cost: float = float("nan")
    peak: int | None = None
    certificate: str = ""
    path: Path | None = None
    message: str = ""
    exit_code: int = 0

    def fail(self, error: Exception) -> None:
        """Note why there is no certified result."""
        if not isinstance(error, PeakmixError):
            where = traceback.extract_tb(error.__traceback__)[-1].name
            self.status, self.exit_code, self.message = "internal error", BUG, f"{type(error).__name__}: {error} ({where})"
            return
        kind = "infeasible" if isinstance(error, InfeasibleError) else "bad input" if isinstance(error, InputError) else "failed"
        self.status, self.exit_code, self.message = kind, error.exit_code, str(error)

    def solved(self, result: RunResult) -> None:
        """Note a result."""
        data = result.dataset
        self.status, self.exit_code = (CERTIFIED, 0) if result.certified else ("not certified", 5)
        self.objective, self.system_cost = float(data["objective"]), float(data["system_cost"])
        self.peak = pathway(data).peak
        self.certificate = f"gap {result.gap:.1e}"


@dataclass
class Batch:
    """Outcomes in the order of the files; ``exit_code`` is 0 when every scenario has a certified result, else 6."""

    outcomes: list[Outcome]
    structures: int = 0
    store: files.Where | None = None
    notices: tuple[str, ...] = field(default=())

    @property
    def failed(self) -> list[Outcome]:
        """Scenarios without a certified result."""
        return [outcome for outcome in self.outcomes if outcome.status != CERTIFIED]

    @property
    def exit_code(self) -> int:
        """One code for the batch."""
        if any(outcome.exit_code == BUG for outcome in self.outcomes):
            return BUG
        return SweepError.exit_code if self.failed else 0

    @property
    def text(self) -> str:
        """The table of outcomes, and the messages of those that failed."""
        width = max([len("scenario"), *(len(outcome.name) for outcome in self.outcomes)])
        lines = [f"{'scenario':<{width}}  {'status':<14} {'objective':>16} {'system cost':>16}  peak  certificate   result"]
        for one in self.outcomes:
            peak, where = str(one.peak or "-"), "" if one.path is None else display_path(one.path)
            numbers = f"{one.objective:>16,.1f} {one.system_cost:>16,.1f}" if one.peak else f"{'-':>16} {'-':>16}"
            line = f"{one.name:<{width}}  {one.status:<14} {numbers}  {peak:>4}  {one.certificate or '-':<12}  {where}"
            lines.append(line.rstrip())
        done = len(self.outcomes) - len(self.failed)
        lines.append(f"{len(self.outcomes)} scenarios, {done} certified, {len(self.failed)} not; {self.structures} structures")
        for one in self.failed:
            lines += ["", f"{one.name}: {one.status}", *(f"  {line}" for line in (one.message or "see its file").splitlines())]
        return "\n".join([*lines, *([f"store {self.store}"] if self.store else [])])


def expand(paths: Iterable[Path | str]) -> list[Path]:
    """Scenario files as named; a folder stands for the YAML files in it, by name.

    Raises
    ------
    UsageError
        For a folder without any.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.suffix in (".yaml", ".yml"))
            if not inside:
                raise UsageError(f"{path} holds scenario files", fix="name a folder with .yaml files")
            found += inside
        else:
            found.append(path)
    return list(dict.fromkeys(found))


@dataclass(eq=False)
class Member:
    """A sound scenario of a batch."""

    outcome: Outcome
    scenario: Scenario
    path: Path
    derive: Deriver
    derivation: Derivation | None = None


def read_all(files: Sequence[Path], changes: Mapping[str, Any], say: Say) -> tuple[list[Outcome], list[Member]]:
    """Load, check and derive every scenario; faults are told at once, before anything is solved."""
    outcomes: list[Outcome] = []
    members: list[Member] = []
    tables: dict[str, Deriver] = {}
    names: dict[str, Path] = {}
    for path in files:
        outcome = Outcome(path.stem, str(path))
        outcomes.append(outcome)
        try:
            scenario = load_scenario(path, changes=dict(changes))
            outcome.name = scenario.name
            if scenario.name in names:
                rule = f"scenarios of a batch have different names; {names[scenario.name]} is called {scenario.name!r} too"
                raise scenario.error(rule, "name", fix="give one of them another name")
            names[scenario.name] = path
            root = data_root(scenario)
            if root not in tables:
                tables[root] = Deriver(load_tables(root))
            member = Member(outcome, scenario, path, tables[root])
            member.derivation = member.derive(scenario)
            members.append(member)
        except Exception as error:  # a fault of one member, whatever it is, stops no other
            outcome.fail(error)
            say(f"{outcome.name}: {outcome.status}\n{outcome.message}", fault=True)
    return outcomes, members


def grouped(members: Sequence[Member]) -> list[list[int]]:
    """Positions of members by structure, in the order in which structures are met."""
    groups: list[tuple[Deriver, Group, list[int]]] = []
    for k, member in enumerate(members):
        assert member.derivation is not None
        rules = rules_of(member.derivation.parameters)
        home = next((g for g in groups if g[0] is member.derive and g[1].accepts(member.derivation, rules)), None)
        if home is None:
            home = (member.derive, Group(member.derivation, rules), [])
            groups.append(home)
        home[1].add(k, member.derivation)
        home[2].append(k)
    return [[group.members[k] for k in range(len(group.members))] for _, group, _ in groups]


def run_batch(
    paths: Iterable[Path | str],
    out: Path | str | None = None,
    overwrite: bool = False,
    changes: Mapping[str, Any] | None = None,
    say: Say = silent,
) -> Batch:
    """Run scenarios into one file each.

    Parameters
    ----------
    paths:
        Scenario files, or folders of them.
    out:
        Folder for all results; default as for a single run.
    overwrite:
        Replace existing files.
    changes:
        Scenario values by dotted key, for all members.
    say:
        Called with lines of progress, faults of input among them.

    Returns
    -------
    Batch
        Nothing a member does raises; its outcome says what happened.
    """
    files = expand(paths)
    outcomes, members = read_all(files, changes or {}, say)
    groups, done = grouped(members), len(outcomes) - len(members)
    for group in groups:
        compiled: Compiled | None = None
        for k in group:
            member, done = members[k], done + 1
            say(f"{done} of {len(outcomes)}: {member.outcome.name}")
            try:
                target = _target(member, out, overwrite)
                compiled = compiled or _compiled([members[j] for j in group])
                assert member.derivation is not None
                result = compiled.result(member.derivation)
                write_result(result.dataset, target, overwrite=overwrite)
                member.outcome.path = target
                member.outcome.solved(result)
            except Exception as error:  # as above
                member.outcome.fail(error)
            member.derivation = None if k != group[0] else member.derivation
        members[group[0]].derivation = None
    return Batch(outcomes, len(groups))


def _target(member: Member, out: Path | str | None, overwrite: bool) -> Path:
    """The file of a member; UsageError when it exists and is not to be replaced."""
    target = target_of(member.scenario, member.path, out)
    if target.exists() and not overwrite:
        raise UsageError(f"{target} exists", fix="name another folder, or add --overwrite")
    return target


def _compiled(group: Sequence[Member]) -> Compiled:
    """The structure of a group with the elements that differ in it."""
    first = group[0].derivation
    assert first is not None
    made = Group(first, rules_of(first.parameters))
    for k, member in enumerate(group):
        assert member.derivation is not None
        made.add(k, member.derivation)
    return Compiled(first, made.levers()[0])
