"""Put the data folder into a normal wheel as peakmix/_data; an editable install reads data/ in place."""

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DataHook(BuildHookInterface):
    """Adds data/ to wheels that are not editable."""

    def initialize(self, version, build_data):
        """Add one forced path when the build is a standard one."""
        if version != "editable":
            build_data["force_include"]["data"] = "peakmix/_data"
