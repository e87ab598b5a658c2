# Two commands matter, and both install into .venv first, once:
#
#     make demo      talk to the companion at http://127.0.0.1:7860
#     make test      lint, types and every test
#
# PYTHON=python3.12 names another Python. TORCH_INDEX=URL takes torch, and only torch, from there:
# with the CPU index of PyTorch's "Get started" page, the gigabytes of CUDA packages stay away.

PYTHON ?= python3
TORCH_INDEX ?=

BIN := .venv/bin
INSTALLED := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo lab mlflow notebooks test check lint types tests bench clean

help: ## This list
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' Makefile | expand -t 18

setup: $(INSTALLED) ## Create .venv and install what the page, the course and the tests need

demo: setup ## Serve the companion at http://127.0.0.1:7860
	@$(BIN)/companion demo

lab: setup ## Open the course in JupyterLab
	@$(BIN)/companion lab

mlflow: setup ## Show recorded runs and traces at http://127.0.0.1:5000
	@$(BIN)/companion mlflow

notebooks: setup ## Run every notebook offline, in its smallest size
	@for notebook in notebooks/*/*.ipynb; do \
	    $(BIN)/companion notebooks run $$notebook --size smoke || exit 1; \
	done

# Types take one core for a minute, so they are checked beside the tests; either fails the whole.
test: lint ## Lint, types and every test
	@$(MAKE) --no-print-directory --jobs 2 --keep-going types tests

check: lint types ## Lint and types only

lint: setup ## Lint only
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: setup ## Types only
	$(BIN)/mypy

# Browsers, and servers that break on purpose, mostly wait, but want an answer while they do;
# notebooks take all there is. Both parts are run to their end, so that one run tells all that fails.
tests: setup ## Every test; tests/scheduling.py says in which order
	@failed=0; \
	$(BIN)/pytest --numprocesses 2 tests/browser tests/contract tests/faults || failed=1; \
	$(BIN)/pytest --numprocesses 3 tests/notebooks tests/unit || failed=1; \
	exit $$failed

BENCHMARKS = import_cost turn_cost routing_cost generation local_engine memory_cost face_cost voice_latency many_turns

bench: setup ## Measure what imports, turns, routing, the local engine, memory and the face cost
	@for one in $(BENCHMARKS); do $(BIN)/python -m tests.benchmarks.$$one || exit 1; done

clean: ## Remove .venv, builds and caches; mlruns/ stays, it holds your runs
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Made again when a dependency changes; a file newer than the stamp is what make looks for.
$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed and this is %d.%d. Name another one: make setup PYTHON=python3.12" % sys.version_info[:2])'
	$(PYTHON) -m venv .venv
	$(if $(TORCH_INDEX),$(BIN)/pip install --index-url "$(TORCH_INDEX)" --no-deps -c constraints.txt torch)
	$(BIN)/pip install -c constraints.txt -e ".[dev]"
	@touch $@
