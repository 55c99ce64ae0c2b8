# `make` alone lists what there is. Everything runs without a terminal.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test test-vm simulate bench soak deb deps test-deps fmt lint doc deny

# `auto`: colours on a terminal, none in a log; NO_COLOR is heeded. A caller may say `always`.
export CARGO_TERM_COLOR ?= auto

# What is built is what Cargo.lock says.
LOCKED := --locked

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "make %-7s %s\n", $$1, $$2 }'

# The dev profile, whose dependencies are optimised (Cargo.toml): it shares what `make test` has built, starts minutes
# earlier than a release build with LTO, and a simulated rack waits for its modules, not for the processor.
# More arguments: make demo ARGS="--slots 16 --headless". Where there is no terminal it prints lines by itself.
demo: deps ## a simulated rack: no hardware, no root, no configuration
	cargo run $(LOCKED) --bin fotarig -- demo $(ARGS)

# Everything that CI checks. The tests come last, so that their summary is the end of the log.
test: deps test-deps ## all that CI checks: formatting, lints, documentation, tests
	cargo fmt --all --check
	$(MAKE) --no-print-directory lint
	$(MAKE) --no-print-directory deny
	$(MAKE) --no-print-directory doc
	cargo test $(LOCKED) --workspace --doc --quiet
	@if command -v cargo-nextest >/dev/null; then \
		set -x; cargo nextest run $(LOCKED) --workspace --no-fail-fast; \
	else \
		echo "cargo-nextest is not installed: cargo test instead"; \
		set -x; cargo test $(LOCKED) --workspace --no-fail-fast; \
	fi

# Outside CI: it downloads a kernel and a small Debian once, wants root's rights for that, and takes some ten minutes.
# Some of it: make test-vm ARGS="rules replug"; a machine to look around in: make test-vm ARGS=hold.
test-vm: deps ## the rack in a machine under QEMU: real kernel drivers, real udevd, the real program
	@missing=(); \
	for tool in qemu-system-x86_64:qemu-system-x86 debootstrap:debootstrap cpio:cpio xz:xz-utils; do \
		command -v "$${tool%%:*}" >/dev/null || missing+=("$${tool#*:}"); \
	done; \
	if (( $${#missing[@]} )); then \
		echo "missing: apt-get install -y --no-install-recommends $${missing[*]}"; exit 1; \
	fi
	cargo build $(LOCKED) --bin fotarig --bin fotarig-vm
	$${CARGO_TARGET_DIR:-target}/debug/fotarig-vm $(ARGS)
# One seed, with everything that happened in its rack: make simulate SEED=7. Also SLOTS (32), FROM (0), THREADS (2).
simulate: deps ## racks in memory against the reference model: make simulate SEEDS=10000
	SEEDS=$(or $(SEEDS),1000) cargo run $(LOCKED) --profile simulate -p simulate

# Of the release profile. The parts one by one: make bench ARGS="--only upload"; see docs/performance.md.
bench: deps ## how fast it is, held against the goals; ARGS=--write puts the table into docs/performance.md
	@command -v python3 >/dev/null || { echo "missing: apt-get install -y --no-install-recommends python3"; exit 1; }
	cargo build $(LOCKED) --release --bin fotarig
	cargo bench $(LOCKED) -p benches --bench pure
	cargo bench $(LOCKED) -p benches --bench rack -- $(ARGS)

# More: make soak ARGS="MODULES=200 SLOTS=16 SPEED=20 EVERY=5 OUT=target/soak". In namespaces of its own: no hardware, no root.
soak: deps ## 5,000 modules, one after the other, through 64 USB slots: memory, descriptors, ledger, loop as curves
	cargo build $(LOCKED) --bin fotarig --bin usb-rack --bin soak
	nice -n 19 $${CARGO_TARGET_DIR:-target}/debug/soak $(ARGS)

# Of the release profile, whose LTO takes its time. To try it sooner: make deb LTO=off, or PROFILE=dev.
PROFILE ?= release
LTO ?= thin
CARGO_DEB := 3.8.0
deb: export CARGO_TARGET_DIR := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
deb: export CARGO_PROFILE_RELEASE_LTO := $(LTO)
deb: BUILT = $(CARGO_TARGET_DIR)/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))
deb: deps ## the package of Debian and Ubuntu: target/debian/fotarig_*.deb
	@command -v dpkg-shlibdeps >/dev/null || { \
		echo "missing: apt-get install -y --no-install-recommends dpkg-dev"; exit 1; \
	}
	@target/tools/bin/cargo-deb --version 2>/dev/null | grep -qF '$(CARGO_DEB)' || { \
		set -x; CARGO_TARGET_DIR=target/tools/build \
			cargo install cargo-deb --version $(CARGO_DEB) --root target/tools --locked; \
	}
	cargo build $(LOCKED) --bin fotarig --profile $(PROFILE)
	rm -rf $(BUILT)/packaging
	mkdir -p $(BUILT)/packaging/completions
	$(BUILT)/fotarig man --dir $(BUILT)/packaging/man
	gzip -9n $(BUILT)/packaging/man/*.1
	gzip -9nc CHANGELOG.md >$(BUILT)/packaging/changelog.gz
	$(BUILT)/fotarig completions bash >$(BUILT)/packaging/completions/fotarig
	$(BUILT)/fotarig completions zsh >$(BUILT)/packaging/completions/_fotarig
	$(BUILT)/fotarig completions fish >$(BUILT)/packaging/completions/fotarig.fish
	target/tools/bin/cargo-deb --package fotarig --no-build --profile $(PROFILE) --strip --output target/debian/

fmt: ## formats every source file
	cargo fmt --all

lint: deps ## clippy, warnings are errors
	cargo clippy $(LOCKED) --workspace --all-targets -- -D warnings

doc: deps ## the documentation of the crates, warnings are errors
	RUSTDOCFLAGS="-D warnings" cargo doc $(LOCKED) --workspace --no-deps

deny: ## licences, advisories and sources of the dependencies
	@if command -v cargo-deny >/dev/null; then \
		set -x; cargo deny check bans licenses sources; \
		cargo deny fetch db || { echo "skipped: the advisories cannot be fetched"; exit 0; }; \
		cargo deny check advisories; \
	else \
		echo "skipped: cargo-deny is not installed, so licences and advisories are not checked"; \
	fi

# Installs the packages in `missing`, or says the one command that does.
define INSTALL
if (( $${#missing[@]} == 0 )); then exit 0; fi; \
	if (( EUID == 0 )) && command -v apt-get >/dev/null; then \
		set -x; apt-get update -qq; \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$${missing[@]}"; \
	else \
		echo "missing on this system; install with:"; \
		echo "  sudo apt-get install -y $${missing[*]}"; \
		exit 1; \
	fi
endef

# A C compiler builds the bundled SQLite, pkg-config finds libraries; libudev is asked for only where a crate links it.
deps: ## what the system has to have; installs it where root and apt allow
	@missing=(); \
	command -v cargo >/dev/null || { echo "cargo is missing: install Rust 1.90 or later (https://rustup.rs)"; exit 1; }; \
	command -v cc >/dev/null || missing+=(gcc libc6-dev); \
	command -v pkg-config >/dev/null || missing+=(pkg-config); \
	if grep -q '^name = "libudev-sys"' Cargo.lock && ! pkg-config --exists libudev 2>/dev/null; then \
		missing+=(libudev-dev); \
	fi; \
	$(INSTALL)

# A real Prometheus checks the metrics, the rules and the dashboards.
test-deps: ## what the tests have to have besides
	@missing=(); \
	command -v prometheus >/dev/null && command -v promtool >/dev/null || missing+=(prometheus); \
	command -v unshare >/dev/null || missing+=(util-linux); \
	$(INSTALL)
