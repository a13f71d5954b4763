# Shohay's commands. `make run` and `make test` are all that a fresh machine needs.
.PHONY: setup run test test-whole bench-queue bench-nlu chaos lint bench screenshots lock

# where the public data sets lie that understanding is measured on, and options (docs/benchmarks-nlu.md)
NLU_SETS ?= ../shared/benchmarks
NLU_OPTIONS ?=

setup:
	@scripts/setup

run: setup
	@SHOHAY_DEMO=$${SHOHAY_DEMO:-1} .venv/bin/shohay run

test: setup
	@scripts/test

# whole programs, in browsers and on every channel, and what kills them; CI runs it after `make test`
test-whole: setup
	@scripts/test --whole

# twenty-five minutes of faults on a PostgreSQL server of its own (docs/chaos.md)
chaos: setup
	@SHOHAY_TEST_PROCESSES=0 scripts/test -m long -s tests/chaos

lint: setup
	@scripts/lint

bench: setup
	@.venv/bin/python -m benchmarks.turns

bench-queue: setup
	@.venv/bin/python -m benchmarks.queue

# hours with the stock pipeline; NLU_OPTIONS="--skip stock" leaves it out, "--only content" measures our content alone
bench-nlu: setup
	@.venv/bin/python -m benchmarks.nlu --all $(NLU_SETS) $(NLU_OPTIONS)

screenshots: setup
	@SHOHAY_SCREENSHOTS=1 SHOHAY_TEST_PROCESSES=0 scripts/test tests/browser

lock: setup
	@scripts/lock
