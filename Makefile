# What can be done here: make help
.DEFAULT_GOAL := help
.PHONY: help setup demo up test check openapi focus-check bench accuracy fmt lock

BIN := .venv/bin
STAMP := .venv/.installed
export PYTHON FOCUS_PYTHON

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## Install everything into .venv, the llmlab command too

$(STAMP): requirements.lock pyproject.toml sdk/pyproject.toml cli/pyproject.toml deploy/bootstrap.sh
	@sh deploy/bootstrap.sh
	@touch $@

demo: setup ## Send real calls through the whole system, check the total to the last digit, and stop
	@$(BIN)/llmlab demo --check

up: setup ## Run LLMLab here until Ctrl-C (ARGS="--port 8080 --workers 2")
	@$(BIN)/llmlab up $(ARGS)

test: setup ## Run every test (ARGS="tests/deploy -x")
	@$(BIN)/pytest $(ARGS)

check: setup ## Formatting, lint, types, and who may import whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

openapi: setup ## Describe the API in api/openapi.json, which the web's types are made from
	@$(BIN)/python -m llmlab_api.openapi_file > api/openapi.json.new
	@mv api/openapi.json.new api/openapi.json

focus-check: setup ## Hold a FOCUS export against the FinOps Foundation's validator (needs Python 3.12)
	@PYTHONPATH=tests $(BIN)/python tests/focus_check.py

bench: setup ## Measure against the yardsticks, side by side
	@PYTHONPATH=tests $(BIN)/python -m benchmarks $(ARGS)

accuracy: setup ## Price every call of known cost, beside other price lists; write docs/accuracy.md (ARGS="--json")
	@PYTHONPATH=tests $(BIN)/python -m benchmarks.accuracy $(ARGS)

fmt: setup ## Format the code, and mend what ruff can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: ## Resolve the dependencies anew (needs uv)
	uv lock $(ARGS)
	uv export --quiet --no-emit-workspace --all-extras --all-groups --format requirements-txt \
		--no-header --no-annotate --output-file requirements.lock
	uv export --quiet --no-emit-workspace --no-dev --group build --format requirements-txt \
		--no-header --no-annotate --output-file deploy/requirements.lock
