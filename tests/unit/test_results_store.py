"""Result files: whole or not at all, refused when altered, never overwritten unasked."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr

from peakmix.foundation.errors import InputError, LimitError, UsageError
from peakmix.results.store import checksum, open_result, write_result


@pytest.fixture(scope="module")
def written(mini_run, tmp_path_factory) -> Path:
    return write_result(mini_run.dataset, tmp_path_factory.mktemp("store") / "deep" / "mini.nc")


@pytest.fixture
def copy(written, tmp_path) -> Path:
    return Path(shutil.copy(written, tmp_path / "copy.nc"))


def test_round_trip_is_identical_and_silent(mini_run, tmp_path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        path = write_result(mini_run.dataset, tmp_path / "mini.nc")
        back = open_result(path)
    assert back.identical(mini_run.dataset)
    assert os.listdir(tmp_path) == ["mini.nc"]


def test_plain_xarray_and_netcdf_open_it(written, mini_run) -> None:
    with xr.open_dataset(written) as plain:
        np.testing.assert_array_equal(plain["activity"].values, mini_run.dataset["activity"].values)
        assert plain["technology"].values.tolist() == ["blast_route", "scrap_route"]
        assert plain["technology_name_zh"].values.tolist() == ["高炉流程", "电炉流程"]
    with netCDF4.Dataset(written) as raw:
        assert raw.Conventions == "CF-1.11"
        assert json.loads(raw.certificate)["status"] == "optimal"


def test_an_opened_result_can_be_written_again(written, tmp_path) -> None:
    again = write_result(open_result(written), tmp_path / "again.nc")
    assert checksum(open_result(again)) == checksum(open_result(written))


def test_reading_without_checksum_is_lazy(written) -> None:
    dataset = open_result(written, verify=False)
    assert float(dataset["objective"]) > 0
    dataset.close()


def test_nothing_is_overwritten_unasked(copy, mini_run) -> None:
    before = copy.read_bytes()
    with pytest.raises(UsageError, match=r"copy\.nc") as caught:
        write_result(mini_run.dataset, copy)
    assert caught.value.exit_code == 2
    assert copy.read_bytes() == before
    write_result(mini_run.dataset.assign_attrs(title="another"), copy, overwrite=True)
    assert open_result(copy).attrs["title"] == "another"


def test_a_file_that_appears_meanwhile_is_kept(mini_run, tmp_path, monkeypatch) -> None:
    from peakmix.results import store

    target = tmp_path / "late.nc"
    real = store._write

    def slow(dataset: xr.Dataset, path: Path) -> None:
        real(dataset, path)
        target.write_text("someone else's")

    monkeypatch.setattr(store, "_write", slow)
    with pytest.raises(UsageError):
        write_result(mini_run.dataset, target)
    assert target.read_text() == "someone else's"
    assert os.listdir(tmp_path) == ["late.nc"]


@pytest.mark.parametrize("kept", [0, 1, 100, 5_000, 0.5, 0.9, 0.999])
def test_a_file_cut_short_is_refused(copy, kept) -> None:
    content = copy.read_bytes()
    length = kept if isinstance(kept, int) else int(len(content) * kept)
    copy.write_bytes(content[:length])
    with pytest.raises(InputError, match=r"copy\.nc"):
        open_result(copy)


def test_an_altered_byte_is_refused_before_the_netcdf_library_sees_it(copy) -> None:
    content = bytearray(copy.read_bytes())
    random = np.random.default_rng(7)
    for place in random.integers(0, len(content), 200):
        damaged = content.copy()
        damaged[place] ^= 0x55
        copy.write_bytes(damaged)
        with pytest.raises(InputError, match=r"copy\.nc"):
            open_result(copy)


def test_a_changed_value_is_refused(copy) -> None:
    with netCDF4.Dataset(copy, "a") as file:
        file["activity"][0, 0, 1] += 1e-9
    with pytest.raises(InputError, match="changed after"):
        open_result(copy)


def test_a_changed_attribute_is_refused(copy) -> None:
    with netCDF4.Dataset(copy, "a") as file:
        file.certified = "yes"
    with pytest.raises(InputError, match="changed after"):
        open_result(copy)


def test_a_file_without_its_mark_is_refused(copy) -> None:
    content = copy.read_bytes()
    copy.write_bytes(content[: content.rindex(b"\npeakmix complete")])
    xr.open_dataset(copy).close()
    with pytest.raises(InputError, match="completeness mark"):
        open_result(copy)


def test_other_files_are_refused_by_name(tmp_path) -> None:
    with pytest.raises(InputError, match=r"missing\.nc"):
        open_result(tmp_path / "missing.nc")
    (tmp_path / "text.nc").write_text("not netCDF")
    with pytest.raises(InputError, match=r"text\.nc"):
        open_result(tmp_path / "text.nc")
    xr.Dataset({"a": ("x", [1.0])}).to_netcdf(tmp_path / "foreign.nc")
    with pytest.raises(InputError, match="not a result"):
        open_result(tmp_path / "foreign.nc")


@pytest.mark.parametrize(("version", "fix"), [(99, "newer peakmix"), (1, "run its scenario again")])
def test_another_schema_is_refused(mini_run, tmp_path, version: int, fix: str) -> None:
    path = write_result(mini_run.dataset.assign_attrs(peakmix_schema_version=version), tmp_path / "other.nc")
    with pytest.raises(InputError, match=fix):
        open_result(path)


def test_a_folder_that_cannot_be_made_is_a_usage_error(mini_run, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="file"):
        write_result(mini_run.dataset, tmp_path / "file" / "mini.nc")


def test_a_full_disk_leaves_nothing_and_says_so(mini_run, tmp_path) -> None:
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, old[1]))
        with pytest.raises(LimitError, match=r"mini\.nc") as caught:
            write_result(mini_run.dataset, tmp_path / "mini.nc")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, handler)
    assert "MB" in str(caught.value)
    assert os.listdir(tmp_path) == []


WRITER = """
import sys
from peakmix.results.store import open_result, write_result
dataset = open_result(sys.argv[1])
print("ready", flush=True)
while True:
    write_result(dataset, sys.argv[2], overwrite=True)
"""


@pytest.mark.slow
def test_a_killed_writer_leaves_a_whole_file_or_none(written, tmp_path) -> None:
    target = tmp_path / "killed.nc"
    wanted = checksum(open_result(written))
    random = np.random.default_rng(11)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    for _ in range(8):
        command = [sys.executable, "-c", WRITER, str(written), str(target)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(float(random.uniform(0.0, 0.4)))
            process.kill()
        if target.exists():
            assert checksum(open_result(target)) == wanted
            target.unlink()
        for partial in tmp_path.glob(".*.partial"):
            partial.unlink()
