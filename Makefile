# Yagura. `make run` and `make test` do everything on a bare Debian 12, set-up included.
SHELL := /bin/bash
JOBS ?= $(shell nproc)
BIN := build/release/bin

.PHONY: help run build test test-unit test-asan lint format bench fuzz ui clean

help: ## Show what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

run: build ## Build, then start a complete installation on this machine (ARGS="--demo")
	@$(BIN)/yagura up $(ARGS)

ui: ## Build the web front end (ui/dist)
	@scripts/bootstrap build
	@scripts/build-ui

build: ui ## Build all programs (release, hardened) into build/release/bin
	@cmake --preset release >build/.configure.log 2>&1 || { cat build/.configure.log; exit 1; }
	@cmake --build --preset release -j $(JOBS)

test: ## Everything: unit, fuzz corpora, sanitizers, integration, browser
	@scripts/bootstrap test
	@$(MAKE) --no-print-directory build
	@scripts/run-tests

test-unit: build ## Unit tests of the release build alone
	@scripts/run-tests --only unit,fuzz

lint: ## clang-format, clang-tidy, layers, front end
	@scripts/bootstrap lint
	@scripts/lint

format: ## Put all C++ files into the house format
	@git ls-files '*.cpp' '*.h' | xargs clang-format-19 -i

bench: build ## Measure hot paths; prints a table and writes build/bench.json
	@scripts/bootstrap test
	@scripts/run-bench

fuzz: ## Short bounded run of every fuzz target (SECONDS=20 each)
	@scripts/bootstrap test
	@cmake --preset fuzz >/dev/null && cmake --build --preset fuzz -j $(JOBS)
	@scripts/run-fuzz $${SECONDS_EACH:-20}

clean: ## Remove everything that was built
	rm -rf build ui/dist ui/node_modules
