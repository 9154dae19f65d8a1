# Aloft's commands. `make run` and `make test` are all one needs; `make help` lists the others.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help build run rigs test tour gallery bench soak accuracy truths peers

export PATH := $(HOME)/.cargo/bin:$(PATH)
CARGO := cargo
# Where cargo puts the programs.
BUILT := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
# A Python of our own for the rigs that compare with other tools.
VENV := $(CURDIR)/target/venv
PYTHON := $(VENV)/bin/python

# Servers and tools for the tests of buckets; the tests look for them here.
export ALOFT_RIGS := $(or $(ALOFT_RIGS),$(CURDIR)/target/rigs)

help: ## List the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 12

build: ## Build the release programs into target/release
	@tests/setup.sh build
	$(CARGO) build --release --locked --workspace --bins

run: ## Open the workbench; with no display, take the tour of it on a virtual one
	@if [[ -n "$${DISPLAY:-}$${WAYLAND_DISPLAY:-}" || "$$(uname -s)" != Linux ]]; then \
		tests/setup.sh window; \
		$(MAKE) --no-print-directory build; \
		exec "$(BUILT)/release/aloft-workbench"; \
	else \
		echo "No display here: the real window opens on a virtual one and takes the tour."; \
		$(MAKE) --no-print-directory tour; \
	fi

$(ALOFT_RIGS)/python/ready: tests/rigs/requirements.txt
	@tests/setup.sh venv
	python3 -m venv "$(ALOFT_RIGS)/python"
	"$(ALOFT_RIGS)/python/bin/pip" install --quiet --disable-pip-version-check -r tests/rigs/requirements.txt
	@touch "$@"

$(ALOFT_RIGS)/node/ready: tests/rigs/package.json
	@mkdir -p "$(ALOFT_RIGS)/node"
	cp tests/rigs/package.json "$(ALOFT_RIGS)/node/"
	npm install --silent --no-audit --no-fund --prefix "$(ALOFT_RIGS)/node"
	@touch "$@"

rigs: $(ALOFT_RIGS)/python/ready $(ALOFT_RIGS)/node/ready
	@tests/setup.sh rigs

test: rigs ## Run every test, in a debug build
	$(CARGO) build --workspace --locked
	$(CARGO) test --workspace --locked

tour: build rigs ## Take the steps of a first use in the release window, from outside; screenshots in target/tour
	ALOFT_TOUR=full $(CARGO) test --release --locked --workspace --test tour -- --nocapture

gallery: ## Draw every page in every state into target/gallery
	$(CARGO) build --workspace --locked
	$(CARGO) test --workspace --locked --test gallery -- --nocapture

soak: build rigs ## The heavy rigs: 200 kills, and what takes too long for each change
	$(CARGO) build --workspace --locked
	ALOFT_SOAK=1 ALOFT_KILLS=200 $(CARGO) test --workspace --locked --test 'fault_*' --test 'window_*' \
		--test transfer --test cli_serve -- --nocapture
	ALOFT_SOAK=1 ALOFT_BIN="$(BUILT)/release" $(CARGO) test --workspace --locked --test larger_than_memory -- --nocapture
	$(MAKE) --no-print-directory accuracy
	$(MAKE) --no-print-directory truths
	$(MAKE) --no-print-directory peers

$(VENV)/ready: tests/requirements.txt
	@tests/setup.sh venv
	python3 -m venv "$(VENV)"
	"$(VENV)/bin/pip" install --quiet --disable-pip-version-check -r tests/requirements.txt
	@touch "$@"

# The peers of the serving rigs, apart since they pin other versions.
SERVING_VENV := $(CURDIR)/target/venv-serving
SERVING_PYTHON := $(SERVING_VENV)/bin/python

$(SERVING_VENV)/ready: tests/serving/requirements.txt
	@tests/setup.sh venv
	python3 -m venv "$(SERVING_VENV)"
	"$(SERVING_VENV)/bin/pip" install --quiet --disable-pip-version-check -r tests/serving/requirements.txt
	@touch "$@"

peers: build $(SERVING_VENV)/ready ## Try an endpoint with MLServer's client, Prometheus, schemathesis and PyTorch
	@tests/setup.sh peers
	$(SERVING_PYTHON) tests/serving/peers.py --aloft "$(BUILT)/release/aloft"

accuracy: build $(VENV)/ready ## Compare test accuracy with scikit-learn on the same 5 × 5 folds
	$(PYTHON) tests/accuracy/compare.py --aloft "$(BUILT)/release/aloft"

truths: build rigs $(VENV)/ready ## Compare profiles with pandas, scipy and Python's csv on the same files
	$(PYTHON) tests/profile/truths.py --aloft "$(BUILT)/release/aloft" \
		--spectrum "$(ALOFT_RIGS)/node/node_modules/csv-spectrum"

bench: build rigs $(VENV)/ready $(SERVING_VENV)/ready ## Measure, with the peer beside it; writes target/bench.json
	@tests/setup.sh peers
	ALOFT_PYTHON="$(PYTHON)" ALOFT_SERVING_PYTHON="$(SERVING_PYTHON)" $(CARGO) test --release --locked --workspace --test bench
