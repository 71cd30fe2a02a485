# What a person or a build runs here; `make help` lists it. PYTHON=… names an interpreter, ARGS=… goes on to the program.
# The first use makes .venv and installs the pinned requirements into it; they are installed again when they change.

PYTHON ?=
ARGS ?=

VENV := .venv
PY := $(VENV)/bin/python
RUNTIME := $(VENV)/installed
DEVELOPMENT := $(VENV)/installed-dev
AZURE_CLI := $(VENV)/azure-cli/installed
AZURE_CLI_PINS := tests/azure_cli/requirements.txt
INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check
AUDIT := $(VENV)/audit/installed
COMPILE := UV_CUSTOM_COMPILE_COMMAND="make lock" $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11
HASHED := $(COMPILE) --generate-hashes

SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))
VERSION := import platform; print(platform.python_version())

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: run chat test quick check bench package lock sbom audit clean help

run: $(RUNTIME) ## Start the bot, with the Teams test client where Node is at hand
	@$(PY) app.py serve --playground --sandbox $(ARGS)

chat: $(RUNTIME) ## Talk to the same bot in this terminal
	@$(PY) app.py chat --sandbox $(ARGS)

test: $(DEVELOPMENT) $(AZURE_CLI) ## Run all tests (REQUIRE_REAL=1: a skipped test is a failure)
	@$(PY) -m pytest -n auto $(ARGS)

quick: $(DEVELOPMENT) ## Run the unit tests, in under a minute
	@$(PY) -m pytest -n auto -m unit $(ARGS)

check: $(DEVELOPMENT) ## Check style, formatting, types, spelling, and the knowledge base
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(PY) -m codespell_lib
	@$(PY) app.py entries check

bench: $(DEVELOPMENT) ## Measure speed and correctness on this machine
	@$(PY) -m tests.bench $(ARGS)

package: $(RUNTIME) ## Build the Teams app package
	@$(PY) app.py package $(ARGS)

lock: $(DEVELOPMENT) ## Compile the requirements again (ARGS=--upgrade: to newer versions)
	@$(INSTALL) uv
	@$(HASHED) $(ARGS) requirements.in --output-file requirements.txt
	@$(HASHED) --constraint requirements.txt requirements-image.in --output-file requirements-image.txt
	@$(HASHED) $(ARGS) requirements-telemetry.in --output-file requirements-telemetry.txt
	@$(HASHED) $(ARGS) requirements-shellcheck.in --output-file requirements-shellcheck.txt
	@$(HASHED) $(ARGS) requirements-dev.in --output-file requirements-dev.txt
	@$(HASHED) $(ARGS) requirements-audit.in --output-file requirements-audit.txt
	@$(COMPILE) $(ARGS) $(AZURE_CLI_PINS:.txt=.in) --output-file $(AZURE_CLI_PINS)

sbom: $(AUDIT) ## List what the container image contains, as CycloneDX in dist/sbom.json
	@mkdir -p dist
	@sed -n 's/^\([a-z0-9-]*==[^ ]*\).*/\1/p' requirements-image.txt requirements-telemetry.txt | sort -u | \
	  $(VENV)/audit/bin/python -W ignore -m cyclonedx_py requirements --pyproject pyproject.toml --output-reproducible \
	  --output-file dist/sbom.json -
	@echo dist/sbom.json

audit: $(AUDIT) ## Look for known vulnerabilities in what the container image contains
	@$(VENV)/audit/bin/pip-audit --strict --disable-pip --requirement requirements-image.txt --requirement requirements-telemetry.txt $(ARGS)

clean: ## Remove what was installed and built; conversations in state/ stay
	@rm -rf $(VENV) dist playground/node_modules playground/devTools tests/azurite/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## List what can be made
	@awk 'BEGIN { FS = ":.*## " } /^[a-z]+:.*## / { printf "  make %-8s  %s\n", $$1, $$2 }' Makefile

$(RUNTIME): requirements.txt $(PY)
	@echo "Installing the pinned requirements (once) …"
	@$(INSTALL) -r requirements.txt
	@touch $@

# what the development requirements name includes all that the bot runs on
$(DEVELOPMENT): requirements-dev.txt requirements-telemetry.txt requirements.txt $(PY)
	@echo "Installing the pinned requirements for development (once) …"
	@$(INSTALL) -r requirements-dev.txt
	@touch $(RUNTIME) $@

$(AUDIT): requirements-audit.txt $(PY)
	@echo "Installing the pinned tools for sbom and audit (once) …"
	@rm -rf $(@D)
	@$(PY) -m venv $(@D)
	@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-audit.txt
	@touch $@

# Azure CLI tries the commands that are shown. It needs other versions of what the bot runs on, so it has an environment of
# its own. Without it, its tests are skipped and say so; with REQUIRE_REAL=1 they fail.
$(AZURE_CLI): $(AZURE_CLI_PINS) $(PY)
	@echo "Installing Azure CLI for the tests (once, 400 MB) …"
	@rm -rf $(@D)
	@{ $(PY) -m venv $(@D) && \
	  $(@D)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile -r $(AZURE_CLI_PINS) && \
	  cp $(AZURE_CLI_PINS) $@; } || echo "Azure CLI cannot be installed here: its tests are skipped." >&2

$(PY):
	@found=; \
	for python in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11); do \
	  "$$python" -c '$(SUPPORTED)' 2>/dev/null && { found=$$python; break; }; \
	done; \
	if [ -z "$$found" ]; then \
	  first=$(or $(PYTHON),python3); \
	  version=$$("$$first" -c '$(VERSION)' 2>/dev/null) || version=missing; \
	  echo "Image Medic needs Python 3.11, 3.12, 3.13 or 3.14; $$first here is $$version: install one of them, or name one with PYTHON=/path/to/python3." >&2; \
	  exit 1; \
	fi; \
	if ! "$$found" -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "$$found cannot make virtual environments: install its venv package (on Debian and Ubuntu: apt install python3-venv)." >&2; \
	  exit 1; \
	fi; \
	"$$found" -m venv --clear $(VENV)
