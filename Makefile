# Shohay's commands. `make run` and `make test` are all that a fresh machine needs.
.PHONY: setup run test lint bench lock

setup:
	@scripts/setup

run: setup
	@SHOHAY_DEMO=$${SHOHAY_DEMO:-1} .venv/bin/shohay run

test: setup
	@scripts/test

lint: setup
	@scripts/lint

bench: setup
	@.venv/bin/python -m benchmarks.turns

lock: setup
	@scripts/lock
