# Needs Python 3.11 and make; everything else goes into .venv, once.

.DEFAULT_GOAL := help
.PHONY: help run test fuzz mutation check format docs lock clean

# python3.11, or python3 if that is new enough; `make PYTHON=…` names another.
PYTHON = $(or $(shell for python in python3.11 python3; do \
    $$python -c $(NEW_ENOUGH) 2>/dev/null && echo $$python && break; done),python3)
NEW_ENOUGH := 'import sys; sys.exit(sys.version_info < (3, 11))'
NEED_PYTHON = $(PYTHON) -c $(NEW_ENOUGH) 2>/dev/null || { exec >&2; \
    echo "netspec needs Python 3.11 or newer, but $(PYTHON) is: $$($(PYTHON) --version 2>&1)."; \
    echo "Install python3.11, or name it: make PYTHON=/path/to/python3.11"; exit 1; }

VENV := .venv
BIN := $(VENV)/bin
EDITOR := tests/editor
BROWSER := tests/browser
MUTATION := build/mutation
WHERE := 'import sysconfig; print(sysconfig.get_path("purelib"))'
PIP_INSTALL := python -m pip install -qq --disable-pip-version-check

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/installed  ## build ResNet-50 from specs/resnet50.yaml and print its table
	@$(BIN)/netspec build specs/resnet50.yaml --summary

test: $(VENV)/installed $(EDITOR)/node_modules/.package-lock.json $(BROWSER)/chromium/unpacked  ## run the tests
	@$(BIN)/python -m pytest

fuzz: $(VENV)/installed  ## try inputs that nobody would write, an hour or so; goes on where it ended
	@$(BIN)/python -m tests.fuzz structure --runs 20000 && $(BIN)/python -m tests.fuzz bytes --runs 1000000

mutation: $(VENV)/installed $(MUTATION)/installed  ## change the rules in small ways that a test must notice, an hour or so
	@nice $(MUTATION)/venv/bin/python tools/mutation.py $(WITH)

check: $(VENV)/installed  ## formatting, lint, types, import floors
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(VENV)/installed  ## format the code, fix what ruff can fix
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

docs: $(VENV)/installed  ## rewrite what is generated from the code
	@$(BIN)/python tools/generate.py

lock:  ## bring requirements.lock in line with pyproject.toml (to upgrade everything, delete it first)
	@$(NEED_PYTHON)
	@$(PYTHON) -m venv --clear .venv-lock
	@.venv-lock/bin/$(PIP_INSTALL) uv
	@.venv-lock/bin/uv pip compile -q pyproject.toml --extra dev --universal --python-version 3.11 \
	    --generate-hashes --custom-compile-command 'make lock' --output-file requirements.lock
	@rm -rf .venv-lock

clean:  ## remove .venv and everything else that is made
	rm -rf $(VENV) .venv-lock $(EDITOR)/node_modules $(BROWSER)/node_modules $(BROWSER)/chromium build dist .hypothesis .*_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# The marks `locked` and `installed` are written last, so an interrupted set-up starts afresh.
$(VENV)/locked: requirements.lock $(BIN)/python
	@$(NEED_PYTHON)
	@echo "Setting up $(VENV) with $$($(PYTHON) --version); once, a minute or two …"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/$(PIP_INSTALL) --require-hashes -r requirements.lock
	@touch $@

$(VENV)/installed: $(VENV)/locked pyproject.toml
	@$(BIN)/$(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q netspec
	@touch $@
	@echo "$(VENV) is ready."

# cosmic-ray and what it needs stay apart from .venv, whose packages are seen from there.
$(MUTATION)/installed: | $(VENV)/installed
	@$(PYTHON) -m venv --clear $(MUTATION)/venv
	@$(MUTATION)/venv/bin/$(PIP_INSTALL) cosmic-ray==8.7.0
	@$(BIN)/python -c $(WHERE) >"$$($(MUTATION)/venv/bin/python -c $(WHERE))/from_venv.pth"
	@touch $@

# The YAML language server that a test asks. npm writes this file last.
$(EDITOR)/node_modules/.package-lock.json: $(EDITOR)/package-lock.json $(EDITOR)/package.json | $(VENV)/installed
	@$(BIN)/npm ci --prefix $(EDITOR) --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@

# The Chromium that tests look at pages with.
$(BROWSER)/chromium/unpacked: $(BROWSER)/package-lock.json $(BROWSER)/package.json $(BROWSER)/unpack.js | $(VENV)/installed
	@$(BIN)/npm ci --prefix $(BROWSER) --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
	@$(BIN)/node $(BROWSER)/unpack.js
	@touch $@

$(BIN)/python:  # no recipe: where it is missing, or a link to a Python that is gone, .venv is made anew
