# Everything a machine needs is made here: .venv from pinned requirements, servers from wheels.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DOMAINS ?=
TARGETS ?=
ARGS ?=
CONTACT ?=
comma := ,
# Tests wait for servers as often as they compute: three processes keep two cores busy.
AT_ONCE := -n 3 --dist worksteal

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

demo: $(VENV)/.local  ## two workers crawl a small web on this machine; prints a report and checks it (about a minute)
	@$(BIN)/python -m tests.web.demo

test: $(VENV)/.dev  ## everything: ruff, mypy, import contracts, all tests on real servers (some of them: ARGS="tests/test_urls.py -k x")
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/lint-imports
	@$(BIN)/mypy
	@$(BIN)/python -m pytest $(or $(ARGS),$(AT_ONCE))

crawl: $(VENV)/.local  ## make crawl DOMAINS=a.com,b.org TARGETS=c.com: crawl sites of the open web
	@test -n "$(DOMAINS)" || { echo 'Say what to crawl: make crawl DOMAINS=a.com,b.org [TARGETS=c.com]'; exit 2; }
	@$(BIN)/scrapy crawl seeds -a domains="$(DOMAINS)" $(if $(TARGETS),-a targets="$(TARGETS)") \
	  $(if $(CONTACT),-s CONTACT="$(CONTACT)") $(ARGS)
	@for site in $(subst $(comma), ,$(TARGETS)); do $(BIN)/scrapy report "$$site"; done

audit: $(VENV)/.local  ## known vulnerabilities of what is pinned (asks osv.dev, so no part of test)
	@$(BIN)/python -m tests.audit

bench: $(VENV)/.dev  ## the whole worker beside other crawlers, in one run (about an hour; theirs are installed into .benchmarks/)
	@$(BIN)/python -m tests.benchmarks.worker --json tests/benchmarks/results/worker.json $(ARGS)

bench-quick: $(VENV)/.dev  ## whether the worker became slower: beside two others on a tenth of the web (about a minute)
	@$(BIN)/python -m tests.benchmarks.worker --quick $(ARGS)

bench-hosts: $(VENV)/.dev  ## memory and open sockets with 1,000, 5,000 and 10,000 hosts, default settings beside broad ones (about 10 minutes)
	@$(BIN)/python -m tests.benchmarks.worker --web hosts --rounds 1 --json tests/benchmarks/results/worker-hosts.json $(ARGS)

bench-saved: $(VENV)/.dev  ## the worker alone on saved pages of a thousand sites, default settings beside broad ones
	@$(BIN)/python -m tests.benchmarks.worker --web real --rounds 3 --json tests/benchmarks/results/worker-real.json $(ARGS)

bench-growth: $(VENV)/.dev  ## the same crawl beside 10,000, 100,000 and a million known URLs (about 5 minutes)
	@$(BIN)/python -m tests.benchmarks.growth --json tests/benchmarks/results/growth.json $(ARGS)

bench-frontier: $(VENV)/.dev  ## the shared frontier beside stock scrapy-redis, in one run (about 20 minutes)
	@$(BIN)/python -m tests.benchmarks.frontier --json tests/benchmarks/results/frontier.json $(ARGS)

bench-store: $(VENV)/.dev  ## the index: 5 million links written, on disk, read (about 6 minutes, 4 GB of disk)
	@$(BIN)/python -m tests.benchmarks.store --json tests/benchmarks/results/store.json $(ARGS)

bench-reports: $(VENV)/.dev  ## what people wait for: summary, gap and export on 5 million links (about 15 minutes, 4 GB of disk)
	@$(BIN)/python -m tests.benchmarks.reports --json tests/benchmarks/results/reports.json $(ARGS)

bench-real: $(VENV)/.dev  ## crawl three documentation sites, compare the stored links with an independent reading
	@$(BIN)/python -m tests.real_input docs $(ARGS)

bench-extract: $(VENV)/.dev  ## CPU a page of several ways to read links, beside ours
	@$(BIN)/python -m tests.benchmarks.extract --json tests/benchmarks/results/extract.json $(ARGS)

fuzz-extract: $(VENV)/.dev  ## coverage-guided fuzzing of extraction, ten minutes
	@$(BIN)/python -m tests.fuzz.extract -max_total_time=600 $(ARGS)

bench-life: $(VENV)/.dev  ## change documentation sites in known ways, check that the index tells exactly these changes
	@$(BIN)/python -m tests.real_input life $(ARGS)

bench-wire: $(VENV)/.dev  ## CPU a page of several download handlers, in Scrapy and alone (about 20 minutes)
	@$(BIN)/python -m tests.benchmarks.wire --json tests/benchmarks/results/wire.json $(ARGS)

bench-urls: $(VENV)/.dev  ## what the identity of a URL costs, beside other ways (about 2 minutes)
	@$(BIN)/python -m tests.benchmarks.urls $(ARGS)

services-stop: $(VENV)/.local  ## stop the local Valkey and MongoDB; their data is kept in .services/
	@$(BIN)/scrapy services stop

deploy: $(VENV)/.dev  ## build an egg and give it to the Scrapyd named in scrapy.cfg
	@$(BIN)/scrapyd-deploy --version "$$(date +%s)"
	@rm -rf build project.egg-info backlink_crawler.egg-info

clean:  ## stop the local servers and remove everything that was made here, the index included
	@if [ -x $(BIN)/scrapy ] && [ -d .services ]; then $(BIN)/scrapy services stop || exit 1; fi
	@rm -rf $(VENV) .services .demo .benchmarks build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis \
	  .import_linter_cache eggs logs dbs
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
