# What a developer types; `make` alone lists it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test failover bench lint deps system nextest

DEPS := .test-deps
CLIENTS := tests/clients
# Folders of $(CLIENTS): each gets a virtual environment of its own, because their pins disagree.
PYTHON_CLIENTS := python python-nicepay python-bca python-mail
NODE_CLIENT := $(CLIENTS)/node
PYTHON_INSTALLED := $(PYTHON_CLIENTS:%=$(DEPS)/%/.installed)
NODE_INSTALLED := $(NODE_CLIENT)/node_modules/.installed tests/browser/node_modules/.installed
# What the merchant's project of docs/testing.md installs from, so that running it downloads nothing.
MERCHANT := $(DEPS)/merchant
NEXTEST_VERSION := 0.9.143
# Patroni and what it stands on are the system's packages, so the system's own Python runs them.
FAILOVER = /usr/bin/python3 tests/failover --gerai $${CARGO_TARGET_DIR:-target}/debug/gerai

# Cargo finds what is installed below as it finds the machine's own subcommands.
export PATH := $(CURDIR)/$(DEPS)/cargo/bin:$(PATH)

help: ## list the targets
	@awk -F ': .*## ' '/^[a-z]+: .*## /{printf "make %-8s %s\n", $$1, $$2}' Makefile

run: ## build and start the sandbox on 127.0.0.1:8080, data in ./gerai-data
	cargo run --release

test: deps ## install what the tests need, then run all of them
	cargo nextest run --workspace

failover: system ## kill PostgreSQL's primary 20 times under load, then everything else that can happen to it
	cargo build -p gerai
	$(FAILOVER) --times 20 --json artefacts/failover-kill.json kill
	$(FAILOVER) --times 3 --json artefacts/failover-all.json all

bench: ## measure speed on this machine
	cargo run --release -p gerai -- bench

lint: ## format, clippy and documentation, warnings as errors
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS=-Dwarnings cargo doc --no-deps --workspace --document-private-items

deps: nextest $(PYTHON_INSTALLED) $(NODE_INSTALLED) $(MERCHANT)/.installed ## install what the tests need, in folders that git ignores

# pytest needs Python 3.10, the Node cases need Node 18, the PHP cases PHP 8.1, the Java case Java 17, the
# pages a browser, PostgreSQL its own programs, with which tests start servers of their own, failovers
# Patroni and etcd and what they are written in; SQLite and the cryptography are compiled from C. Packages
# are asked of the system only when something is missing.
system:
	@lacking() { \
	  command -v cc >/dev/null || echo build-essential; \
	  python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || echo python3 python3-venv; \
	  node -e 'process.exitCode = parseInt(process.versions.node) < 18 ? 1 : 0' 2>/dev/null || echo nodejs; \
	  command -v npm >/dev/null || echo npm; \
	  php -r 'exit(PHP_VERSION_ID < 80100 ? 1 : 0);' 2>/dev/null || echo php-cli; \
	  command -v phpunit >/dev/null || echo phpunit; \
	  php -r 'exit(extension_loaded("curl") ? 0 : 1);' 2>/dev/null || echo php-curl; \
	  command -v go >/dev/null || echo golang-go; \
	  test "$$(javac -version 2>&1 | tr -dc '0-9.' | cut -d. -f1)" -ge 17 2>/dev/null || echo default-jdk-headless; \
	  command -v openssl >/dev/null || echo openssl; \
	  command -v curl >/dev/null || echo curl; \
	  command -v chromium >/dev/null || echo chromium; \
	  ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || echo postgresql; \
	  command -v flock >/dev/null || echo util-linux; \
	  command -v ip >/dev/null || echo iproute2; \
	  command -v patroni >/dev/null || echo patroni; \
	  command -v etcd >/dev/null || echo etcd-server; \
	  /usr/bin/python3 -c 'import etcd, psutil, psycopg2, yaml' 2>/dev/null || echo python3-etcd python3-psutil python3-psycopg2 python3-yaml; \
	}; \
	fail() { echo "make: $$*" >&2; exit 1; }; \
	command -v cargo >/dev/null || fail 'cargo is missing: install Rust 1.95 or newer, see https://rustup.rs'; \
	packages=$$(lacking); \
	if [ -z "$$packages" ]; then exit 0; fi; \
	packages=$$(echo $$packages); \
	command -v apt-get >/dev/null || fail "missing: $$packages (named as on Debian); install them by hand"; \
	if [ "$$(id -u)" = 0 ]; then as_root=; \
	elif command -v sudo >/dev/null; then as_root=sudo; \
	else fail "missing: $$packages; install them as root with apt-get install $$packages"; fi; \
	echo "installing $$packages"; \
	$$as_root apt-get update -qq; \
	$$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$packages; \
	packages=$$(lacking); \
	[ -z "$$packages" ] || fail "still missing or too old after apt-get: $$(echo $$packages) (Python 3.10, Node 18, PHP 8.1, Java 17)"

nextest: | system
	@cargo nextest --version >/dev/null 2>&1 \
	  || cargo install --locked --root $(DEPS)/cargo --version $(NEXTEST_VERSION) cargo-nextest

$(PYTHON_INSTALLED): $(DEPS)/%/.installed: $(CLIENTS)/%/requirements.txt | system
	python3 -m venv --clear $(DEPS)/$*
	$(DEPS)/$*/bin/python -m pip install $(PIP_FLAGS) --quiet --disable-pip-version-check --requirement $<
	touch $@

# One of its pins cannot be installed everywhere; its requirements.txt says which and lists everything.
$(DEPS)/python-bca/.installed: PIP_FLAGS := --no-deps

$(NODE_INSTALLED): %/node_modules/.installed: %/package.json %/package-lock.json | system
	npm ci --prefix $* --ignore-scripts --no-audit --no-fund
	touch $@

$(MERCHANT)/.installed: $(addprefix tests/merchant/,requirements.txt package.json package-lock.json) $(DEPS)/python/.installed
	mkdir -p $(MERCHANT)
	$(DEPS)/python/bin/python -m pip download --quiet --disable-pip-version-check --dest $(MERCHANT)/wheels --requirement $<
	cp tests/merchant/package.json tests/merchant/package-lock.json $(MERCHANT)
	npm install --prefix $(MERCHANT) --cache $(MERCHANT)/npm --ignore-scripts --no-audit --no-fund
	touch $@
