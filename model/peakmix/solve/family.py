"""A family of linear programs that differ by levers, exact by construction.

Every number of the family is affine in the levers l:

    cost(l) = cost_0 + dC l,   A(l) = A_0 + sum_k dA_k l_k,   bounds(l) = bounds_0 + dB l,   offset(l) = offset_0 + dO l

so a member costs one small sparse product for each array a lever touches. By the envelope theorem one solution also
gives the slope of the optimum in every lever:

    d optimum / d l_k = dO_k + dC_k' x + dB_k' y - (dA_k x)' y        (y = row duals, d optimum / d right-hand side)
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from peakmix.solve.program import (
    FloatArray,
    IntArray,
    LinearProgram,
    NameTable,
    Pattern,
    refusal,
    weighted_count,
)

DAMAGED = (OSError, ValueError, KeyError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error, struct.error)
"""What reading a damaged archive may raise."""

_AnyArray = np.ndarray[Any, Any]
FORMAT = 2
_CANCELLED = 1e-14
"""A sum of base and lever part below this share of its base part is rounding noise and becomes exactly zero."""


@dataclass(frozen=True, eq=False)
class Slopes:
    """Sparse derivatives of one array by the levers: d array[target[k]] / d lever[lever[k]] = value[k]."""

    target: IntArray
    lever: IntArray
    value: FloatArray

    @functools.cached_property
    def _grouped(self) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
        """Touched positions, start of each one's terms, levers and values of the sorted terms."""
        order = np.argsort(self.target, kind="stable")
        touched, starts = np.unique(self.target[order], return_index=True)
        return touched.astype(np.int32), starts.astype(np.int32), self.lever[order], self.value[order]

    @property
    def touched(self) -> IntArray:
        """Positions that levers touch, ascending, shape (touched,)."""
        return self._grouped[0]

    def moved(self, levers: FloatArray) -> FloatArray:
        """slopes * levers at the touched positions, (members, touched); levers (members, levers)."""
        touched, starts, lever, value = self._grouped
        if not len(touched):
            return np.zeros((len(levers), 0))
        return np.asarray(np.add.reduceat(value * levers[:, lever], starts, axis=1))

    def applied(self, base: FloatArray, levers: FloatArray) -> FloatArray:
        """base + slopes * levers, same shape as base; base itself (not a copy) where no lever acts."""
        if not len(self.target):
            return base
        touched, starts, lever, value = self._grouped
        moved = np.add.reduceat(value * levers[lever], starts)
        before = base[touched]
        after = before + moved
        after[cancelled(after, before)] = 0.0
        result = base.copy()
        result[touched] = after
        result.flags.writeable = False
        return result

    def collected(self, weights: FloatArray, lever_count: int) -> FloatArray:
        """Sum of value * weights[target] for each lever, shape (lever_count,)."""
        return weighted_count(self.lever, self.value * weights[self.target], lever_count)

    def collected_many(self, weights: FloatArray, lever_count: int, places: IntArray | None = None) -> FloatArray:
        """The same for many members, (lever_count, members); weights (positions, members), of ``places`` alone if given."""
        from scipy.sparse import csr_matrix

        target = self.target if places is None else np.searchsorted(places, self.target)
        return np.asarray(csr_matrix((self.value, (self.lever, target)), shape=(lever_count, len(weights))) @ weights)


def cancelled(after: FloatArray, before: FloatArray) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Where a sum is rounding noise beside the number it started from."""
    return np.asarray(np.abs(after) <= _CANCELLED * np.abs(before))


_ARRAYS = ("cost", "data", "row_lower", "row_upper", "col_lower", "col_upper")
_MOVED = ("cost", "data", "row_lower", "row_upper")


@dataclass(frozen=True, eq=False)
class AffineFamily:
    """The compiled family. `base` holds every array at levers = 0; `slopes` the derivatives of the four moved arrays.

    base           linear program with all levers at zero (not a member by itself)
    slopes         derivatives of cost (n), data (entries), row_lower (m), row_upper (m)
    offset_slopes  d offset / d lever, shape (levers,)
    levers         names of the levers
    lever_base     value of each lever at compilation, shape (levers,)
    """

    base: LinearProgram
    slopes: Mapping[str, Slopes]
    offset_slopes: FloatArray
    levers: NameTable
    lever_base: FloatArray

    @property
    def rows(self) -> NameTable:
        """Names of the rows."""
        return self.base.rows

    @property
    def cols(self) -> NameTable:
        """Names of the columns."""
        return self.base.cols

    def at(self, values: FloatArray | None = None) -> LinearProgram:
        """The member at the given lever values, shape (levers,); at the base values without any.

        Raises InputError for a wrong shape or a number no solver should see, InfeasibleError for bounds that cross.
        """
        levers = self.lever_base if values is None else np.asarray(values, dtype=np.float64)
        if levers.shape != self.lever_base.shape:
            raise refusal("levers", f"{levers.size} values given, the family has {len(self.levers)} levers")
        if not np.isfinite(levers).all():
            first = int(np.argmin(np.isfinite(levers)))
            raise refusal(self.levers.text(first), f"a lever value is finite, not {float(levers[first])!r}")
        base = self.base
        moved: dict[str, Any] = {name: self.slopes[name].applied(getattr(base, name), levers) for name in _MOVED}
        return replace(base, offset=float(base.offset + self.offset_slopes @ levers), **moved).checked()

    def gradient(self, x: FloatArray, row_dual: FloatArray) -> FloatArray:
        """Slope of the optimum in every lever, objective units per lever unit, shape (levers,).

        x (n,) and row_dual (m,) belong to an optimal member. A positive dual sits on the lower side of its row.
        """
        count, pattern = len(self.levers), self.base.pattern
        result = self.offset_slopes + self.slopes["cost"].collected(x, count)
        result += self.slopes["row_lower"].collected(np.maximum(row_dual, 0.0), count)
        result += self.slopes["row_upper"].collected(np.minimum(row_dual, 0.0), count)
        return result - self.slopes["data"].collected(row_dual[pattern.rows] * x[pattern.columns], count)

    def _arrays(self) -> dict[str, _AnyArray]:
        """Everything but the names, as named arrays."""
        arrays = {name: getattr(self.base, name) for name in _ARRAYS}
        arrays |= {"indptr": self.base.pattern.indptr, "indices": self.base.pattern.indices}
        arrays |= {"offset": np.array(self.base.offset), "offset_slopes": self.offset_slopes}
        arrays["lever_base"] = self.lever_base
        for name, slopes in self.slopes.items():
            for part in ("target", "lever", "value"):
                arrays[f"slope_{part}_{name}"] = getattr(slopes, part)
        for name, table in (("rows", self.rows), ("cols", self.cols), ("levers", self.levers)):
            header, codes = table.encode()
            arrays[f"names_{name}"] = np.frombuffer(header.encode(), dtype=np.uint8)
            arrays[f"codes_{name}"] = codes
        return arrays

    def save(self, path: str | os.PathLike[str], key: str = "") -> str:
        """Write the family to `path` (npz), atomically, and return its content hash.

        `key` is stored beside it: say there what the arrays were made from (code and data hashes).
        """
        arrays: dict[str, Any] = self._arrays()
        digest = _digest(arrays)
        header = json.dumps({"format": FORMAT, "hash": digest, "key": key, "numpy": np.__version__})
        target = Path(path)
        temporary = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            with temporary.open("wb") as file:
                np.savez(file, header=np.frombuffer(header.encode(), dtype=np.uint8), **arrays)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
            with contextlib.suppress(OSError):
                folder = os.open(target.parent, os.O_RDONLY)
                try:
                    os.fsync(folder)
                finally:
                    os.close(folder)
        finally:
            temporary.unlink(missing_ok=True)
        return digest

    @classmethod
    def load(cls, path: str | os.PathLike[str], key: str | None = None, verify: bool = True) -> AffineFamily:
        """Read a family written by `save`.

        Raises InputError if the file is not one, was cut short or altered, or if `key` is given and differs.
        """
        fix = "delete the file; it is written anew by the next run"
        try:
            with np.load(path, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            header = json.loads(arrays.pop("header").tobytes())
        except DAMAGED as error:
            raise refusal(str(path), f"not a compiled family: {error}", fix) from error
        if header.get("format") != FORMAT or (key is not None and header.get("key") != key):
            raise refusal(str(path), "compiled from other inputs or code", fix)
        if verify and _digest(arrays) != header.get("hash"):
            raise refusal(str(path), "altered after it was written", fix)
        return _from_arrays(arrays)


def _digest(arrays: Mapping[str, _AnyArray]) -> str:
    """Content hash over names, types, shapes and bytes of the arrays; SHA-256, for which processors have instructions."""
    total = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        total.update(f"{name} {array.dtype.str} {array.shape};".encode())
        total.update(array.data if array.size else b"")
    return total.hexdigest()


def _from_arrays(arrays: Mapping[str, _AnyArray]) -> AffineFamily:
    """The family whose `_arrays` are given."""
    for array in arrays.values():
        array.flags.writeable = False
    names = {
        name: NameTable.decode(arrays[f"names_{name}"].tobytes().decode(), arrays[f"codes_{name}"])
        for name in ("rows", "cols", "levers")
    }
    base = LinearProgram(
        offset=float(arrays["offset"]),
        pattern=Pattern(arrays["indptr"], arrays["indices"], len(arrays["row_lower"])),
        rows=names["rows"],
        cols=names["cols"],
        **{name: arrays[name] for name in _ARRAYS},
    )
    parts = ("target", "lever", "value")
    slopes = {name: Slopes(*(arrays[f"slope_{part}_{name}"] for part in parts)) for name in _MOVED}
    return AffineFamily(base, slopes, arrays["offset_slopes"], names["levers"], arrays["lever_base"])
