# Two commands on a fresh machine: `make rehearse` and `make test`. Each does its own set-up.
# This file is thin on purpose: options and help are the command's own (`make help`, `make shell`).

STACK ?= dev
RUN := python3 groundwork/sandbox/bootstrap.py

.DEFAULT_GOAL := help
.PHONY: help tools rehearse rehearse-all plan down shell doctor bench explain lint format test

help: ## this list, and the command's own help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s%s\n", $$1, $$2}' Makefile
	@echo
	@$(RUN) groundwork --help

tools: ## put the Python packages and the tools in place, once a machine
	@$(RUN) python -m groundwork.sandbox.tools

rehearse: ## bring up STACK (default dev; an environment or a stack) on this machine
	@$(RUN) groundwork rehearse $(STACK)

rehearse-all: ## bring up every stack, one after the other
	@$(RUN) groundwork rehearse --all

plan: ## what an up of STACK would change, in the sandbox
	@$(RUN) groundwork plan $(STACK)

down: ## destroy STACK in the sandbox and stop the sandbox
	@$(RUN) groundwork down $(STACK)

shell: ## plain pulumi, kubectl and helm in the sandbox of STACK
	@$(RUN) groundwork shell $(STACK)

doctor: ## what is missing, stuck or left running, and the command that mends it
	@$(RUN) groundwork doctor

bench: ## the figures of this machine
	@$(RUN) groundwork bench

explain: ## what there is to switch on; of one component, with COMPONENT=, its options and what it needs
	@$(RUN) groundwork explain $(COMPONENT)

lint: ## ruff and mypy
	@$(RUN) ruff check
	@$(RUN) ruff format --check
	@$(RUN) mypy

format: ## let ruff format and sort
	@$(RUN) ruff check --fix
	@$(RUN) ruff format

test: lint tools ## lint, types and every test
	@$(RUN) python -m tests.scanners
	@$(RUN) pytest -n 4 --dist loadfile --no-loadscope-reorder
