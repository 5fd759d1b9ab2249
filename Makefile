# `make run` and `make test` need nothing but this file's directory; see README.md.
.PHONY: run test peers lint format bench faults docs stop clean
.DEFAULT_GOAL := run

run: ## a dealer and a BPO in the browser
	@scripts/run

test: ## every test; ARGS="-k gate" for some
	@scripts/test $(ARGS)

peers: ## Odoo's long tests with everything of ours: each menu clicked, its pylint; ARGS="-k Sales" for some
	@scripts/test -m peers --no-cov $(ARGS)

lint: ## what CI checks of the code's form
	@scripts/lint

format: ## bring the code into that form
	@scripts/lint --fix

bench: ## the small sizes of every measurement
	@scripts/bench all

bench-%: ## one measurement: bench-board, bench-assign, bench-callback, bench-report
	@scripts/bench $* $(ARGS)

faults: ## the fault tests of the callback, all of them, and their table
	@scripts/faults $(ARGS)

docs: ## the pictures in docs/images/, taken from a running `make run`; ARGS="board" for some
	@scripts/docs $(ARGS)

stop: ## end what `make run` started
	@scripts/stop

clean: stop ## forget everything that was fetched and made
	@scripts/clean
