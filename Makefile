# Everything runs in .venv, made from requirements.lock. Another Python: make PYTHON=python3.13 test
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
# The version of uv that writes the locks; it is needed for nothing else.
UV_VERSION := 0.13.9
COMPILE := .venv-lock/bin/uv pip compile --quiet --no-config --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header $(UPGRADE)

.DEFAULT_GOAL := help
.PHONY: help study update test browser standards lab lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

study: $(READY) ## Run every notebook from scratch and compare it with what is committed
	$(BIN)/python tools/notebooks.py

update: $(READY) ## Run every notebook and write what it shows now
	$(BIN)/python tools/notebooks.py --update

test: $(READY) ## Check style, types and behaviour
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest

browser: $(READY) ## Read the notebooks as pages in Chromium, which must be installed
	$(BIN)/python -m pytest tests/browser -o addopts="" -ra

# In an environment of their own: they want older versions of what the notebooks need.
standards: ## Validate CITATION.cff and the data packages by other people's tools
	$(PYTHON) -m venv .venv-standards
	.venv-standards/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/standards.lock
	.venv-standards/bin/cffconvert --validate
	.venv-standards/bin/python .ci/standards.py

lab: $(READY) ## Open the notebooks in JupyterLab
	$(BIN)/jupyter lab notebooks/00-start-here.ipynb

# Pins that pyproject.toml still allows are kept; `make lock UPGRADE=--upgrade` takes the newest.
# The settings of this machine (pip's and uv's) are left aside: the lock holds for PyPI itself.
lock: ## Write the locks again after a change in pyproject.toml
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet uv==$(UV_VERSION)
	$(COMPILE) --extra test --group build pyproject.toml --output-file requirements.lock
	$(COMPILE) .ci/standards.in --output-file .ci/standards.lock
	{ echo '# Every package that kzpolicy and its tests need, with the hashes of its files,'; \
	  echo '# for Python 3.11 and newer on Linux, macOS and Windows.'; \
	  echo '# Written by `make lock` from pyproject.toml: do not edit by hand.'; \
	  cat requirements.lock; } > requirements.lock.new
	mv requirements.lock.new requirements.lock

clean: ## Remove what make and the tools wrote (not the notebooks' outputs)
	rm -rf .venv .venv-lock .venv-standards build dist kzpolicy.egg-info .hypothesis .mypy_cache \
		.pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
	find . -name .ipynb_checkpoints -prune -exec rm -rf {} +

# Made anew when the lock or pyproject.toml changed, so that nothing old stays behind.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
		"$(PYTHON) is too old: kzpolicy needs Python 3.11 or newer; name one, as in make PYTHON=python3.12")'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
