# The commands of Counterpoint. `make demo` and `make test` need git, make and Python 3.11, and set up all the rest.
PYTHON ?= python3.11
BIN := .venv/bin
SHELL := /bin/bash
.DEFAULT_GOAL := help

# What checks run with; nothing is signed with it.
CHECKING := SECRET_KEY=only-for-checks-that-start-no-server

.PHONY: help
help:
	@echo "make demo         everything on this machine, with example studies (PORT=8001 DATA_DIR=… MODEL=…)"
	@echo "make test         all checks and all tests"
	@echo "make test-all     the same in every language, and generation with the oldest transformers that is supported"
	@echo "make messages     brings the message catalogues in locale/ in line with the sources"
	@echo "make model        trains the demo model anew"
	@echo "make adapters     trains the demo model's two communities anew"
	@echo "make screenshots  takes every page in every language, light and dark, at three widths, into data/gallery"
	@echo "make pictures     takes the pictures of the documents"

# ---- set-up ---------------------------------------------------------------------------------------------------------
# A stamp file says that what a requirements file asks for is installed, so that the next start is quick.
.venv/bin/pip:
	@command -v $(PYTHON) > /dev/null || { echo "Counterpoint needs Python 3.11; install it, or name it with PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Python's venv is missing; on Debian and Ubuntu install python3.11-venv." >&2; exit 1; }

.venv/runs: requirements.txt constraints.txt | .venv/bin/pip
	@echo "Installing what Counterpoint runs on into .venv; this happens once …"
	@$(BIN)/pip install --quiet --quiet --requirement requirements.txt
	@touch $@

.venv/tests: tests/requirements.txt requirements.txt constraints.txt | .venv/bin/pip
	@echo "Installing what the tests need into .venv; this happens once …"
	@$(BIN)/pip install --quiet --quiet --requirement tests/requirements.txt
	@touch .venv/runs $@

# ---- running --------------------------------------------------------------------------------------------------------
.PHONY: demo
demo: .venv/runs
	@exec $(BIN)/python -m config.demo

.PHONY: model
model: .venv/tests
	@# Without this, threads that wait for each other on shared cores spin, and training takes ten times as long.
	OMP_WAIT_POLICY=PASSIVE $(BIN)/python examples/demo_model/train.py --output examples/demo_model/weights

# What the two communities of the demo model learn from is written anew from its texts.
.PHONY: adapters
adapters: .venv/tests
	@for community in traditional self-expression; do \
	  rm -rf examples/demo_model/adapters/$$community; \
	  $(BIN)/python examples/demo_model/community_corpus.py $$community --output data/$$community.jsonl || exit $$?; \
	  OMP_WAIT_POLICY=PASSIVE GENERATOR_DEVICE=cpu $(CHECKING) $(BIN)/python manage.py train_community data/$$community.jsonl \
	    --model examples/demo_model/weights --output examples/demo_model/adapters/$$community \
	    --rank 4 --batch-size 16 --learning-rate 0.005 \
	    --provenance "Put together by examples/demo_model/community_corpus.py from the templates of this repository, all written for it; Apache-2.0." \
	    --safety-note "Templates that stand for one value: a caricature to test with, and no community of people. It understands nothing." \
	    || exit $$?; \
	done
	@cd examples/demo_model/adapters && sha256sum */adapter_model.safetensors > CHECKSUMS

.PHONY: screenshots
screenshots: .venv/tests
	$(BIN)/python -m tests.chromium
	GALLERY=data/gallery $(BIN)/python -m pytest -q tests/browser/gallery.py
	@echo "Every page: data/gallery/index.html"

.PHONY: pictures
pictures: .venv/tests
	$(BIN)/python -m tests.chromium
	$(BIN)/python -m docs.screenshots

.PHONY: messages
messages: .venv/runs
	$(BIN)/python -m config.catalogues

# ---- checks and tests -----------------------------------------------------------------------------------------------
.PHONY: test
test: .venv/tests
	@$(BIN)/python -m tests.chromium
	@status=0; \
	$(MAKE) --no-print-directory --keep-going checks || status=$$?; \
	$(BIN)/python -m pytest -n 3 --dist loadfile $(ARGUMENTS) || status=$$?; \
	exit $$status

.PHONY: checks lint format types arrows templates
checks: lint format types arrows templates
lint: .venv/tests
	$(BIN)/ruff check .
format: .venv/tests
	$(BIN)/ruff format --check .
types: .venv/tests
	$(CHECKING) $(BIN)/mypy .
arrows: .venv/tests
	$(CHECKING) $(BIN)/lint-imports --no-logo
templates: .venv/tests
	$(BIN)/djlint --check --lint templates

# A second environment: everything as in the first, but the older transformers that GPU machines may have.
.venv-oldest/tests: .venv/tests
	@$(PYTHON) -m venv .venv-oldest
	@grep -v -E '^(transformers|tokenizers|huggingface_hub|hf-xet)==' constraints.txt > .venv-oldest/constraints.txt
	@grep -v '^-' requirements.txt | sed 's/^transformers==[^ ]*/transformers==5.17.0/' > .venv-oldest/requirements.txt
	@grep -v '^-' tests/requirements.txt >> .venv-oldest/requirements.txt
	@.venv-oldest/bin/pip install --quiet --quiet -r .venv-oldest/requirements.txt -c .venv-oldest/constraints.txt
	@touch $@

.PHONY: test-all
test-all: .venv-oldest/tests
	@status=0; \
	.venv-oldest/bin/python -m pytest tests/sampling || status=$$?; \
	MATRIX=whole $(MAKE) --no-print-directory test || status=$$?; \
	exit $$status
