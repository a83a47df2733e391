# Thin: every target is one script or one meson call.
.PHONY: all run test test-long static deb rpm install clean format lint bench fuzz coverage
BUILD ?= build
DEV ?= build-dev
PREFIX ?= /usr
SECONDS ?= 60

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD) dengbao

$(BUILD)/build.ninja:
	@scripts/install-deps build
	@meson setup $(BUILD) --buildtype=release -Dwerror=false --prefix=$(PREFIX) -Dtests=false >/dev/null

run: all
	@scripts/run $(BUILD)/dengbao

test:
	@scripts/install-deps test
	@scripts/test $(DEV)

# The same with the tests that take minutes each: virtual machines, whole matrices.
test-long:
	@LONG=1 $(MAKE) --no-print-directory test

# make static; make static ARCH=aarch64: build/dengbao-static-aarch64, with Debian's cross compiler
static:
	@scripts/install-deps build
	@scripts/build-static $(if $(ARCH),--arch $(ARCH)) build/dengbao-static$(if $(ARCH),-$(ARCH))

# make deb, make deb STATIC=1; make rpm: into build/
deb:
	@scripts/install-deps build package
	@packaging/deb/build $(if $(STATIC),--static)

rpm:
	@scripts/install-deps build package
	@packaging/rpm/build

install: $(BUILD)/build.ninja
	@meson configure $(BUILD) -Dprefix=$(PREFIX)
	@ninja -C $(BUILD)
	@DESTDIR=$(DESTDIR) meson install -C $(BUILD) --no-rebuild

clean:
	@rm -rf build build-dev build-static build-static-* build-fuzz build-lint build-coverage

format:
	@scripts/install-deps lint
	@clang-format -i $$(git ls-files '*.c' '*.h')

lint:
	@scripts/install-deps lint
	@scripts/lint

bench: all
	@scripts/install-deps bench
	@tests/bench/run

# make fuzz SECONDS=600
fuzz:
	@scripts/install-deps lint
	@scripts/fuzz $(SECONDS)

coverage:
	@scripts/install-deps test lint
	@scripts/coverage
