# peakmix: everything happens in .venv, which is made on first use.
#   make run        the national scenario with a peak in 2030, from tables to result file
#   make test       style, types, layers and the quick tests
#   make test-all   the same with the slow tests
#   make test-exchange  the exports as pyam and nomenclature read them, which live in .venv-exchange
#   make bench      measurements of time and memory
#   make docs       the pages as a site in build/docs; the tutorial is run on the way

PYTHON  ?= python3
VENV    := .venv
BIN     := $(VENV)/bin
EXCHANGE := $(CURDIR)/.venv-exchange
RUN     := $(VENV)/.installed
DEV     := $(VENV)/.installed-dev
SCENARIO ?= runs/scenarios/national_peak_2030.yaml
INPUTS  := pyproject.toml constraints.txt hatch_build.py
WORKERS ?= 2
NETCDF_IN_R := $(shell Rscript -e "cat(nzchar(system.file(package = 'ncdf4')))" 2>/dev/null | grep TRUE)
BROWSER := $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

.PHONY: run test test-all test-exchange lint bench docs clean

run: $(RUN)
	$(BIN)/peakmix run $(SCENARIO) --sensitivity --overwrite

test: lint
	$(BIN)/python -m pytest -q -n $(WORKERS) -m "not slow and not perf and not browser and not exchange and not rscript"

test-all: lint
	$(BIN)/python -m pytest -q -n $(WORKERS) -m "not perf and not browser and not exchange and not rscript"
	@if [ -n "$(BROWSER)" ]; then $(BIN)/python -m pytest -q -m browser tests/browser; \
	else echo "NOT RUN: tests/browser needs Chromium (Debian: apt install chromium)"; fi
	@if [ -n "$(NETCDF_IN_R)" ]; then $(BIN)/python -m pytest -q -m rscript tests/rscript; \
	else echo "NOT RUN: tests/rscript needs R with ncdf4 (Debian: apt install r-base-core r-cran-ncdf4)"; fi

test-exchange: $(DEV) $(EXCHANGE)/.installed
	PEAKMIX_EXCHANGE_PYTHON=$(EXCHANGE)/bin/python $(BIN)/python -m pytest -q -m exchange tests/exchange

$(EXCHANGE)/.installed: tests/exchange/requirements.txt tests/exchange/constraints.txt
	$(PYTHON) -m venv $(EXCHANGE)
	$(EXCHANGE)/bin/python -m pip install --quiet --disable-pip-version-check -c tests/exchange/constraints.txt -r $<
	touch $@

lint: $(DEV)
	$(BIN)/ruff check model tests hatch_build.py
	$(BIN)/mypy --strict model/peakmix
	$(BIN)/lint-imports --no-cache

bench: $(DEV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[bench]"
	$(BIN)/python -m pytest -q -s -m perf tests/perf

docs: $(DEV)
	$(BIN)/python docs/render.py --check
	$(BIN)/python docs/render.py walk tutorial.md
	$(BIN)/python -m sphinx -q -W -b html docs build/docs
	@echo build/docs/index.html

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "peakmix needs Python 3.11 or newer; set PYTHON=...")'
	$(PYTHON) -m venv $(VENV)

$(RUN): $(INPUTS) | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(DEV): $(INPUTS) | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $(RUN) $@

clean:
	rm -rf $(VENV) $(EXCHANGE) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
