# `make run` and `make test` need nothing but this file's directory; see README.md.
.PHONY: run test coverage peers lint format bench faults docs stop clean
.DEFAULT_GOAL := run

run: ## a dealer and a BPO in the browser
	@scripts/run

test: ## all tests; ARGS="-k gate" for some
	@scripts/test $(ARGS)

coverage: ## all tests in twice the time, and the lines of code that none of them runs
	@scripts/test --cov --cov-config=pyproject.toml --cov-fail-under=95 --numprocesses 2 --dist loadfile --no-loadscope-reorder $(ARGS)

peers: ## Odoo's long tests with all our addons: click everything, pylint; ARGS="-k Sales" for some
	@scripts/test -m peers $(ARGS)

lint: ## the checks of CI
	@scripts/lint

format: ## format the code
	@scripts/lint --fix

bench: ## all benchmarks with small sizes
	@scripts/bench all

bench-%: ## one benchmark: bench-board, bench-assign, bench-callback, bench-report, bench-wins
	@scripts/bench $* $(ARGS)

faults: ## all fault tests of the callback, with their table, and long runs of the others
	@scripts/faults $(ARGS)

docs: ## the pictures in docs/images/, taken from a running `make run`; ARGS="board" for some
	@scripts/docs $(ARGS)

stop: ## stop what `make run` started
	@scripts/stop

clean: stop ## delete everything that was downloaded and made
	@scripts/clean
