# Everything starts from git, make and Python 3.11 with pip; `make` alone lists what there is.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
WORKERS ?= 2

.PHONY: help demo up check test test-needs soak bench format fixture fixture-archive clean

help: ## This list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo up: export CONSILIENCE_HOME ?= $(CURDIR)/.demo

demo: $(READY) ## A decided gate on real data, in a workspace of its own (.demo).
	@$(BIN)/consilience demo

up: $(READY) ## Serve the demo's workspace, made first where there is none.
	@$(BIN)/consilience up

check: $(READY) ## Format, lint, types, import contracts, tables, migrations, fixtures.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.harness.check_tables
	$(BIN)/python -m tests.harness.check_fixtures
	CONSILIENCE_HOME=/nonexistent DJANGO_SETTINGS_MODULE=consilience.config.settings \
	  $(BIN)/python -W ignore -m django makemigrations --check --dry-run

test: $(READY) test-needs ## Every test, on SQLite; what the database matters to, on PostgreSQL too. ARGS="..." goes to pytest.
	CONSILIENCE_TEST_NEEDS=all $(BIN)/pytest -n $(WORKERS) --dist worksteal $(ARGS)

test-needs: ## Chromium and PostgreSQL for the tests: found, else installed (root on Debian), else a sentence.
	@scripts/chromium.sh
	@scripts/postgres.sh

soak: $(READY) test-needs ## The long tests: coverage of intervals, long oracles, every page in every mode.
	CONSILIENCE_TEST_NEEDS=all $(BIN)/pytest tests/soak tests/browser/gallery -o "norecursedirs=.* fixtures" $(ARGS)

bench: $(READY) ## The figures of docs and issues, measured on this machine.
	@for script in bench/*.py; do echo; echo "== $$script"; $(BIN)/python $$script; done

format: $(READY) ## Let ruff put the code in order.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

fixture: $(READY) ## Write a new fixture workspace NAME=... of today's format (old ones are never changed).
	$(BIN)/python -m tests.harness.make_fixture $(NAME)

fixture-archive: $(READY) ## Write a new fixture archive NAME=... of today's format (old ones are never changed).
	$(BIN)/python -m tests.harness.make_archive $(NAME)

clean: ## Remove what was made here, workspaces aside.
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# uv.lock names every package by digest; the stamp is older than it when the environment is out of date.
$(READY): uv.lock
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q uv
	$(BIN)/uv sync --locked -q
	touch $@
