# What a reader or an author types. `make help` lists it.
# Everything is installed into .venv and built into _build, so `make clean` undoes it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Strict: every warning fails the build, every cross-reference must lead somewhere.
STRICT := -W -n --keep-going
CHINESE := _build/html
ENGLISH := _build/en/_build/html

.DEFAULT_GOAL := help
# Two pips in one environment would get in each other's way.
.NOTPARALLEL:
.PHONY: help book test lint notebooks serve clean chromium

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/made: # an environment with a Python that the package supports
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { \
	  echo "This book needs Python 3.11, 3.12 or 3.13; '$(PYTHON)' is $$($(PYTHON) -V 2>&1)."; \
	  echo "Name another one: make PYTHON=python3.12 book"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "Could not make $(VENV). On Debian and Ubuntu: apt-get install python3-venv"; \
	  rm -rf $(VENV); exit 1; }
	@touch $@

# The stamp makes a repeat instant.
$(VENV)/installed: pyproject.toml constraints.txt | $(VENV)/made
	@echo "Installing the package and its tools (the first time takes minutes) ..."
	@$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e ".[book,test]"
	@touch $@

# Sphinx itself decides what is out of date. After a failure its notes are thrown
# away, or the next run would not repeat the warnings; outputs stay in the cache.
book: $(VENV)/installed ## build the Chinese and the English book
	@$(BIN)/jupyter-book build . $(STRICT) \
	  || { rm -rf _build/.doctrees; exit 1; }
	@$(BIN)/jupyter-book build book/en --path-output _build/en $(STRICT) \
	  || { rm -rf _build/en/_build/.doctrees; exit 1; }
	@rm -rf $(CHINESE)/book/en
	@cp -R $(ENGLISH) $(CHINESE)/book/en
	@echo
	@echo "Both books are ready. Open this page: $(CURDIR)/$(CHINESE)/index.html"

# Playwright's own Chromium first; where it cannot be downloaded, the system's.
chromium: $(VENV)/installed
	@$(BIN)/python tests/browser/chromium.py --install

# The code cells of both trees are the same bytes, which tests/book holds: running one
# tree runs both.
test: book chromium ## run all tests: package, book, browser, every notebook
	@$(BIN)/python -m pytest tests
	@$(BIN)/python -m pytest --nbval book/zh

notebooks: $(VENV)/installed ## run every cell of every notebook, in both trees
	@$(BIN)/python -m pytest --nbval book

lint: $(VENV)/installed ## check the format and the style of the code
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

serve: ## show the built book at http://localhost:8000
	@test -f $(CHINESE)/index.html || { echo "There is no book yet: make book"; exit 1; }
	@$(PYTHON) -m http.server --bind 127.0.0.1 --directory $(CHINESE) 8000

clean: ## remove the environment and all that was built
	@rm -rf $(VENV) _build *.egg-info
