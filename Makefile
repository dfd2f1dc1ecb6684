# What can be done here: make help
.DEFAULT_GOAL := help
.PHONY: help setup web web-dev demo up test check openapi focus-check bench accuracy screenshots media fmt lock

BIN := .venv/bin
STAMP := .venv/.installed
NPM := sh deploy/npm.sh
NODE_STAMP := web/node_modules/.installed
WEB := api/llmlab_api/web/built/index.html
WEB_SOURCES = $(shell find web/src web/client/src web/public -type f) web/index.html web/vite.config.ts
export PYTHON FOCUS_PYTHON CHROMIUM

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## Install everything into .venv, the llmlab command too

$(STAMP): requirements.lock pyproject.toml sdk/pyproject.toml cli/pyproject.toml deploy/bootstrap.sh deploy/node.lock
	@sh deploy/bootstrap.sh
	@touch $@

$(NODE_STAMP): web/package-lock.json $(STAMP)
	@echo "Installing what the dashboard is built of …"
	@$(NPM) ci --silent
	@touch $@

$(WEB): $(NODE_STAMP) $(WEB_SOURCES)
	@echo "Building the dashboard …"
	@$(NPM) run --silent build -- --logLevel warn

web: $(WEB) ## Build the dashboard, which the API serves

web-dev: $(NODE_STAMP) ## A development server of the dashboard, in front of a running `llmlab up`
	@$(NPM) run dev -- $(ARGS)

demo: setup ## Send real calls through the whole system, check the total to the last digit, and stop
	@$(BIN)/llmlab demo --check

up: setup web ## Run LLMLab here until Ctrl-C (ARGS="--port 8080 --workers 2")
	@$(BIN)/llmlab up $(ARGS)

test: setup web ## Run every test (ARGS="tests/deploy -x": these alone)
ifeq ($(ARGS),)
	@$(NPM) test --silent
endif
	@$(BIN)/python tests/browser.py
	@$(BIN)/pytest $(ARGS)

check: setup $(NODE_STAMP) ## Formatting, lint, types, and who may import whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(NPM) run --silent check

openapi: setup $(NODE_STAMP) ## Describe the API in api/openapi.json, and the types that the web makes of it
	@$(BIN)/python -m llmlab_api.openapi_file > api/openapi.json.new
	@mv api/openapi.json.new api/openapi.json
	@$(NPM) run --silent types

focus-check: setup ## Hold a FOCUS export against the FinOps Foundation's validator (needs Python 3.12)
	@PYTHONPATH=tests $(BIN)/python tests/focus_check.py

bench: setup ## Measure against the yardsticks, side by side
	@PYTHONPATH=tests $(BIN)/python -m benchmarks $(ARGS)

accuracy: setup ## Price every call of known cost, beside other price lists; write docs/accuracy.md (ARGS="--json")
	@PYTHONPATH=tests $(BIN)/python -m benchmarks.accuracy $(ARGS)

screenshots: setup web ## Picture every screen with the demo's month, into docs/screenshots
	@$(BIN)/python tests/browser.py
	@PYTHONPATH=tests $(BIN)/python -m media.screenshots

media: setup web ## Record a terminal beside the moving dashboard, into docs/media
	@$(BIN)/python tests/browser.py
	@PYTHONPATH=tests $(BIN)/python -m media.live

fmt: setup $(NODE_STAMP) ## Format the code, and mend what ruff can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(NPM) run --silent format

lock: ## Resolve the dependencies anew (needs uv)
	uv lock $(ARGS)
	uv export --quiet --no-emit-workspace --all-extras --all-groups --no-group node --format requirements-txt \
		--no-header --no-annotate --output-file requirements.lock
	uv export --quiet --no-emit-workspace --no-dev --group build --format requirements-txt \
		--no-header --no-annotate --output-file deploy/requirements.lock
	uv export --quiet --no-emit-workspace --only-group node --format requirements-txt \
		--no-header --no-annotate --output-file deploy/node.lock
