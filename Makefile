# Everything sets up .venv by itself; only Python 3.11+ and make have to be there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
APPS ?= $(addprefix systems/,shop orders gateway queue-processor stream-processor tasks)
STAMP := $(VENV)/.installed

.PHONY: setup compiled run demo test lint bench clean

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Penstock needs Python 3.11 or newer; name one with make PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

$(STAMP): pyproject.toml | $(BIN)/uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --editable '.[dev]'
	@touch $@

setup: compiled ## .venv with everything that running and testing needs

compiled: $(STAMP) # a start takes two thirds longer where PYTHONDONTWRITEBYTECODE keeps Python from remembering modules
	@$(BIN)/python -m compileall -q -j 0 src

run: compiled ## bring all six systems up on this machine, until Ctrl-C
	$(BIN)/penstock up $(APPS)

demo: $(STAMP) ## a story through each of them, while `make run` goes on elsewhere
	$(BIN)/penstock demo

test: compiled ## the whole test suite
	$(BIN)/pytest -n 2 --dist loadfile

lint: $(STAMP) ## formatting, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	for system in systems/*/; do $(MAKE) --no-print-directory types-of SYSTEM=$$system || exit; done

.PHONY: types-of
types-of: # every system is a root of its own: two may have a package of one name
	cd $(SYSTEM) && MYPYPATH=. $(CURDIR)/$(BIN)/mypy --config-file $(CURDIR)/pyproject.toml --cache-dir $(CURDIR)/.mypy_cache --explicit-package-bases $(addprefix -p ,$(notdir $(patsubst %/__init__.py,%,$(wildcard $(SYSTEM)*/__init__.py))))

bench: compiled ## scenarios side by side with peers; writes bench/RESULTS.md
	$(BIN)/uv pip install --quiet --python $(BIN)/python --editable '.[dev,bench]'
	$(BIN)/python -m bench.run

clean:
	rm -rf $(VENV) .penstock cdk.out
