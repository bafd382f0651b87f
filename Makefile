# Every command a person needs. `make help` lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
AUDIT  := $(VENV)/audit
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help install web run test test-unit test-chaos soak fuzz bench bench-page bench-scale screenshots check format lock clean audit types

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 14

install: $(VENV)/.installed ## create .venv with the locked dependencies

$(VENV)/.installed: requirements/all.txt pyproject.toml
	@echo "Installing the locked dependencies into $(VENV) (a few minutes the first time) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on \
		--require-hashes -r requirements/all.txt
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet \
		--no-deps --no-build-isolation --editable .
	@touch $@

web: web/dist/index.html ## build the web client

web/dist/index.html: $(VENV)/.installed $(shell find web/src web/public web/docs -type f 2>/dev/null) \
		web/package-lock.json web/index.html
	@echo "Building the web client ..."
	@cd web && npm ci --no-audit --no-fund --loglevel=error && npm run build --silent
	@touch $@

run: install web ## run everything on this machine, at http://127.0.0.1:8000
	@exec $(BIN)/gallery run --end-with-parent

test: install web ## all tests, in two processes; missing prerequisites are skipped with the reason
	@exec $(BIN)/pytest -n 2 --dist loadfile

test-unit: install ## the fast tests, in seconds
	@exec $(BIN)/pytest tests/unit

bench: install ## measure the service against this machine's limit; QUICK=--quick for minutes
	@exec $(BIN)/python -m tests.perf.service $(QUICK)

test-chaos: install ## cause each fault for real under 500 uploads (CHAOS=short: fewer of both)
	@exec $(BIN)/pytest tests/chaos

soak: install ## 20,000 uploads by 8 clients with a kill every 20 s; prints the figures
	@exec $(BIN)/python -m tests.chaos.soak

fuzz: install ## look for files that break the decoder, guided by coverage (5 minutes)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "atheris==3.0.0"
	@exec $(BIN)/python -m tests.fuzz.guided

screenshots: install web ## draw docs/screenshots/ anew (needs Chromium and ../shared/photos)
	@exec $(BIN)/pytest tests/e2e/browser/screenshots.py

types: install web ## write the API's description and the web client's types anew
	@$(BIN)/python -m api.openapi > web/openapi.json
	@cd web && npm run --silent types

bench-page: install web ## measure the page over 100,000 pictures (needs Chromium and ../shared/photos)
	@exec $(BIN)/pytest -s tests/perf/page.py

check: install web ## lint and type-check everything
	@ruff check . && ruff format --check . && mypy
	@cd web && npm run check --silent && npm run lint --silent && npm test --silent

audit: install ## ask for known vulnerabilities of the locked dependencies
	@test -x $(AUDIT)/bin/pip-audit || { $(PYTHON) -m venv $(AUDIT) && $(AUDIT)/bin/pip install -q pip-audit; }
	@status=0; \
	$(AUDIT)/bin/pip-audit --strict --progress-spinner off --disable-pip --require-hashes \
		-r requirements/all.txt || status=1; \
	(cd web && npm audit) || status=1; \
	exit $$status

bench-scale: install ## a million pictures, through the API (long); writes docs/benchmarks-scale.md
	@$(BIN)/python -m tests.perf.scale

format: install ## put the code into its one format
	@ruff format . && ruff check --fix .

lock: ## resolve the dependencies anew (needs uv)
	@requirements/lock.sh

clean: ## remove what was installed and built; data stays
	rm -rf $(VENV) web/dist web/node_modules
