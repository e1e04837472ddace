.PHONY: setup format check test

setup:  ## install the whole workbench into the active environment
	pip install -r requirements.txt

format:  ## rewrite the code in the house style
	ruff check --fix .
	ruff format .

check:  ## style only
	ruff check .
	ruff format --check .

test:  ## everything; about 5 minutes on 2 cores
	python -m pytest
