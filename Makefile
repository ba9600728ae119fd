# make run: the gateway with all plugins on 127.0.0.1:8000.   make test: every check.   Both set up what is missing.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The reader that has to be completed by hand (see its README) comes with the tests only.
LATER := plugins/token0-rapidocr
DISTRIBUTIONS := . $(filter-out $(LATER),$(wildcard plugins/*))
SETUPS := setup.cfg $(wildcard plugins/*/setup.cfg)
SOURCES := token0 $(filter-out %.egg-info,$(wildcard plugins/*/token0_*))
empty :=
MYPYPATH := $(subst $(empty) $(empty),:,. $(wildcard plugins/*))

.PHONY: run test check format clean

run: $(VENV)/.ready
	$(BIN)/token0-gateway run --config examples/token0.yaml

test: check
	$(BIN)/pytest -q

check: $(VENV)/.ready-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	MYPYPATH=$(MYPYPATH) $(BIN)/mypy $(SOURCES)

format: $(VENV)/.ready-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/bin/pip:
	PYTHON=$(PYTHON) sh .ci/system
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -qq --upgrade pip 'setuptools>=77' wheel

# Editable, so that a second run only looks at the time of the setup.cfg files.
$(VENV)/.ready: $(VENV)/bin/pip $(SETUPS)
	$(BIN)/pip install -qq $(addprefix -e ./,$(DISTRIBUTIONS))
	touch $@

$(VENV)/.ready-test: $(VENV)/.ready
	$(BIN)/pip install -qq -e '.[test]' $(addprefix -e ./,$(LATER))
	$(BIN)/pip install -qq --no-deps rapidocr
	touch $@

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache
