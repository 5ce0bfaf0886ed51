"""Tables: schemas, reading, checks and the data set; the only room that reads CSV files."""

from peakmix.tables.dataset import DataSet
from peakmix.tables.loading import from_frames, load
from peakmix.tables.select import Resolver
from peakmix.tables.tree import Tree

__all__ = ["DataSet", "Resolver", "Tree", "from_frames", "load"]
