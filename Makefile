# Two commands on a fresh machine: `make train`, `make test`. Needed: python3 >= 3.11 with pip, make, git.
PYTHON ?= python3
ARGS   ?=
UV     := .tools/bin/uv
BIN    := .venv/bin
PLUGINS := $(wildcard plugins/*)
LOCAL  := . $(PLUGINS)
UV_VERSION := 0.13.8

# Else `import lightning` takes 11 s where PYTHONDONTWRITEBYTECODE is set.
export UV_COMPILE_BYTECODE := 1
export UV_PYTHON_DOWNLOADS := never
# The machine's certificates, as git and pip use them: a proxy with its own authority works.
export UV_SYSTEM_CERTS := 1

.PHONY: help setup train test torture lint docs lock clean
help:
	@echo 'make setup    the environment .venv: locked versions, zoo and its plugins editable'
	@echo 'make train    zoo train model=gz_convnet on simulated galaxies; ARGS="stages.0.epochs=2" overrides,'
	@echo '              ARGS="experiment=khan2019 survey=standin" chooses an experiment, with its own model'
	@echo 'make test     every test; ARGS="-k checkpoint" chooses'
	@echo 'make torture  the slow tests (hundreds of kills, fuzzing)'
	@echo 'make lint     style, spelling, types of the light half, import contracts'
	@echo 'make docs     the site of all pages in build/docs; a warning is an error'
	@echo 'make lock     requirements.lock anew; ARGS=--upgrade takes the newest of everything'
	@echo 'make clean    removes the environment'
setup: .venv/ready
train: .venv/ready
	$(BIN)/zoo train $(if $(findstring experiment=,$(ARGS)),,model=gz_convnet) $(ARGS)
test: .venv/ready
	$(BIN)/pytest $(ARGS)
torture: .venv/ready
	$(BIN)/pytest -m torture $(ARGS)
lint: .venv/ready
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/mypy
	$(BIN)/lint-imports
docs: .venv/ready
	$(BIN)/sphinx-build -q -W --keep-going -c docs/site . build/docs
	@echo build/docs/docs/index.html
lock: $(UV)
	printf -- '-e ./%s\n' '.[fast,fits,kaggle,map,slurm,tune,wandb]' $(PLUGINS) 'plugins/zoo-dataset-surveys[moc]' \
	  | $(UV) pip compile - --group dev -q -o requirements.lock \
	  --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url \
	  $(patsubst %,--no-emit-package %,galaxy-model-zoo $(notdir $(PLUGINS))) $(ARGS)
clean:
	rm -rf .venv .tools build docs/parts

.venv/ready: requirements.lock pyproject.toml $(PLUGINS:=/pyproject.toml) | $(UV)
	test -x $(BIN)/python || $(UV) venv -q --python $(PYTHON) .venv
	@echo 'installing requirements.lock into .venv: a minute or two, longer without a cache' >&2
	$(UV) pip sync -q --python .venv requirements.lock
	$(UV) pip install -q --python .venv --no-deps --no-build-isolation $(LOCAL:%=-e %)
	@touch $@
$(UV):
	$(PYTHON) -m pip install -q --disable-pip-version-check --target .tools uv==$(UV_VERSION)
