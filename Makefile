# Every target sets up what it needs in .venv. PYTHON is any Python from 3.11 on.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: demo test long mutation bench lint proofs wheel clean

demo: $(READY)
	$(BIN)/lumpver demo

test: $(READY)
	$(BIN)/pytest -n 2

long: $(READY)
	$(BIN)/pytest -n 2 -m long

mutation: $(READY)
	$(BIN)/pytest -m long tests/test_mutation.py tests/test_mutation_models.py

bench: $(READY)
	$(BIN)/python tests/benchmarks/bench.py

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# Needs Rocq and OCaml: apt-get install --no-install-recommends coq libcoq-mathcomp
#   libzarith-ocaml-dev ocaml ocaml-findlib
proofs:
	$(MAKE) -C proofs/rocq coqchk
	$(MAKE) -C proofs/rocq/checker all check

# Needs OCaml and Rocq, too; whoever installs the wheel needs neither (Linux, x86-64).
INSIDE := lumpver/theory/lumpcheck/lumpcheck
wheel: $(READY)
	$(MAKE) -C proofs/rocq/checker LINK='-ccopt -static' BUILT=_build/lumpcheck-static _build/lumpcheck-static
	cp proofs/rocq/checker/_build/lumpcheck-static $(INSIDE)
	$(BIN)/python -m pip wheel --quiet --no-deps -w dist . || (rm $(INSIDE); exit 1)
	rm $(INSIDE)

clean:
	rm -rf .venv .hypothesis notebooks/.hypothesis .mypy_cache .pytest_cache .ruff_cache build dist
	find lumpver experiments tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Written last, so that an install that was interrupted starts again.
$(READY): pyproject.toml tests/constraints.txt
	@echo "Installing into .venv; the first time this takes a minute or two."
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c tests/constraints.txt -e '.[test]'
	touch $@
