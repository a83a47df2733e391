# Every test has its own copies of the small root and policy: modes as on a fresh system, whatever
# the checkout has, and owned by the caller.
setup() {
    HERE=$BATS_TEST_DIRNAME
    D=${DENGBAO:-$HERE/../../build-dev/dengbao}
    T=$BATS_TEST_TMPDIR
    umask 022
    mkdir -p "$T"
    cp -r --no-preserve=mode,ownership "$HERE/root" "$HERE/policy" "$T/"
    chmod -R go-w "$T/root" "$T/policy"
    chmod 0644 "$T/root/etc/passwd"
    export LC_ALL=C.UTF-8
    unset NO_COLOR LANG LC_MESSAGES LANGUAGE
}

check() { "$D" check --root "$T/root" --policy "$T/policy" "$@"; }
# Standard error of a command, with its exit code in $status.
errors_of() { "$@" 2>&1 >/dev/null; }
complaint() { run errors_of "$@"; }
