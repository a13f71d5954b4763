# Shohay's commands. `make run` and `make test` are all that a fresh machine needs.
.PHONY: setup run test lint bench screenshots lock

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

screenshots: setup
	@SHOHAY_SCREENSHOTS=1 scripts/test tests/browser

lock: setup
	@scripts/lock
