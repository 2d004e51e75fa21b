# make demo | test | bench | bare | lint. Debian packages that are missing are installed by apt-get, Python packages into .venv.
SHELL := /bin/bash
export PATH := $(PATH):/usr/sbin:/usr/local/sbin
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
WORKERS = $(shell expr $$(nproc) + 1)
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
CORE := setup.py pyproject.toml constraints.txt $(wildcard edge/core/build_core.py firmware/include/cooee/*.h firmware/src/*.[ch] firmware/ports/host/*.[ch] firmware/sentinels/*.[ch])

# command:package pairs; a package is installed when its command is not on PATH
RUN_TOOLS := cc:gcc mosquitto:mosquitto
TEST_TOOLS := $(RUN_TOOLS) g++:g++ mosquitto_sub:mosquitto-clients chromium:chromium clang:clang avr-gcc:gcc-avr simavr:simavr \
	qemu-system-arm:qemu-system-arm arm-none-eabi-gcc:gcc-arm-none-eabi cppcheck:cppcheck curl:curl systemd-analyze:systemd docker-compose:docker-compose
TEST_PACKAGES := avr-libc libsimavr-dev libelf-dev libnewlib-arm-none-eabi libstdc++-arm-none-eabi-newlib fonts-dejavu-core fonts-lohit-deva

.PHONY: demo test shots soak sentinels mutants bench bare lint style influxd influxd2 arduino esphome homeassistant run-tools test-tools clean

demo: .venv/run-installed
	@$(BIN)/cooee demo $(ARGS)

# A worker more than there are cores, as many tests wait for processes; so no library takes more than one thread: they would
# wait for each other, and spin. One of the tests is mypy.
test: .venv/test-installed influxd arduino esphome homeassistant style
	OMP_NUM_THREADS=1 $(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --cov --cov-report=term $(ARGS)

# Every state of the page at three widths, light and dark, and a contact sheet; make shots ARGS=dry shoots one state,
# make shots ARGS=figure README's picture.
shots: .venv/test-installed
	$(BIN)/python -m tests.dashboard.shots $(ARGS)

# 200 power cuts of an emulated Uno; then an hour or more of kills of every process and power cuts of simulated nodes, for
# which ARGS='--kills 100 --readings 100000' is shorter.
soak: .venv/test-installed
	COOEE_POWER_CUTS=$${COOEE_POWER_CUTS:-200} $(BIN)/pytest -q tests/firmware/test_uno_power_cuts.py
	$(BIN)/python -m tests.soak $(ARGS)

# The committed sentinels are what `cooee train` makes now of all seasons, and decide as scikit-learn on every row of them:
# three minutes of processor time. make test has a few seasons.
sentinels: .venv/test-installed
	OMP_NUM_THREADS=1 $(BIN)/pytest -q tests/cloud/training/all_seasons.py

mutants: .venv/test-installed
	$(BIN)/python -m tests.mutants

bench: .venv/test-installed
	$(BIN)/cooee bench $(ARGS)

# The demo and the wheel on a minimal Debian in a folder; make bare ARGS=test runs all tests there. Needs root or sudo.
bare:
	@tests/bare_debian.sh $(ARGS)

# The InfluxDB servers of the tests, built once into the user's cache folder. Their tests need both in CI, and skip without.
influxd: | .venv/test-installed
	@bench/influxd/build.sh 1.8.10 || [ "$$CI" != true ]
	@[ "$$CI" != true ] || bench/influxd/build.sh 2.7.12

# Debian's Arduino core, unpacked into the user's cache folder; its tests need it in CI, and skip without.
arduino: | test-tools
	@bench/arduino/build.sh || [ "$$CI" != true ]

# ESPHome in an environment of its own; its tests need it in CI, and skip without.
esphome: | test-tools
	@PYTHON=$(PYTHON) bench/esphome/build.sh || [ "$$CI" != true ]

# Home Assistant's core in an environment of its own; its test needs it in CI, and skips without.
homeassistant: | test-tools
	@PYTHON=$(PYTHON) tests/home_assistant/install.sh || [ "$$CI" != true ]

influxd2: influxd
	@bench/influxd/build.sh 2.7.12

lint: style
	$(BIN)/mypy .

style: .venv/test-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

run-tools:
	@$(call apt_install,$(RUN_TOOLS),)

test-tools:
	@$(call apt_install,$(TEST_TOOLS),$(TEST_PACKAGES))

.venv/run-installed: $(CORE) | run-tools
	@$(call pip_install,.)
	@touch $@

.venv/test-installed: $(CORE) | test-tools
	@$(call pip_install,.[test$(comma)bench])
	@touch .venv/run-installed $@

clean:
	rm -rf .venv build artefacts *.egg-info edge/core/_core*

comma := ,

# Installs what is missing of (1) command:package pairs and (2) packages without a command, and what Python needs to make .venv.
define apt_install
missing=; for pair in $(1); do command -v $${pair%%:*} >/dev/null || missing="$$missing $${pair#*:}"; done; \
for package in $(2); do dpkg -s $$package >/dev/null 2>&1 || missing="$$missing $$package"; done; \
$(PYTHON) -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || missing="$$missing python3-venv"; \
$(PYTHON) -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(sysconfig.get_paths()["include"] + "/Python.h"))' || missing="$$missing python3-dev"; \
if [ -n "$$missing" ]; then \
	command -v apt-get >/dev/null || { echo "Cooee needs these packages, and there is no apt-get here to install them:$$missing" >&2; exit 2; }; \
	echo "Installing Debian packages:$$missing"; \
	$(SUDO) apt-get -qq update && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $$missing >/dev/null; \
fi
endef

define pip_install
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Cooee needs Python 3.11 or newer; set PYTHON=python3.x")' && \
{ [ -x $(BIN)/python ] || $(PYTHON) -m venv .venv; } && \
echo "Installing Python packages into .venv (a few minutes the first time)" && \
PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install -q --use-pep517 --disable-pip-version-check -e '$(1)'
endef
