# The commands of this project. `make` alone lists them.
# Needed on the machine: python3 (3.11 or newer), pip and make. Everything else is installed into .tools/ and .venv/.

PYTHON ?= python3
PORT ?= 8501
JOBS ?= $(shell $(PYTHON) -c 'import os; print(max(2, min(4, os.cpu_count() or 2)))')
PYTEST_FLAGS ?=

UV := .tools/bin/uv
BIN := .venv/bin
COMPILE := $(UV) pip compile pyproject.toml --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --quiet
TRANSLATIONS := $(wildcard getsms_core/locale/*/LC_MESSAGES/*.po)
export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS := 1
unexport VIRTUAL_ENV

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test suite check browser bench kill words lock clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: .venv/.ready-run ## install what the program needs (make run does it too)
	@echo "Everything that the program needs is installed. Start it with: make run"

setup-dev: .venv/.ready-dev ## install what the tests need (make test does it too)
	@echo "Everything that the tests need is installed."

run: .venv/.ready-run ## start the app, its worker and, without a gateway login, the practice gateway
	@exec $(BIN)/getsms serve --port $(PORT)

test: .venv/.ready-dev browser check ## all checks and all tests, browser and PostgreSQL included
	@$(MAKE) --no-print-directory suite

check: .venv/.ready-dev ## the static checks alone
	@echo "Checking the code: ruff, mypy, import directions, lock files."
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(UV) pip check --quiet --python $(BIN)/python
	@$(BIN)/python requirements/check.py

# The browser tests have a process of their own: Playwright's event loop disturbs the other tests. Both are always run.
suite: .venv/.ready-dev
	@echo "Running the tests, $(JOBS) at a time; then the browser tests."
	@ok=0; \
	$(BIN)/pytest --ignore=tests/browser -n $(JOBS) --dist loadgroup $(PYTEST_FLAGS) || ok=1; \
	$(BIN)/pytest tests/browser $(PYTEST_FLAGS) || ok=1; \
	if [ $$ok -ne 0 ]; then echo "Some tests failed: see above."; fi; exit $$ok

browser: .venv/.ready-dev
	@sh requirements/browser.sh $(BIN)/playwright

bench: .venv/.ready-dev browser ## measure the speed of sending and of the pages
	@exec $(BIN)/python -m tests.bench

kill: .venv/.ready-dev ## kill the worker at random moments and count at the gateway
	@exec $(BIN)/python -m tests.kill

words: .venv/.ready-dev ## collect the sentences to translate into getsms_core/locale/getsms.pot
	@$(BIN)/python -m getsms_core.locale

lock: $(UV) ## take the versions in pyproject.toml and lock all that they need, with hashes
	@echo "Locking the versions into requirements/run.txt and requirements/dev.txt."
	@$(COMPILE) --output-file requirements/run.txt
	@$(COMPILE) --extra dev --output-file requirements/dev.txt

clean: ## remove what was installed and built; keeps data/ and .env
	@rm -rf .tools .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info build
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "Removed .tools, .venv and the caches. data/ and .env are kept."

# uv is one program from pip; --target leaves the system's Python alone, so that PEP 668 does not refuse it.
$(UV): requirements/uv.txt
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON) here. On Debian or Ubuntu: apt-get install -y python3 python3-pip"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "This needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version). Name another: make PYTHON=python3.12 run"; exit 1; }
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || { echo "$(PYTHON) has no pip. On Debian or Ubuntu: apt-get install -y python3-pip"; exit 1; }
	@echo "Installing uv, which installs the rest, into .tools/."
	@rm -rf .tools
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --require-hashes \
	  --target .tools --requirement requirements/uv.txt \
	  || { rm -rf .tools; echo "pip could not install uv. Is this machine connected to its package index?"; exit 1; }
	@touch $(UV)

$(BIN)/python: | $(UV)
	@echo "Making a virtual environment in .venv/."
	@$(UV) venv --quiet --allow-existing --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv

.venv/.ready-run: requirements/run.txt pyproject.toml $(UV) $(TRANSLATIONS) | $(BIN)/python
	@echo "Installing the exact versions in requirements/run.txt into .venv/."
	@$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes --requirement requirements/run.txt
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m getsms_core.locale compile
	@touch $@

.venv/.ready-dev: requirements/dev.txt pyproject.toml $(UV) $(TRANSLATIONS) | $(BIN)/python
	@echo "Installing the exact versions in requirements/dev.txt, with the tools for the tests, into .venv/."
	@$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes --requirement requirements/dev.txt
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m getsms_core.locale compile
	@touch .venv/.ready-run $@
