# How pyxlock is built, tested and measured. README.md explains; "make help" lists.

GO ?= go
PYTHON ?= python3.11
CYTHONS := cython-3.0 cython-3.1 cython-3.2 cython-3.3
FUZZTIME ?= 20s

export CGO_ENABLED = 0

.PHONY: build test venv clean-cache golden golden-matrix golden-update fuzz oracle corpus corpus-rewrite lock-removals headers-evidence check-mutations browser bench bench-islands bench-lock model weak mutations arm64 stress guide wheel clean help

build: ## build bin/pyxlock
	$(GO) build -trimpath -o bin/pyxlock ./cmd/pyxlock

test: venv ## set up what the tests need, then run everything
	tools/check.sh

# One virtual environment for each Cython that outputs are compiled with.
venv: $(CYTHONS:%=.venv/%) .venv/pre-commit .venv/tcc ## make the environments below .venv from tools/pins

.PHONY: $(CYTHONS:%=.venv/%) .venv/pre-commit .venv/tcc
$(CYTHONS:%=.venv/%) .venv/pre-commit:
	@tools/venv.sh $(@F) $(PYTHON)

# Nothing needs it: without it gcc compiles the goldens alone. Elsewhere the tests do not use it, and pip may not have it.
.venv/tcc:
	@case "$$(uname -sm)" in "Linux x86_64") tools/venv.sh $(@F) $(PYTHON) || \
		echo "venv: there is no .venv/tcc, so the goldens take longer";; esac

golden: venv ## run the goldens alone; CASE=regexp picks some
	$(GO) test ./internal/golden -count=1 -timeout 60m $(if $(CASE),-case '$(CASE)')

golden-matrix: venv ## the goldens with all Cythons in all modes, and with gcc alone; CASE=regexp picks some
	$(GO) test ./internal/golden -count=1 -timeout 150m -matrix $(if $(CASE),-case '$(CASE)')

golden-update: ## write what the goldens expect anew; read the diff afterwards
	$(GO) test ./internal/golden -count=1 -run 'TestRewrite|TestRefuse|TestAnnotate$$' -update $(if $(CASE),-case '$(CASE)')

fuzz: ## run every Fuzz function for FUZZTIME (20s)
	FUZZTIME=$(FUZZTIME) tools/fuzz.sh

corpus: venv ## fetch pinned source packages into build/corpus
	.venv/cython-3.3/bin/python tools/corpus.py build/corpus

oracle: corpus ## compare our parser with Cython's over the fetched packages
	PYXLOCK_CORPUS=$(CURDIR)/build/corpus $(GO) test ./parser/... -count=1 -v -timeout 60m -run 'Oracle|Corpus'

corpus-rewrite: corpus ## rewrite the fetched packages, undecorated and decorated
	PYXLOCK_CORPUS=$(CURDIR)/build/corpus $(GO) test ./internal/corpus -count=1 -v -timeout 120m

lock-removals: corpus ## take locks away from annotated packages, and see that check tells; SAMPLE=N of each, 0 for all; NAME=regexp picks some
	PYXLOCK_CORPUS=$(CURDIR)/build/corpus $(GO) test ./internal/removal -count=1 -v -timeout 600m \
		-args -sample $(or $(SAMPLE),60) -package '$(NAME)' -headers '$(HEADERS)'

headers-evidence: build venv ## print the table of docs/evidence/headers.md; NAME= measures one package
	.venv/cython-3.3/bin/python tools/headers.py bin/pyxlock build/headers $(NAME)

check-mutations: build venv ## take locks away from real packages, and see that checked builds report it; NAME= takes one, PLAIN=N runs N without checks
	tools/mutants/mutants.sh bin/pyxlock build/mutants $(NAME)

browser: ## look at pages of preview in a browser; SHOTS=DIR keeps screenshots
	PYXLOCK_SHOTS=$(SHOTS) tools/browser.sh -v

bench: corpus ## measure against the targets; prints ratios
	bench/run.sh

bench-islands: corpus ## compare participle with our parser on declarations
	cd bench/islands && $(GO) test -run '^$$' -bench . -benchmem

bench-lock: venv ## compare the lock with others; prints ratios and targets; JSON=FILE keeps all
	.venv/cython-3.3/bin/python runtime/bench/bench.py $(if $(JSON),--json '$(JSON)')

model: ## check the model of the lock with spin (apt-get install spin); SET=long for more
	runtime/model/check.sh $(SET)

weak: ## check the lock's fast paths and hand-shakes in the memory model of C
	PYXLOCK_WEAK_PROGRAMS=3000 $(GO) test ./runtime/weak -count=1 -v

mutations: venv ## break the lock in every listed way; a test must notice each
	PYXLOCK_MUTATIONS=1 $(GO) test ./runtime -count=1 -v -timeout 180m -parallel 4 -run Mutation

arm64: ## run the lock's C test as ARM code (apt-get install qemu-user gcc-aarch64-linux-gnu)
	tools/arm64.sh build/arm64
	PYXLOCK_ARM64_ROOT=$(CURDIR)/build/arm64 $(GO) test ./runtime -count=1 -v -run Arm64

stress: build venv ## show on a free-threaded interpreter that the locks hold
	examples/matrix/demo.sh
	PYXLOCK_STRESS=2 $(GO) test ./runtime -count=1 -timeout 120m -run 'TestLocks/FreeThreaded|ThreadSanitizedPython'

guide: build venv ## measure and draw the figures of docs/guide anew; BENCH=ARGUMENTS for pyxlock.bench
	tools/guide/figures.sh $(BENCH)

wheel: ## write the Python wheels of all platforms, the sdist and an SBOM to dist/
	tools/wheel.sh

clean: ## remove what was built; keeps .venv, build/corpus and the cache of the tests
	rm -rf bin dist
	find build -mindepth 1 -maxdepth 1 ! -name corpus -exec rm -rf {} + 2>/dev/null || true

clean-cache: ## remove what the tests keep of Cython's and compilers' work
	@dir="$${PYXLOCK_TEST_CACHE:-$${XDG_CACHE_HOME:-$$HOME/.cache}/pyxlock-test}"; \
	[ ! -e "$$dir/CACHEDIR.TAG" ] || (cd "$$dir" && rm -rf [0-9a-f][0-9a-f] ccache new-* trimmed README CACHEDIR.TAG)

help: ## list these targets
	@grep -E '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/:.*## /\t/' | expand -t 18
