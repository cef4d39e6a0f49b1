.DEFAULT_GOAL := help
.PHONY: help setup build test demo bench soak book clean
SHELL := bash
cargo := scripts/in-toolchain.sh cargo

help: ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## /\1|/p' Makefile | while IFS='|' read -r name what; do printf '  make %-8s %s\n' "$$name" "$$what"; done

setup: ## system packages, Rust and libchdb, as far as they are missing
	@scripts/setup.sh

build: setup ## the release binary, target/release/kairos
	@$(cargo) build --locked --release --package kairos

test: setup ## format, lints, all tests, documentation; last line "N passed, N failed"
	@scripts/test.sh

demo: build ## three simulated rooms through everything, into out/demo
	@scripts/demo.sh

bench: setup ## the benchmarks
	@$(cargo) bench --locked --workspace

soak: build ## a hundred kills and an hour of rooms that come and go; writes docs/soak.md
	@scripts/soak.sh

book: ## the pages of docs/ as a book, into book/ (needs mdBook)
	@command -v mdbook >/dev/null || { echo 'mdBook is not there: cargo install --locked mdbook, or read docs/ as it is' >&2; exit 1; }
	@mdbook build docs

clean: ## built files, book/ and out/
	@rm -rf out book
	@$(cargo) clean
