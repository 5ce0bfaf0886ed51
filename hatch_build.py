"""Put the data and the scenarios into a normal wheel; an editable install reads both in place."""

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DataHook(BuildHookInterface):
    """Adds data/ as peakmix/_data and runs/scenarios/ as peakmix/_scenarios."""

    def initialize(self, version, build_data):
        """Add the two forced paths when the build is a standard one."""
        if version != "editable":
            build_data["force_include"].update({"data": "peakmix/_data", "runs/scenarios": "peakmix/_scenarios"})
