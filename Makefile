.PHONY: setup format check test test-all docs coverage mutants fuzz

setup:  ## install the whole workbench into the active environment
	pip install -r requirements.txt

format:  ## rewrite the code in the house style
	ruff check --fix .
	ruff format .

check:  ## style, and types where there is no Keras
	ruff check .
	ruff format --check .
	mypy

test:  ## the unit tests; four minutes on 2 cores
	python -m pytest -m "not slow and not long"

test-all:  ## everything, also what takes minutes
	python -m pytest -m ""

docs:  ## the documentation as a site, in site/
	mkdocs build --strict

coverage:  ## which lines and branches no test runs; 90 % is the least
	python -m pytest --cov --cov-branch --cov-report=term

mutants:  ## break the code in one place at a time: the tests named for it must fail; 15 minutes
	python -m tests.mutants

FUZZ_SECONDS ?= 3600
fuzz:  ## try each parser of files on a hundred thousand inputs or more; an hour each at most
	python -m tests.fuzz --seconds $(FUZZ_SECONDS) $(FUZZ_TARGETS)
