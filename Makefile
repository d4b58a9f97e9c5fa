# The commands of the house. `make` alone lists them.
.DEFAULT_GOAL := help
.NOTPARALLEL:

BIN := .venv/bin
# On macOS WeasyPrint looks for Homebrew's libraries only where it is told.
ifeq ($(shell uname -s),Darwin)
BIN := DYLD_FALLBACK_LIBRARY_PATH=$(shell brew --prefix 2>/dev/null)/lib $(BIN)
endif

# Each process has a PostgreSQL of its own; the tests of a file stay in one process and share what they made.
ON_CORES := --numprocesses=auto --maxprocesses=4 --dist=loadfile

.PHONY: help setup setup-test run test test-long coverage check bench lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## what running needs: system libraries, .venv (PYTHON=… chooses its Python)
	@scripts/setup.sh run

setup-test: ## what the tests need too: a browser, Chinese fonts
	@scripts/setup.sh test

run: setup ## the demo day, then the server on port 8000 until Ctrl-C (ONCE=1: stop after the summary)
	@$(BIN)/fieldops run $(if $(ONCE),--once)

test: setup-test ## every test but the long ones (ARGS="tests/visits -x" chooses)
	@$(BIN)/pytest $(ON_CORES) -m "not long" $(ARGS)

test-long: setup-test ## every test, with many more generated examples
	@$(BIN)/pytest $(ON_CORES) --hypothesis-profile=long $(ARGS)

coverage: setup-test ## make test, and which lines and branches it left out
	@$(BIN)/pytest $(ON_CORES) -m "not long" --cov --cov-report=term $(ARGS)

check: setup ## style, types, the direction of imports, generated docs
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/fieldops docs --check

bench: setup ## what can be measured, and how
	@$(BIN)/python -m benchmarks $(ARGS)

lock: ## pin what pyproject.toml asks for (needs uv; ARGS=--upgrade moves to the newest)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--all-extras --no-annotate --custom-compile-command "make lock" pyproject.toml -o requirements.lock $(ARGS)

clean: ## what can be made again; the data under var/ stays
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
