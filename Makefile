# Everything runs in .venv, made here from the locked requirements. Needed: Python 3.11 or newer, git, make.

SHELL := /bin/sh
.SHELLFLAGS := -eu -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test test-odoo chaos check format clean

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
SOURCES := src tests benchmarks
WORKERS ?= logical

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

setup: .venv/dev ## prepare .venv with everything for work on Isthmus
	@echo "Ready: $(BIN)/isthmus --help"

demo: .venv/runtime ## bring a real Trello board into Odoo and back, both simulated on this machine
	@$(BIN)/isthmus demo

test: .venv/dev ## run all tests
	@$(BIN)/pytest -q -r fE -n $(WORKERS)

test-odoo: .venv/dev ## run all that can run on the real Odoo that ISTHMUS_TEST_ODOO_URL, _DB, _LOGIN, _KEY name
	@for name in URL DB LOGIN KEY; do \
	    eval "test -n \"\$${ISTHMUS_TEST_ODOO_$$name:-}\"" || { \
	        echo "Set ISTHMUS_TEST_ODOO_$$name (and URL, DB, LOGIN, KEY): which Odoo to test on. Use a test database." >&2; \
	        exit 2; }; \
	done
	@$(BIN)/pytest -q -r fE -m odoo

chaos: .venv/dev ## kill workers, rounds and databases for an hour or so, and look whether anything was lost
	@$(BIN)/python -m tests.chaos.sync
	@$(BIN)/python -m tests.chaos.jobs

check: .venv/dev ## lint, types, layers, docs
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/ruff format --check --quiet $(SOURCES) || { echo "Run make format."; exit 1; }
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/pytest -q tests/house

format: .venv/dev ## put the code into its one layout
	@$(BIN)/ruff check --quiet --fix --exit-zero $(SOURCES)
	@$(BIN)/ruff format --quiet $(SOURCES)

clean: ## remove what was made, .venv included
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist
	@find $(wildcard $(SOURCES)) -name __pycache__ -type d -prune -exec rm -rf {} +

# The two stamps are files in .venv, so that nothing is done twice and `make clean` forgets them.

.venv/runtime: requirements/build.txt requirements/runtime.txt pyproject.toml | .venv/bin/python
	@echo "Installing what Isthmus needs to run ..."
	@$(PIP) install --require-hashes -r requirements/build.txt -r requirements/runtime.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev: requirements/dev.txt .venv/runtime
	@echo "Installing what tests and checks need ..."
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

# A candidate counts only when it runs (a version manager may list names that do not) and can make a .venv.
.venv/bin/python:
	@old=; for python in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
	    "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	    "$$python" -c 'import ensurepip, venv' 2>/dev/null || { old="$$old $$python"; continue; }; \
	    echo "Making .venv with $$("$$python" --version) ..."; \
	    exec "$$python" -m venv --clear .venv; \
	done; \
	if [ -n "$$old" ]; then \
	    echo "These cannot make virtual environments:$$old. Install python3-venv (Debian, Ubuntu:" >&2; \
	    echo "apt install python3-venv) and run make again." >&2; \
	else \
	    echo "Isthmus needs Python 3.11 or newer and found none. Install one, or name it:" >&2; \
	    echo "make PYTHON=/path/to/python3.12 setup" >&2; \
	fi; exit 1
