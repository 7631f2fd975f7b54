# The commands of this project. `make` alone lists them.
# Needed on the machine: python3 (3.11 or newer), pip and make. Everything else is installed into .tools/ and .venv/.

PYTHON ?= python3
PORT ?= 8501
JOBS ?= $(shell $(PYTHON) -c 'import os; print(max(2, min(4, os.cpu_count() or 2)))')
PYTEST_FLAGS ?=
BROWSER ?= 1
EFFORT ?= 1
NO_BROWSER := -p no:playwright -p no:base_url -p no:anyio

UV := .tools/bin/uv
BIN := .venv/bin
COMPILE := $(UV) pip compile --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --quiet
BUILD_REQUIRES := import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")
# uv does not read pip's settings: the script passes them on. It also reports a folder that cannot be written.
PREPARE := settings=$$($(PYTHON) requirements/environment.py) || exit 1; eval "$$settings"
# A virtual environment contains its own path: in a copied or moved checkout its commands fail, or run the old checkout.
PLACE := $(shell cat .venv/.place 2>/dev/null)
TRANSLATIONS := $(wildcard getsms_core/locale/*/LC_MESSAGES/*.po)
export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS := 1
export TEST_EFFORT := $(EFFORT)
unexport VIRTUAL_ENV
# With it each process of the tests compiles again what the one before has compiled: 2 s of CPU each.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test suite check browser bench load kill simulate screenshots guide-pictures browser-matrix states words lock wheel release clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

setup: .venv/.ready-run ## install what the program needs (make run does it too)
	@echo "Everything that the program needs is installed. Start it with: make run"

setup-dev: .venv/.ready-dev ## install what the tests need (make test does it too)
	@echo "Everything that the tests need is installed."

run: .venv/.ready-run ## start the app, its worker and, without a gateway login, the practice gateway
	@exec $(BIN)/getsms serve --port $(PORT)

test: .venv/.ready-dev check ## all checks and all tests, browser and PostgreSQL included
	@missing=0; sh requirements/browser.sh $(BIN)/playwright || missing=1; \
	$(MAKE) --no-print-directory suite BROWSER=$$((1 - missing)) || exit 1; \
	if [ $$missing -ne 0 ]; then sh requirements/browser.sh $(BIN)/playwright --only-say; exit 1; fi

check: .venv/.ready-dev ## the static checks alone
	@echo "Checking the code: ruff, mypy, import directions, lock files."
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/deptry --no-ansi .
	@$(UV) pip check --quiet --python $(BIN)/python
	@$(BIN)/python requirements/check.py

# The browser tests run in their own process: Playwright's event loop disturbs the other tests. Both always run.
# The plugins that only they use cost each of the other 8,700 tests a millisecond of CPU.
suite: .venv/.ready-dev
	@echo "Running the tests, $(JOBS) at a time; then the browser tests."
	@ok=0; \
	$(BIN)/pytest --ignore=tests/browser $(NO_BROWSER) -n $(JOBS) --dist loadgroup $(PYTEST_FLAGS) || ok=1; \
	if [ "$(BROWSER)" = 1 ]; then $(BIN)/pytest tests/browser $(PYTEST_FLAGS) || ok=1; fi; \
	if [ $$ok -ne 0 ]; then echo "Some tests failed: see above."; fi; exit $$ok

browser: .venv/.ready-dev
	@sh requirements/browser.sh $(BIN)/playwright

bench: .venv/.ready-dev browser ## measure the speed of sending and of the pages
	@exec $(BIN)/python -m tests.bench

load: .venv/.ready-dev ## open pages as 50 people do while a campaign runs, and measure what they wait for
	@exec $(BIN)/python -m tests.load --uploads 20

kill: .venv/.ready-dev ## kill the worker at random moments and count at the gateway
	@exec $(BIN)/python -m tests.kill

screenshots: .venv/.ready-dev browser ## every page in each language, theme and width, into screenshots/
	@exec $(BIN)/python -m tests.screens shots screenshots

guide-pictures: .venv/.ready-dev browser ## the pictures of the guides, in each language, into docs/images/guides/
	@exec $(BIN)/python -m tests.screens guides docs/images/guides

browser-matrix: .venv/.ready-dev browser ## look for what axe calls serious on every page, language, theme and width
	@exec $(BIN)/python -m tests.screens axe

simulate: .venv/.ready-dev ## simulate kills and faults under a seed: SEED=7 CAMPAIGNS=1000, or MUTATION=all
	@exec $(BIN)/python -m tests.simulate $(if $(SEED),--seed $(SEED)) $(if $(CAMPAIGNS),--campaigns $(CAMPAIGNS)) $(if $(MUTATION),--mutation $(MUTATION))

states: .venv/.ready-dev ## draw the states and their transitions into docs/states.md
	@$(BIN)/python -m getsms_core.base.state_diagrams docs/states.md

words: .venv/.ready-dev ## collect the sentences to translate into getsms_core/locale/getsms.pot
	@$(BIN)/python -m getsms_core.locale

lock: $(UV) ## take the versions in pyproject.toml and lock all that they need, with hashes
	@echo "Locking the versions into requirements/run.txt, requirements/dev.txt and requirements/build.txt."
	@$(PREPARE); $(COMPILE) pyproject.toml --output-file requirements/run.txt
	@$(PREPARE); $(COMPILE) pyproject.toml --extra dev --output-file requirements/dev.txt
	@$(PREPARE); $(PYTHON) -c '$(BUILD_REQUIRES)' | $(COMPILE) - --output-file requirements/build.txt

wheel: .venv/.ready-dev ## build the wheel, with pages and assets, into dist/
	@$(BIN)/python -m getsms_core.locale compile >/dev/null
	@$(BIN)/python requirements/wheel.py build/wheel
	@$(PREPARE); $(UV) build --quiet --wheel --build-constraints requirements/build.txt --out-dir dist build/wheel
	@ls dist/*.whl

release: .venv/.ready-dev ## test this commit, build its wheel and tag it; needs the version and its date in CHANGELOG.md
	@tag=$$($(BIN)/python requirements/release.py) || exit 1; \
	$(MAKE) --no-print-directory test && $(MAKE) --no-print-directory wheel && git tag -a "$$tag" -m "Release $$tag" \
	&& echo "Made $$tag. Publish it with: git push --follow-tags"

clean: ## remove what was installed and built; keeps data/ and .env
	@rm -rf .tools .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "Removed .tools, .venv and the caches. data/ and .env are kept."

# pip installs uv; with --target it does not change the system's Python, so PEP 668 does not refuse it.
$(UV): requirements/uv.txt
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON) here. On Debian or Ubuntu: apt-get install -y python3 python3-pip"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "This needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version). Name another: make PYTHON=python3.12 run"; exit 1; }
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || { echo "$(PYTHON) has no pip. On Debian or Ubuntu: apt-get install -y python3-pip"; exit 1; }
	@$(PREPARE); echo "Installing uv, which installs the rest, into .tools/."; \
	rm -rf .tools; \
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --require-hashes \
	  --target .tools --requirement requirements/uv.txt \
	  || { rm -rf .tools; echo "pip could not install uv: see above. It needs its package index, or the proxy in its settings."; exit 1; }
	@touch $(UV)

# Created if there is none, and again after this checkout was copied or moved.
.PHONY: environment
environment: $(UV)
	@$(PREPARE); \
	if [ -n "$(PLACE)" ] && [ "$(PLACE)" != "$(CURDIR)" ]; then \
	  echo "This checkout was in $(PLACE) before. Creating its virtual environment in .venv/ again."; \
	else echo "Creating a virtual environment in .venv/."; fi; \
	$(UV) venv --quiet --clear --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv \
	&& echo "$(CURDIR)" > .venv/.place

ifneq ($(PLACE),$(CURDIR))
MOVED := environment
endif

# uv leaves the lock of a build in the folder of temporary files, for every user to write: that of the machine stays as
# it was.
define install
	@$(PREPARE); \
	$(UV) pip install --quiet $(2) --python $(BIN)/python --require-hashes --requirement $(1) \
	&& mkdir -p .tools/tmp && TMPDIR="$(CURDIR)/.tools/tmp" $(UV) pip install --quiet --python $(BIN)/python --no-deps \
	  --build-constraints requirements/build.txt --editable .
	@$(BIN)/python -m getsms_core.locale compile >/dev/null
endef

.venv/.ready-run: requirements/run.txt requirements/build.txt pyproject.toml $(TRANSLATIONS) $(UV) $(MOVED)
	@echo "Installing the exact versions in requirements/run.txt into .venv/."
	$(call install,requirements/run.txt,--compile-bytecode)
	@touch $@

# To compile all 8,600 modules takes 21 s of CPU, those that the tests import 8: when they are first imported, and here
# what several processes would import and compile at the same time.
IMPORT_OFTEN := import alembic.command, fpdf, openpyxl, pandas, phonenumbers, plotly.graph_objects, pypdfium2, \
  streamlit.testing.v1, streamlit.web.cli, uvicorn.main, websockets.sync.client, xlsxwriter
.venv/.ready-dev: requirements/dev.txt requirements/build.txt pyproject.toml $(TRANSLATIONS) $(UV) $(MOVED)
	@echo "Installing the exact versions in requirements/dev.txt, with the tools for the tests, into .venv/."
	$(call install,requirements/dev.txt,)
	@$(BIN)/python -c "$(IMPORT_OFTEN)"
	@touch .venv/.ready-run $@
