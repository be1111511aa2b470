# SPDX-License-Identifier: Apache-2.0
# "make help" lists the targets.

GO      ?= go
DATA    ?= kcidb-data
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
export CGO_ENABLED ?= 0

BUILD := $(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)"

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/kcidb, one static binary
	$(BUILD) -o bin/kcidb ./cmd/kcidb

.PHONY: links
links: build ## put the Python tools' names beside bin/kcidb, as links to it
	@for name in $$(bin/kcidb links); do ln -sf kcidb bin/$$name; done; bin/kcidb links | wc -l | sed 's/$$/ old names in bin\//'

.PHONY: run
run: build ## build and start the whole service with sample data, and print its URL
	@GO="$(GO)" DATA="$(DATA)" scripts/run

.PHONY: man
man: build ## write the man pages to man/
	@mkdir -p man && bin/kcidb man man && ls man | wc -l | sed 's/$$/ pages in man\//'

.PHONY: test
test: ## run all tests, and install the tools that they need if possible
	@GO="$(GO)" scripts/test

.PHONY: race
race: ## run the tests of all packages with goroutines under the race detector (needs a C compiler)
	@GO="$(GO)" scripts/race

.PHONY: fuzz
fuzz: ## run every fuzz target for a while (FUZZTIME=30s; FUZZ="FOLDER..." for some)
	@GO="$(GO)" scripts/fuzz

.PHONY: fuzz-api
fuzz-api: build ## send the API random requests for a while (FUZZTIME=300 seconds)
	@scripts/fuzz-api

.PHONY: bench
bench: ## run the benchmarks and print their table
	@GO="$(GO)" scripts/bench

# The scenarios print their tables. SOAK has more flags, such as SOAK=-postgres for drain.
SCENARIO = $(GO) run ./internal/testing/soak/cmd/soak

.PHONY: drain
drain: build ## queue N=20000 submissions, load them, and compare the last tenth with the first
	$(SCENARIO) drain -submissions $(or $(N),20000) $(SOAK)

.PHONY: soak
soak: build ## submit for MINUTES=5, while processes and PostgreSQL are killed, and count afterwards
	$(SCENARIO) soak -duration $(or $(MINUTES),5)m $(SOAK)

.PHONY: hostile
hostile: build ## compare the time of acknowledgement alone and beside hostile clients
	$(SCENARIO) hostile $(SOAK)

.PHONY: lint
lint: ## gofmt, prose, go vet, staticcheck, govulncheck
	@GO="$(GO)" scripts/lint

.PHONY: verify
verify: ## prove that generated files are equal to the output of their generators
	@GO="$(GO)" scripts/verify

.PHONY: deb
deb: build ## make the Debian package of this machine in dist/
	@mkdir -p dist && scripts/deb bin/kcidb "$$($(GO) env GOARCH)" "$(VERSION)" dist

.PHONY: release
release: ## make binaries and packages of all machines in dist/ (CHECK=1 builds twice, and compares)
	@GO="$(GO)" VERSION="$(VERSION)" scripts/release

# With CI=true a missing browser is an error.
.PHONY: screenshots
screenshots: ## write the pictures of pages to docs/pictures (needs chromium)
	CI=true $(GO) test -count=1 -run '^TestPictures$$' ./internal/service -update

.PHONY: clean
clean: ## remove the files that make built (not the data of make run)
	rm -rf bin man dist
