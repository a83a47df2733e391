load common

# Results as somebody with an editor, or a hostile system, would have written them.
SAVED=$BATS_TEST_DIRNAME/../reports
VALIDATE=$SAVED/validate
REPORTS="text html json csv junit xccdf sarif prometheus lines"
RECORDS="md csv csv-plain csv-long csv-problems xlsx"

valid() { # FORMAT FILE
    local code=0
    "$VALIDATE" "$1" "$2" 2>"$T/why" || code=$?
    [ "$code" -eq 77 ] || [ "$code" -eq 0 ] || { echo "$1: $(cat "$T/why")"; return 1; }
}

validator() { # a record's format
    case $1 in md | xlsx) echo "$1" ;; *) echo record ;; esac
}

# Nothing that a terminal obeys, that reorders text, or that no XML can hold.
clean() { # FILE
    python3 - "$1" <<'P'
import sys, zipfile
data = open(sys.argv[1], "rb").read()
parts = [data]
if data[:2] == b"PK":
    parts = [zipfile.ZipFile(sys.argv[1]).read(n) for n in zipfile.ZipFile(sys.argv[1]).namelist()]
bad = set(range(0x20)) - {9, 10, 13} | set(range(0x7f, 0xa0)) | {0x202e, 0x2066, 0x200f, 0xfffe, 0xffff}
for part in parts:
    text = part.decode("utf-8")  # strict
    found = [c for c in text if ord(c) in bad]
    assert not found, "%s: %r" % (sys.argv[1], found[:5])
P
}

every_output() { # RESULT [LANGUAGE...]
    local f lang result=$1
    shift
    for lang in "${@:-en}"; do
        for f in $REPORTS; do
            timeout 20 "$D" report "$result" --format $f --lang $lang -o "$T/out"
            clean "$T/out"
            case $f in text | lines) ;; *) valid $f "$T/out" ;; esac
            case $f in html | junit | xccdf) ! grep -qE '<script>alert|<img|<b>' "$T/out" ;; esac
        done
        for f in $RECORDS; do
            timeout 20 "$D" record "$result" --format $f --lang $lang -o "$T/out" ||
                { [ $f = xlsx ] && continue; return 1; }
            clean "$T/out"
            valid "$(validator $f)" "$T/out"
        done
    done
}

@test "markup, attributes and ends of comments in every text of a result stay text" {
    "$SAVED/hostile" "$SAVED/debian12.json" "$T/r.json" markup
    every_output "$T/r.json" zh en
}

@test "formulas in every text of a result are no formulas in tables and workbooks" {
    for payload in formula formula-wide tab-formula; do
        "$SAVED/hostile" "$SAVED/debian12.json" "$T/r.json" $payload
        every_output "$T/r.json"
    done
}

@test "control, bidirectional and other unprintable characters are made visible in every format" {
    "$SAVED/hostile" "$SAVED/debian12.json" "$T/r.json" unprintable
    every_output "$T/r.json" zh en
    "$SAVED/hostile" "$SAVED/debian12.json" "$T/r.json" surrogate # no text in any encoding
    for command in report record; do
        complaint "$D" $command "$T/r.json"
        [ "$status" -eq 1 ]
        [[ "$output" == *"r.json"* ]]
    done
    sed '0,/"name": "host"/s//"name": "h\xff\xfest"/' "$SAVED/debian12.json" >"$T/r.json"
    complaint "$D" report "$T/r.json"
    [ "$status" -eq 1 ]
}

@test "a name of a mebibyte is cut, and so is what a result is written to" {
    "$SAVED/hostile" "$SAVED/debian12.json" "$T/r.json" long
    for f in $REPORTS; do
        timeout 20 "$D" report "$T/r.json" --format $f -o "$T/out"
        [ "$(stat -c %s "$T/out")" -lt 4000000 ]
    done
    for f in $RECORDS; do
        timeout 20 "$D" record "$T/r.json" --format $f -o "$T/out" || [ $f = xlsx ]
        [ "$(stat -c %s "$T/out")" -lt 4000000 ]
    done
    cp "$T/r.json" "$T/s.json"
    "$D" report "$T/r.json" "$T/s.json" --format html -o "$T/out"
    [ "$(stat -c %s "$T/out")" -lt 100000 ]
}

@test "a host whose names are a mebibyte long is reported in little" {
    head -c 1048576 /dev/zero | tr '\0' x >"$T/x"
    { printf 'ID=debian\nPRETTY_NAME="'; cat "$T/x"; printf '"\n'; } >"$T/root/etc/os-release"
    cp "$T/x" "$T/root/etc/hostname"
    for f in html json csv; do
        check --format $f -o "$T/out" || [ $? -le 3 ]
        [ "$(stat -c %s "$T/out")" -lt 200000 ]
    done
}

@test "10,000 findings in one rule are capped and counted" {
    "$SAVED/hostile" "$SAVED/debian12.json" "$T/r.json" many
    every_output "$T/r.json"
    "$D" report "$T/r.json" --format html --lang en -o "$T/out"
    grep -q 'and 9976 more' "$T/out" # of 10,000, 24 are shown
    "$D" report "$T/r.json" --format json -o "$T/out"
    grep -q '"omitted": 9800' "$T/out"
    "$D" record "$T/r.json" --lang en >"$T/out"
    grep -q 'and 9996 more' "$T/out"
}

@test "a result that was changed after it was written is said so, and stays so" {
    sed '0,/"verdict": "fail"/s//"verdict": "pass"/' "$SAVED/debian12.json" >"$T/r.json"
    cp "$SAVED/debian12.json" "$T/good.json"
    for lang in zh en; do
        case $lang in zh) words=保存后被更改 ;; *) words="changed after it was written" ;; esac
        for command in "report $T/r.json" "record $T/r.json" "report $T/r.json $T/good.json" \
            "report --pack $T/p.tar $T/r.json"; do
            # shellcheck disable=SC2086
            complaint "$D" $command --lang $lang
            [ "$status" -eq 0 ]
            [[ "$output" == *"$T/r.json"*"$words"* ]]
        done
        for f in text html xccdf sarif; do
            "$D" report "$T/r.json" --format $f --lang $lang 2>/dev/null | grep -q "$words"
        done
        "$D" record "$T/r.json" --lang $lang 2>/dev/null | grep -q "$words"
        "$D" report "$T/r.json" "$T/good.json" --format html --lang $lang 2>/dev/null | grep -q "$words"
        "$D" record "$T/r.json" --format xlsx --lang $lang -o "$T/x.xlsx" 2>/dev/null || continue
        unzip -p "$T/x.xlsx" xl/sharedStrings.xml | grep -q "$words"
    done
    # Written again it has digests that fit, and still says what it came from.
    "$D" report "$T/r.json" --format json -o "$T/again.json" 2>/dev/null
    "$D" report "$T/again.json" --lang en | grep -q "changed after it was written"
    run "$D" report "$T/good.json" --lang en
    [[ "$output" != *"changed after"* ]]
}

@test "what needs a file does not fill the terminal" {
    command -v script >/dev/null || skip "script(1) is missing"
    "$D" record "$SAVED/debian12.json" --format xlsx -o "$T/x" || skip "built without libxlsxwriter"
    run script -qec "$D record $SAVED/debian12.json --format xlsx --lang en" /dev/null
    [ "$status" -eq 64 ]
    [[ "$output" == *"-o FILE"* ]]
    "$D" record "$SAVED/debian12.json" --format xlsx | cmp - "$T/x" # a pipe is no terminal
}
