# Session History. `make demo` is all it takes to see it; `make help` lists the rest.

PYTHON ?= python3
PORT ?= 8000
ROWS ?= 1000000
ARGS ?=
export PORT

VENV := .venv/bin/python
PIP := $(VENV) -m pip --disable-pip-version-check --no-input --quiet
# The demo always has the embedded PostgreSQL, also in a shell that is set up for a deployment.
LOCAL := env -u DATABASE_URL -u SECRET_KEY -u ALLOWED_HOSTS -u HTTPS -u DEBUG $(VENV)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test lint bench

help: ## list what make can do
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-6s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/runtime.stamp staticfiles/staticfiles.json ## run the product with demo data on http://127.0.0.1:8000 (PORT=)
	@$(VENV) -c 'import socket, sys; socket.create_server(("127.0.0.1", int(sys.argv[1])))' $(PORT) 2>/dev/null \
		|| { echo "Port $(PORT) is taken: stop what listens there, or run make demo PORT=8001"; exit 1; }
	@$(LOCAL) manage.py demo
	@exec env SITE_URL=http://127.0.0.1:$(PORT) $(LOCAL) -m gunicorn --no-control-socket --bind 127.0.0.1:$(PORT) sessionhistory.wsgi

# The workers and the hundred programs that they start import the same modules: bytecode is kept, whatever the shell says.
test: .venv/dev.stamp ## run the whole test suite (ARGS="-k words" for a part of it)
	@env -u PYTHONDONTWRITEBYTECODE $(VENV) -m pytest -n auto --dist worksteal $(ARGS)

lint: .venv/dev.stamp ## check style, types, templates and imports
	@$(VENV) -m ruff check .
	@$(VENV) -m ruff format --check .
	@find templates -name '*.html' -exec .venv/bin/djade --check {} +
	@$(VENV) -m mypy
	@.venv/bin/lint-imports --no-cache --no-logo

bench: .venv/bench.stamp ## measure beside peers with ROWS=1000000 sessions
	@$(VENV) -m benchmarks --rows $(ROWS) $(ARGS)

# Stamps say what is installed, so that a second start does not ask pip.

.venv/runtime.stamp: requirements/runtime.txt | .venv/bin/pip
	@echo "Installing the pinned dependencies (about a minute the first time)"
	@$(PIP) install --require-hashes -r $<
	@touch $@

.venv/dev.stamp: requirements/dev.txt | .venv/bin/pip
	@echo "Installing the pinned dependencies and tools (about a minute the first time)"
	@$(PIP) install --require-hashes -r $<
	@touch $@

.venv/bench.stamp: requirements/bench.txt | .venv/bin/pip
	@echo "Installing the pinned dependencies and what the benchmark compares with"
	@$(PIP) install --require-hashes -r $<
	@touch $@

.venv/bin/pip:
	@command -v $(PYTHON) >/dev/null || { echo "Session History needs Python 3.11 or later, and $(PYTHON) is not installed."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Session History needs Python 3.11 or later; this is $$($(PYTHON) -V). Name another: make demo PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "This Python cannot make virtual environments. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	@$(PYTHON) -m venv .venv

staticfiles/staticfiles.json: .venv/runtime.stamp sessionhistory/settings.py $(shell find static -type f 2>/dev/null)
	@$(LOCAL) manage.py collectstatic --no-input --clear --verbosity 0
	@touch $@
