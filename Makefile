# stocktwin: everything a person or a machine does with this checkout. Needs Python 3.11 and make, nothing else.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PYTHON ?= $(shell command -v python3.11 || command -v python3)
WORKERS ?= 2
ARGS ?=
BIN := .venv/bin
LOCKS := requirements
UV := $(BIN)/uv
export UV_LINK_MODE := copy
export UV_NO_PROGRESS := 1
# Written once here, since Python may be told not to (PYTHONDONTWRITEBYTECODE): without it a command takes 6 s to import.
export UV_COMPILE_BYTECODE := 1
export UV_BUILD_CONSTRAINT := $(CURDIR)/$(LOCKS)/build.lock
export VIRTUAL_ENV := $(CURDIR)/.venv
# `make ... -n` in the environment of an outer virtual environment must not leak into this one.
unexport PYTHONHOME PYTHONPATH

.PHONY: help install demo test check fix e2e sim torture bench docs lock wheel clean dev browser

help: ## list the targets, one sentence each
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: .venv/.stamp-base ## create .venv from requirements/base.lock, with the command stocktwin in .venv/bin
	@$(warm)

demo: install ## open the live board on a seeded world of three supermarkets
	@$(BIN)/stocktwin demo $(ARGS)

test: dev ## run the tests that need no browser and no long time
	@$(BIN)/pytest -n $(WORKERS) --dist loadscope $(ARGS)

check: dev ## lint, format, types, import rules, dependencies; writes no source file
	@bad=""; \
	try() { echo "== $$*"; $(BIN)/"$$@" || bad="$$bad $$1"; }; \
	try ruff check . ; \
	try ruff format --check . ; \
	try mypy ; \
	try lint-imports ; \
	try deptry . ; \
	if [ -n "$$bad" ]; then echo "make check: failed:$$bad (make fix mends what a tool can mend)"; exit 1; fi

fix: dev ## let ruff sort, mend and format the sources
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

e2e: dev browser ## run the tests that start the real command and a real browser
	@$(BIN)/pytest -m e2e --ignore tests/torture $(ARGS)

sim: dev ## run the long seeded simulations (STOCKTWIN_SHARE=0.1: a tenth, STOCKTWIN_SEED=n: another world)
	@$(BIN)/pytest -n $(WORKERS) --dist loadscope -m slow $(LONG_ELSEWHERE) $(ARGS)

torture: dev ## kill the running command, 1,000,000 records and 20 kills (STOCKTWIN_SHARE=0.1: a tenth), and compare
	@$(BIN)/pytest -m e2e $(ARGS) tests/torture

bench: dev ## measure the ratios that the README and the issue promise
	@$(BIN)/python -m tests.bench $(ARGS)

docs: dev ## write the generated reference pages and build the site into site/
	@$(BIN)/python docs/generate.py
	@$(BIN)/zensical build --clean

wheel: dev ## build the wheel, install it in an empty environment and run a job there
	@$(BIN)/pytest -m slow $(ARGS) tests/test_wheel.py

lock: .venv/.stamp-uv ## write requirements/*.lock from pyproject.toml, keeping what fits (ARGS=--upgrade: newest)
	@for part in $(LOCK_PARTS); do $(MAKE) --no-print-directory lock-$$part; done

clean: ## remove .venv, caches and build output
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist site
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---------------------------------------------------------------- how it is done

dev: .venv/.stamp-dev
	@$(warm)

# Bytecode and compiled kernels of our own folders: a moment, unless something has changed since.
warm = $(BIN)/python -m compileall -q schemas connectors pipelines sinks && $(BIN)/python -m pipelines.runtime.warm

# The long tests that have a target of their own.
LONG_ELSEWHERE := --ignore tests/torture --ignore tests/test_wheel.py

.venv/.stamp-uv: $(LOCKS)/uv.lock
	@command -v "$(PYTHON)" >/dev/null || { echo "make: no python3.11 found; install it or say: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' \
	  || { echo "make: $(PYTHON) is $$("$(PYTHON)" -V 2>&1); stocktwin needs Python 3.11 or 3.12: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "== .venv: $$("$(PYTHON)" -V)"
	@"$$("$(PYTHON)" -c 'import sys; print(sys._base_executable)')" -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCKS)/uv.lock
	@touch $@

# The lock for development holds the one for running, so a later `make demo` must not take pytest away again.
.venv/.stamp-base: .venv/.stamp-uv $(LOCKS)/base.lock $(LOCKS)/dev.lock $(LOCKS)/build.lock pyproject.toml
	@$(call sync,$(if $(wildcard .venv/.stamp-dev),dev,base))
	@if [ -e .venv/.stamp-dev ]; then touch .venv/.stamp-dev; fi
	@touch $@

.venv/.stamp-dev: .venv/.stamp-uv $(LOCKS)/base.lock $(LOCKS)/dev.lock $(LOCKS)/build.lock pyproject.toml
	@$(call sync,dev)
	@touch .venv/.stamp-base $@

# uv does not read pip's configuration; where a mirror is set there and none for uv, it is handed on.
define sync
  echo "== .venv: $(LOCKS)/$(1).lock (the first time: about 2 GB on disk, some minutes)"; \
  if [ -z "$${UV_DEFAULT_INDEX:-}$${UV_INDEX_URL:-}$${UV_CONFIG_FILE:-}" ]; then \
    mirror=$$($(BIN)/python -m pip config get global.index-url 2>/dev/null || true); \
    if [ -n "$$mirror" ]; then export UV_DEFAULT_INDEX="$$mirror"; fi; \
  fi; \
  $(UV) pip sync --quiet --require-hashes $(LOCKS)/$(1).lock; \
  $(UV) pip install --quiet --no-deps --editable .
endef

browser:
	@.ci/browser

# Base and extras are locked together, so that adding an extra never moves the base; Flink pins older parts: its own.
LOCK_PARTS := uv build dev base flink
COMPILE := $(UV) pip compile --quiet --generate-hashes --no-emit-index-url --python-version 3.11 $(ARGS)
export UV_CUSTOM_COMPILE_COMMAND := make lock

.PHONY: $(addprefix lock-,$(LOCK_PARTS))
lock-uv:
	@echo "uv" | $(COMPILE) - -o $(LOCKS)/uv.lock
lock-build:
	@printf 'hatchling>=1.27\neditables\n' | $(COMPILE) - -o $(LOCKS)/build.lock
lock-dev:
	@$(COMPILE) pyproject.toml --extra alerts --extra contracts --group dev -o $(LOCKS)/dev.lock
lock-base:
	@$(COMPILE) pyproject.toml -c $(LOCKS)/dev.lock -o $(LOCKS)/base.lock
lock-flink:
	@$(COMPILE) pyproject.toml --extra flink -o $(LOCKS)/flink.lock
