"""Rules on links between tables: groupings, groups, conversions, routes, swap rules, limits, markets, measures."""

from __future__ import annotations

from collections.abc import Iterator

from peakmix.foundation.errors import nearest
from peakmix.tables.dataset import DataSet
from peakmix.tables.rules import Finding, broken, rule, where


@rule("the groups of a grouping do not overlap, and a group belongs to one grouping")
def groups_are_disjoint(dataset: DataSet) -> Iterator[Finding]:
    """Each place at most once in a grouping; group names are neither places nor groups of another grouping."""
    frame, tree = dataset["groupings"], dataset.places
    member: dict[tuple[str, str], int] = {}
    home: dict[str, str] = {}
    for row, (grouping, group, location) in enumerate(
        zip(frame["grouping"], frame["group"], frame["location"], strict=True)
    ):
        if group in tree:
            fix = f"call the group otherwise, e.g. '{group} group'"
            yield broken(dataset, "groupings", row, "group", "a group does not bear the name of a place", fix)
        if home.setdefault(group, grouping) != grouping:
            what = f"a group belongs to one grouping; {group} is in {home[group]} as well"
            yield broken(dataset, "groupings", row, "group", what, "give one of the two groups another name")
        for place in tree.subtree(location):
            first = member.setdefault((grouping, place), row)
            if first != row:
                what = f"the groups of a grouping do not overlap; {place} is in {where(dataset, 'groupings', first)}"
                yield broken(dataset, "groupings", row, "location", what, "write the group in a grouping of its own")
                break


@rule("a technology group does not bear the name of a technology")
def group_names_are_free(dataset: DataSet) -> Iterator[Finding]:
    """Columns that take a group take a technology as well, so that the names must differ."""
    frame = dataset["technology_groups"]
    for row, group in enumerate(frame["group"]):
        if group in dataset.products:
            what = "a technology group does not bear the name of a technology"
            yield broken(dataset, "technology_groups", row, "group", what, "give the group another name")
            return


@rule("a conversion joins two technologies with stock that make the same product")
def conversions_keep_the_product(dataset: DataSet) -> Iterator[Finding]:
    """from and to have the same product and capacity yes."""
    technologies = dataset["technologies"]
    capacity = dict(zip(technologies["technology"], technologies["capacity"], strict=True))
    frame = dataset["conversions"]
    for row, (source, target) in enumerate(zip(frame["from"], frame["to"], strict=True)):
        made, wanted = dataset.products[source], dataset.products[target]
        if made != wanted:
            what = f"a conversion keeps the product; {source} makes {made}, {target} makes {wanted}"
            yield broken(dataset, "conversions", row, "to", what, f"name a technology that makes {made}")
        for column, name in (("from", source), ("to", target)):
            if capacity[name] == "no":
                what = f"a conversion turns capacity over; {name} has capacity no"
                yield broken(dataset, "conversions", row, column, what, "name a technology with capacity yes")


@rule("a route joins two places, once a mode and commodity, and somebody can travel on it")
def routes_are_usable(dataset: DataSet) -> Iterator[Finding]:
    """Each row is open in both directions, so that the way back is a duplicate; freight gives the mode a cost."""
    frame, freight = dataset["routes"], dataset["freight"]
    priced = set(zip(freight["commodity"], freight["mode"], strict=True))
    modes = set(freight["mode"])
    first: dict[tuple[frozenset[str], str, str | None], int] = {}
    for row, (start, end, mode, commodity) in enumerate(
        zip(frame["from"], frame["to"], frame["mode"], frame["commodity"], strict=True)
    ):
        if start == end:
            yield broken(dataset, "routes", row, "to", "a route joins two places", "delete the row")
        other = first.setdefault((frozenset((start, end)), mode, commodity), row)
        if other != row:
            what = f"a route is open both ways and stands once; it stands at {where(dataset, 'routes', other)}"
            yield broken(dataset, "routes", row, "to", what, "delete one of the two rows")
        if (mode not in modes) if commodity is None else ((commodity, mode) not in priced):
            goods = commodity or "any commodity"
            fix = f"add distance_cost of {goods} by {mode} to freight.csv, or delete the route"
            yield broken(dataset, "routes", row, "mode", f"freight.csv has no cost of {goods} by {mode}", fix)


@rule("a commodity that travels by a mode has a distance cost")
def freight_has_distance_cost(dataset: DataSet) -> Iterator[Finding]:
    """Missing is never zero."""
    frame = dataset["freight"]
    stated = set(zip(frame["commodity"], frame["mode"], frame["parameter"], strict=True))
    seen: set[tuple[str, str]] = set()
    for row, (commodity, mode) in enumerate(zip(frame["commodity"], frame["mode"], strict=True)):
        if (commodity, mode, "distance_cost") not in stated and (commodity, mode) not in seen:
            seen.add((commodity, mode))
            what = f"{commodity} by {mode} has a distance_cost"
            yield broken(dataset, "freight", row, "parameter", what, "add a row (0 if distance costs nothing)")


@rule("the case of a swap ratio is a technology group, a technology or other")
def swap_cases_are_known(dataset: DataSet) -> Iterator[Finding]:
    """case other is everything not named."""
    known = {*dataset.groups, "other"}
    for row, case in enumerate(dataset["swap_ratios"]["case"]):
        if case not in known:
            what = "the case is a technology group, a technology or other"
            yield broken(dataset, "swap_ratios", row, "case", what, nearest(case, known))


@rule("a share limit has a numerator, a denominator and values of one sense")
def share_limits_are_whole(dataset: DataSet) -> Iterator[Finding]:
    """Both roles, at least one value row, sense and pooled the same in all rows."""
    values_of = "share_limit_values"
    members, values = dataset["share_limits"], dataset[values_of]
    for name, part in members.groupby("limit", sort=False):
        row = int(part.index[0])
        for role in ("numerator", "denominator"):
            if role not in set(part["role"]):
                what = f"the share limit {name} has a {role}"
                yield broken(dataset, "share_limits", row, "role", what, f"add a row with role {role}")
        if name not in set(values["limit"]):
            what = f"the share limit {name} has a value"
            yield broken(dataset, "share_limits", row, "limit", what, "add rows to share_limit_values.csv")
    for column in ("sense", "pooled"):
        first: dict[str, int] = {}
        for row, (name, cell) in enumerate(zip(values["limit"], values[column], strict=True)):
            other = first.setdefault(name, row)
            if cell != values[column].iloc[other]:
                what = f"{column} is the same in all rows of a limit; {where(dataset, values_of, other)} differs"
                yield broken(dataset, "share_limit_values", row, column, what, "write two limits instead")


@rule("a limit of quantity adopted names a measure, any other a technology or group; a series has one sense")
def limits_fit_their_group(dataset: DataSet) -> Iterator[Finding]:
    """quantity and group agree; sense is the same along the years."""
    frame = dataset["limits"]
    measures = set(dataset["measures"]["measure"])
    first: dict[tuple[str, str, str, str | None], int] = {}
    columns = (frame[name] for name in ("limit", "quantity", "group", "location", "sense"))
    for row, (limit, quantity, group, location, sense) in enumerate(zip(*columns, strict=True)):
        if (quantity == "adopted") != (group in measures):
            wanted = "a measure" if quantity == "adopted" else "a technology or technology group"
            known = measures if quantity == "adopted" else set(dataset.groups)
            what = f"a limit of {quantity} names {wanted}"
            yield broken(dataset, "limits", row, "group", what, nearest(group, known))
        other = first.setdefault((limit, quantity, group, location), row)
        if sense != frame["sense"].iloc[other]:
            what = f"sense is the same in all years of a limit; {where(dataset, 'limits', other)} differs"
            yield broken(dataset, "limits", row, "sense", what, "write two limits instead")


@rule("a market has a price")
def markets_have_prices(dataset: DataSet) -> Iterator[Finding]:
    """A market exists where it has a price; without any it exists nowhere."""
    frame = dataset["market_parameters"]
    priced = set(frame.loc[frame["parameter"] == "price", "market"])
    for row, market in enumerate(dataset["markets"]["market"]):
        if market not in priced:
            what = f"the market {market} has a price somewhere"
            yield broken(dataset, "markets", row, "market", what, "add price rows to market_parameters.csv")


@rule("rows of a measure name one of its hosts")
def hosts_belong_to_measures(dataset: DataSet) -> Iterator[Finding]:
    """host in measure_parameters, measure_flows and measure_emissions is blank or a host in measures.csv."""
    measures = dataset["measures"]
    pairs = set(zip(measures["measure"], measures["host"], strict=True))
    for table in ("measure_parameters", "measure_flows", "measure_emissions"):
        frame = dataset[table]
        for row, (measure, host) in enumerate(zip(frame["measure"], frame["host"], strict=True)):
            if host is not None and (measure, host) not in pairs:
                known = [name for other, name in pairs if other == measure]
                fix = f"{nearest(host, known)}; or add the host to measures.csv"
                yield broken(dataset, table, row, "host", f"{host} is a host of {measure}", fix)
