# `make repro` makes the music, `make test` checks it; both set up .venv by themselves.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help install develop repro packs test lint docs smoke verify queue clean

# The first Python on this machine that pyproject.toml allows; `make repro PYTHON=...` names another.
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))
PYTHON ?= $(shell for p in python3 python3.11 python3.12; do "$$p" -c "$(FITS)" 2>/dev/null && echo "$$p" && break; done)
VENV := .venv
DONE := $(VENV)/.installed
TOOLS := $(VENV)/.developing
PIP = $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
# Where PyTorch without the libraries of a graphics card comes from (4 GB less); empty: from the usual registry.
CPU_INDEX ?= https://download.pytorch.org/whl/cpu
# The stages call `python` and the queue of DVC calls `dvc`: both are the ones of .venv.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
unexport PYTHONPATH
unexport VIRTUAL_ENV
export DVC_NO_ANALYTICS := 1

help:  ## list what can be made
	@grep -hE '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

install: $(DONE)  ## create .venv and install chaconne with the tested versions

$(DONE): pyproject.toml constraints.txt scripts/install_torch.py
	@[ -n "$(PYTHON)" ] || { echo "expected Python 3.11 or 3.12, found none; install one, then: make PYTHON=/path/to/python"; exit 1; }
	@echo "== Creating $(VENV) with $(PYTHON) and installing (PyTorch is large: some minutes)"
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python scripts/install_torch.py "$(CPU_INDEX)"
	@$(PIP) -e .
	@$(PIP) --no-deps basic-pitch frechet-audio-distance musicnn
	@touch $(DONE)

develop: $(TOOLS)  ## install what tests, docs and the optional embedders need, too

$(TOOLS): $(DONE)
	@echo "== Installing what tests and docs need"
	@$(PIP) -e '.[dev]'
	@touch $(TOOLS)

repro: $(DONE)  ## make the music, the numbers and the page (the audio branch)
	@echo "== Running the pipeline up to the page: what is already there is not made again"
	@start=$$SECONDS; dvc repro || { status=$$?; \
	echo "== It stopped. The same command goes on where it was; docs/faults.md says more."; exit $$status; }; \
	echo "== Done in $$(( (SECONDS - start) / 60 )) min $$(( (SECONDS - start) % 60 )) s. Open this page in a browser:"
	@echo "   $(CURDIR)/metrics/report.html"

packs: $(DONE)  ## make what ships in pretrained/ anew: codec, GAN, diffusion model (25 minutes where none is there yet)
	@for part in codec gan diffusion; do \
	stage=$$([ $$part = codec ] && echo pack_codec || echo pack@$$part); \
	dvc repro stages/packs/dvc.yaml:$$stage && rm -rf pretrained/$$part && cp -r data/packs/$$part pretrained/$$part; done

test: lint  ## check the code, then run every test (`make test TESTS="-m 'not slow'"` leaves the pipeline out)
	@echo "== Running the tests (those marked slow run the whole pipeline at scale smoke)"
	@OMP_WAIT_POLICY=PASSIVE python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder $(TESTS)

lint: $(TOOLS)  ## check the code with ruff
	@echo "== Checking the code with ruff"
	@ruff check .

docs: $(TOOLS)  ## build the pages of docs/ with their reference; links are checked
	@NO_MKDOCS_2_WARNING=1 python -m mkdocs build --strict --quiet
	@echo "== Open $(CURDIR)/build/site/index.html"

smoke: $(DONE)  ## run the whole pipeline in a copy of this folder, on a few pieces, in minutes
	@echo "== Running the whole pipeline at scale smoke in a copy"
	@python scripts/smoke.py "$$(mktemp -d)/smoke"

verify: $(DONE)  ## run the pipeline afresh in a copy (half an hour) and compare with the committed metrics
	@python scripts/verify.py

WORKERS ?= 2
queue: $(DONE)  ## run all queued experiments with WORKERS=2 workers, wait, and say what failed
	@python scripts/run_queue.py $(WORKERS)

clean:  ## remove .venv, caches of tools and half-finished trainings; data and results stay
	rm -rf $(VENV) .resume .pytest_cache .ruff_cache build dist src/*.egg-info
	find src stages tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +
