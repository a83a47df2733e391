# Thin: every target is one script or one meson call.
.PHONY: all run test static install clean format lint bench fuzz coverage deps
BUILD ?= build
DEV ?= build-dev

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD) dengbao

$(BUILD)/build.ninja:
	@scripts/install-deps build
	@meson setup $(BUILD) --buildtype=release -Dtests=false >/dev/null

run: all
	@scripts/run $(BUILD)/dengbao

test:
	@scripts/install-deps test
	@scripts/test $(DEV)

static:
	@scripts/install-deps build
	@scripts/build-static

install: all
	@meson install -C $(BUILD) --no-rebuild

clean:
	@rm -rf build build-dev build-static build-fuzz build-coverage

format:
	@clang-format -i $$(git ls-files '*.c' '*.h')

lint:
	@scripts/install-deps lint
	@scripts/lint

bench: all
	@scripts/install-deps bench
	@tests/bench/run

fuzz:
	@scripts/install-deps lint
	@scripts/fuzz
