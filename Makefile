# What a reader or an author types. `make help` lists it.
# Everything is installed into .venv and built into _build, so `make clean` undoes it.

PYTHON ?= python3
SOLUTIONS = yes
BACKEND = jax
VENV := .venv
BIN := $(VENV)/bin
CHINESE := _build/html
# A file of tests, or a notebook, stays on one worker; each worker needs memory.
SIDE_BY_SIDE := -n logical --maxprocesses 8 --dist loadfile
# Not the files with the most tests first: those of the browser have few, and take long.
IN_ORDER := --no-loadscope-reorder

.DEFAULT_GOAL := help
# Where it is set, as in many containers, each process compiles TensorFlow's thousands of
# modules anew: eleven seconds, for every kernel and every worker.
unexport PYTHONDONTWRITEBYTECODE

# Two pips in one environment would get in each other's way.
.NOTPARALLEL:
.PHONY: help homework grade quizzes classroom book test test-package test-backend lint notebooks margins serve clean chromium

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# An environment knows the name of its folder. In one of another name it is made anew.
ifneq ($(shell grep -s '^command = ' $(VENV)/pyvenv.cfg | grep -vF " $(CURDIR)/$(VENV)"),)
.PHONY: $(VENV)/installed
endif

# The stamp makes a repeat instant.
$(VENV)/installed: pyproject.toml constraints.txt
	@$(PYTHON) tools/install.py

book: $(VENV)/installed ## build both books; for a class, without solutions: SOLUTIONS=no
	@$(BIN)/python tools/make_book.py --solutions "$(SOLUTIONS)"

# Playwright's own Chromium first; where it cannot be downloaded, the system's.
chromium: $(VENV)/installed
	@$(BIN)/python tests/browser/chromium.py --install

# The notebooks are not run again: building the book has run every cell, and fails if
# one does.
test: book chromium ## run all tests: package, book, browser, every notebook
	@$(BIN)/python -m pytest tests $(SIDE_BY_SIDE) $(IN_ORDER)

# What depends on the version of Python; the code of both trees is the same.
test-package: $(VENV)/installed ## run the package's own tests and one tree's notebooks
	@$(BIN)/python -m pytest tests $(SIDE_BY_SIDE) \
	  --ignore tests/book --ignore tests/browser --ignore tests/test_repository.py
	@$(BIN)/python -m pytest --nbval book/zh $(SIDE_BY_SIDE)

# What does not import Keras is left out. JAX comes with the tests, PyTorch does not.
test-backend: $(VENV)/installed ## run the package's tests elsewhere: BACKEND=jax or torch
	@KERAS_BACKEND="$(BACKEND)" $(BIN)/python -m pytest tests $(SIDE_BY_SIDE) \
	  $(addprefix --ignore tests/,book browser homework test_classroom.py \
	    test_install.py test_make_book.py test_quiz_export.py test_repository.py \
	    test_tools.py)

notebooks: $(VENV)/installed ## run every cell of every notebook, in both trees
	@$(BIN)/python -m pytest --nbval book $(SIDE_BY_SIDE)

margins: $(VENV)/installed ## measure how surely the pages' assertions hold (an hour)
	@$(BIN)/python tools/measure_margins.py --jobs 2

lint: $(VENV)/installed ## check the format and the style of the code
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/oxfmt --check '**/*.js'
	@$(BIN)/oxlint --deny-warnings

homework: $(VENV)/installed ## write a homework for students: HW=0 LANG=zh
	@$(BIN)/python tools/homework_release.py "$(HW)" "$(LANG)"

grade: $(VENV)/installed ## grade a homework: HW=0 LANG=zh SUBMISSIONS=a.zip KEY=text
	@$(BIN)/python tools/homework_grade.py "$(HW)" "$(LANG)" "$(SUBMISSIONS)" "$(KEY)"

quizzes: $(VENV)/installed ## write quizzes and an exam for course platforms: KEY=text
	@$(BIN)/python tools/quiz_export.py "$(KEY)"

# Solutions are in it, in the notebooks as in the pages.
classroom: override SOLUTIONS = yes
classroom: book ## make zips for computers without a network, and try them
	@$(BIN)/python tools/make_classroom.py

serve: ## show the built book at http://localhost:8000
	@test -f $(CHINESE)/index.html || { echo "There is no book yet: make book"; exit 1; }
	@$(PYTHON) -m http.server --bind 127.0.0.1 --directory $(CHINESE) 8000

clean: ## remove the environment and all that was built
	@rm -rf $(VENV) _build *.egg-info
