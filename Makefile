# Developer and operator commands. `make help` lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
AUDIT  := $(VENV)/audit
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help install web run test test-unit coverage test-chaos soak fuzz bench bench-page bench-scale bench-teach screenshots check format lock clean audit types check-wheels

help: ## list the make targets
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 14

install: $(VENV)/.installed ## install the locked dependencies into .venv

$(VENV)/.installed: requirements/all.txt pyproject.toml client/pyproject.toml
	@echo "Installing the locked dependencies into $(VENV) (a few minutes the first time) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is required; set PYTHON=/path/to/python3"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on \
		--require-hashes -r requirements/all.txt
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet \
		--no-deps --no-build-isolation --editable ./client --editable .
	@touch $@

web: web/dist/index.html ## build the web client

web/dist/index.html: $(VENV)/.installed $(shell find web/src web/public web/docs -type f 2>/dev/null) \
		web/package-lock.json web/index.html
	@echo "Building the web client ..."
	@cd web && npm ci --no-audit --no-fund --loglevel=error && npm run build --silent
	@touch $@

run: install web ## run the gallery with embedded Postgres and Redis at http://127.0.0.1:8000
	@exec $(BIN)/gallery run --end-with-parent

test: install web ## all tests, in two processes; missing prerequisites are skipped with the reason
	@exec $(BIN)/pytest -n 2 --dist loadfile

test-unit: install ## run the unit tests
	@exec $(BIN)/pytest -n 2 --dist loadfile tests/unit

coverage: install ## run the unit tests with a coverage report; fail below the floor
	@exec $(BIN)/pytest -n 2 --dist loadfile --cov --cov-report=term --cov-fail-under=50 tests/unit

bench: install ## benchmark the service against the limit benchmark (QUICK=--quick: a few minutes)
	@exec $(BIN)/python -m tests.perf.service $(QUICK)

test-chaos: install ## inject faults during 500 uploads (CHAOS=short: fewer faults, 60 uploads)
	@exec $(BIN)/pytest tests/chaos

soak: install ## soak test: 20,000 uploads by 8 clients, one process killed every 20 s
	@exec $(BIN)/python -m tests.chaos.soak

fuzz: install ## coverage-guided fuzzing of validation and decoding (5 minutes)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "atheris==3.0.0"
	@exec $(BIN)/python -m tests.fuzz.guided

screenshots: install web ## update docs/screenshots/ (requires Chromium and ../shared/photos)
	@exec $(BIN)/pytest tests/e2e/browser/screenshots.py

types: install web ## generate web/openapi.json and the TypeScript types
	@$(BIN)/python -m api.openapi > web/openapi.json
	@cd web && npm run --silent types

bench-page: install web ## benchmark the page with 100,000 images (requires Chromium and ../shared/photos)
	@exec $(BIN)/pytest -s tests/perf/page.py

check: install web ## lint, check formatting and types, and run the web unit tests
	@ruff check . && ruff format --check . && mypy
	@cd web && npm run check --silent && npm run lint --silent && npm test --silent

audit: install ## check the locked dependencies for known vulnerabilities
	@test -x $(AUDIT)/bin/pip-audit || { $(PYTHON) -m venv $(AUDIT) && $(AUDIT)/bin/pip install -q pip-audit; }
	@status=0; \
	$(AUDIT)/bin/pip-audit --strict --progress-spinner off --disable-pip --require-hashes \
		-r requirements/all.txt || status=1; \
	(cd web && npm audit) || status=1; \
	exit $$status

bench-scale: install ## benchmark the API with 1,000,000 images (hours); updates docs/explanation/benchmarks-scale.md
	@$(BIN)/python -m tests.perf.scale

bench-teach: install ## measure custom tags on labelled photographs (GALLERY_TEACH_PHOTOS; default ../shared/teach)
	@exec $(BIN)/python -m tests.perf.teach

format: install ## format the code and fix lint errors
	@ruff format . && ruff check --fix .

lock: ## update the lock files (requires uv)
	@requirements/lock.sh

check-wheels: ## list locked dependencies without a wheel, by platform and Python (requires uv)
	@requirements/check_wheels.sh

clean: ## remove installed dependencies and builds; keep data
	rm -rf $(VENV) web/dist web/node_modules
