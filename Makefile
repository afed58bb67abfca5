# The same commands for people and CI. Everything is installed into .venv.
PYTHON ?= python3
VENV := .venv
INSTALLED := $(VENV)/.installed
TOOLS := $(VENV)/.tools
SPHINX := $(VENV)/.sphinx
FRAMEWORKS := .venv-frameworks/.installed
CLUSTER := .venv-cluster/.installed
NATIVE := CMakeLists.txt $(shell find native -type f)
CPP := $(shell find native -name '*.cpp' -o -name '*.hpp')

# One more than processors, because some tests wait for a process or a clock.
WORKERS = $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')

# Without kept bytecode each of the many processes that the tests start compiles its libraries anew.
unexport PYTHONDONTWRITEBYTECODE

# The processes that run tests share the processors already; tests of threads ask for theirs.
test test-all fuzz: export GATECAST_THREADS = 1
test test-all fuzz: export OPENBLAS_NUM_THREADS = 1

.PHONY: demo test test-all test-cluster fuzz lint format wheel test-versions stubs sanitize docs image bench accuracy pretrain clean

demo: $(INSTALLED)
	$(VENV)/bin/gatecast demo --out demo

test: $(TOOLS)
	$(VENV)/bin/python -m pytest -n $(WORKERS) --dist worksteal

test-all: $(TOOLS) $(FRAMEWORKS)
	$(VENV)/bin/python -m pytest -n $(WORKERS) --dist worksteal -m ''

# hostile files, tables and series, each kind for about so many MINUTES, from case FIRST on
fuzz: MINUTES = 1
fuzz: FIRST = 1000000
fuzz: $(TOOLS)
	PYTHONPATH=tests $(VENV)/bin/python tests/hostile/fuzz.py --minutes $(MINUTES) --first $(FIRST)

# Dask, Ray, Spark and Fugue on this machine, in an environment of their own; their warnings are not ours
test-cluster: $(CLUSTER)
	@command -v java >/dev/null || { echo "Spark runs on Java, and none was found: install it (Debian, Ubuntu: 'apt install openjdk-17-jre-headless') and run make again."; exit 1; }
	.venv-cluster/bin/python -m pytest -q -p no:cacheprovider -o addopts=--doctest-modules -W default tests/cluster/real_*.py src/gatecast/distributed/run.py

lint: $(TOOLS)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/clang-format --dry-run --Werror $(CPP)

format: $(TOOLS)
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .
	$(VENV)/bin/clang-format -i $(CPP)

# pages that can be read without a network, in build/docs/index.html
docs: $(SPHINX)
	$(VENV)/bin/python -m sphinx -W --keep-going -q -b html -j auto docs build/docs
	@echo "Open build/docs/index.html."

# the server's image, `gatecast`; see docs/containers.md
image:
	@docker info >/dev/null 2>&1 || { echo "Docker does not run here, and an image is built by it: start it, or run the steps of the Dockerfile without it by '$(VENV)/bin/python -m pytest -m slow tests/project/test_containers.py' (after 'make test')."; exit 1; }
	docker build --tag gatecast .

# a wheel in dist/ that installs without a compiler, tried in an environment that has nothing else
wheel:
	.ci/wheel $(PYTHON)

# a part of the tests with the oldest and the newest dependencies and Pythons, see .ci/versions.txt
test-versions:
	.ci/versions

# after a change of the bindings in native/src
stubs: $(TOOLS)
	$(VENV)/bin/python -m nanobind.stubgen --quiet --module gatecast.network._native --output-file src/gatecast/network/_native.pyi

# the core's tests against builds with sanitizers (GCC)
sanitize: $(TOOLS)
	.ci/sanitize $(VENV)/bin/python address,undefined tests/network tests/training/test_sources.py
	.ci/sanitize $(VENV)/bin/python thread tests/network/test_core_threads.py tests/network/test_core_team.py tests/network/test_core_fuzz.py

bench:
	$(PYTHON) benchmarks/run.py

# make accuracy DATA=folder
accuracy: $(TOOLS)
	@test -n '$(DATA)' || { echo "No DATA was passed, and a folder with the series sets was expected: run 'make accuracy DATA=folder'."; exit 1; }
	$(VENV)/bin/python benchmarks/accuracy.py --data '$(DATA)'

# trains the pretrained networks from nothing (about three hours of one core) and goes on after an interruption
pretrain: $(INSTALLED)
	$(VENV)/bin/python pretraining/train.py

clean:
	rm -rf build docs/_made $(VENV) .venv-*

$(INSTALLED): pyproject.toml $(NATIVE)
	@command -v $${CXX:-c++} >/dev/null || command -v g++ >/dev/null || command -v clang++ >/dev/null || \
	  { echo "No C++ compiler was found, and gatecast builds its core from source: install one (Debian, Ubuntu: 'apt install g++'; Fedora: 'dnf install gcc-c++'; macOS: 'xcode-select --install') and run make again."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$$($(PYTHON) --version) was found, and gatecast needs Python 3.11 or newer: run 'make PYTHON=python3.11 ...' with a newer one."; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "This Python has no venv module: install it (Debian, Ubuntu: 'apt install python3-venv') and run make again."; exit 1; }
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile -e '.[all,statsforecast]'
	@touch $@

$(TOOLS): $(INSTALLED) requirements-dev.txt
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile -r requirements-dev.txt
	@touch $@

$(SPHINX): $(INSTALLED) requirements-docs.txt
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile -r requirements-docs.txt
	@touch $@

# Keras, PyTorch, MLflow and sktime, which some of the slow tests compare with
$(FRAMEWORKS): $(INSTALLED) tests/exchange/requirements.txt
	test -x .venv-frameworks/bin/python || $(PYTHON) -m venv .venv-frameworks
	.venv-frameworks/bin/python -m pip install --quiet --disable-pip-version-check -e . -r tests/exchange/requirements.txt
	@touch $@

# Dask, Ray, Spark and Fugue, which `make test-cluster` forecasts on
$(CLUSTER): $(INSTALLED) tests/cluster/requirements.txt
	test -x .venv-cluster/bin/python || $(PYTHON) -m venv .venv-cluster
	.venv-cluster/bin/python -m pip install --quiet --disable-pip-version-check -e '.[compare,tune]' -r tests/cluster/requirements.txt
	@touch $@
