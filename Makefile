# Two commands: `make run` and `make test`. `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/bash
BIN := .venv/bin
# Our own modules are compiled once too, whatever the shell says.
export PYTHONDONTWRITEBYTECODE :=
DATA ?= var
PORT ?= 8080
EDGE_PORT ?= 8090
T ?=

.PHONY: help setup run test check lint types imports templates migrations fix unit postgres journeys soak bench lock train demo-reset

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## environment and system packages for tests and checks
	@deploy/setup.sh test

run: ## the product with demo data; Ctrl-C stops all of it
	@deploy/setup.sh run
	@exec $(BIN)/chuku up --demo --data $(DATA) --port $(PORT) --edge-port $(EDGE_PORT)

ifeq ($(T),)
test: setup check unit postgres journeys ## checks, then all tests
else
test: setup ## one part: make test T=tests/norm
	$(BIN)/pytest -q $(T)
endif

check: lint types imports templates ## what needs no running part, fastest first

lint:
	$(BIN)/ruff check -q .
	$(BIN)/ruff format -q --check .

types:
	$(BIN)/mypy

imports:
	$(BIN)/lint-imports --no-cache

templates:
	$(BIN)/djlint templates --lint --quiet

unit: ## pure, service and page tests on SQLite
	$(BIN)/pytest -q -n 2 --dist loadgroup -m "not journey and not fault"

postgres: ## the rings that touch the database, on PostgreSQL
	CHUKU_TEST_DATABASE=postgresql $(BIN)/pytest -q -n 2 --dist loadgroup -m "not journey and not fault and not pure" $(shell cat tests/postgres.list)

journeys: ## real browser, real nginx, Redis, SMTP; faults
	$(BIN)/pytest -q -n 2 --dist loadgroup -m "journey or fault"

soak: setup ## faults again and again, on PostgreSQL too (not in CI)
	for n in $$(seq 20); do $(BIN)/pytest -q -m fault || exit 1; done
	for n in $$(seq 3); do CHUKU_TEST_DATABASE=postgresql $(BIN)/pytest -q -m fault || exit 1; done

bench: ## the table of ratios
	@deploy/setup.sh bench
	$(BIN)/python -m bench

fix: ## format and mend what can be mended by machine
	$(BIN)/ruff format -q .
	$(BIN)/ruff check --fix .

lock: ## new pins with hashes from requirements/*.in
	@for f in bootstrap run dev; do $(BIN)/uv pip compile -q --upgrade --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header requirements/$$f.in -o requirements/$$f.txt; done

train: setup ## the version of the classifier that is shipped, from the committed corpus
	$(BIN)/chuku train --ship
	$(BIN)/chuku evaluate --report docs/classifier.html

demo-reset: ## forget the demo's data
	rm -rf $(DATA)
