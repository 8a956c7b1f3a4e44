# make figures | verify | test | lint | types | bench | sweep | faults; each sets up its own environment in .venv first.
PYTHON ?= python3
BIN := .venv/bin
export OMP_NUM_THREADS ?= 1
export MPLBACKEND = Agg

.PHONY: figures verify test lint types bench sweep faults clean

figures: .venv/ready
	$(BIN)/python -m valleys.gallery $(if $(QUICK),--quick) $(if $(FORCE),--force)

# Every committed path, read from its file alone: does the loss rise? In integers, rationals and balls.
verify: .venv/ready
	$(BIN)/python -m check --quiet */outputs_*/paths/*.npz

# Half of the tests each, in their order (what a file shares is computed once), then the rest is stolen: none waits long.
test: .venv/ready-dev
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: .venv/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .

# The page's modules under TypeScript's strict check; npx fetches the compiler once.
types:
	npx --yes --package typescript@5.9.3 tsc -p valleys/page/assets/jsconfig.json

bench: .venv/ready-dev
	$(BIN)/python -m benchmarks

sweep: .venv/ready-dev
	$(BIN)/python -m tests.sweep $(SWEEP)

# Every script killed at seeded moments, on a full disk, with two threads: the tests try two of them.
faults: .venv/ready-dev
	FAULTS=all $(BIN)/python -m pytest tests/test_faults.py

.venv/ready: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

.venv/ready-dev: requirements-dev.txt .venv/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

clean:
	rm -rf .venv
