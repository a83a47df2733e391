load common

VALIDATE=$BATS_TEST_DIRNAME/../reports/validate
SAVED=$BATS_TEST_DIRNAME/../reports

report() { "$D" report "$@"; }

# Validates by a program that is not ours; skips where it is not installed.
valid() {
    local code=0
    "$VALIDATE" "$1" "$2" 2>"$T/why" || code=$?
    [ "$code" -ne 77 ] || skip "$(cat "$T/why")"
    [ "$code" -eq 0 ] || { cat "$T/why"; return 1; }
}

save() { check --format json -o "$1" "${@:2}" || [ $? -le 3 ]; }

# A result of a host with a name of its own.
host_named() {
    python3 - "$SAVED/debian12.json" "$1" "$2" "${3:-}" <<'P'
import json, sys
d = json.load(open(sys.argv[1], encoding="utf-8"))
d["host"]["name"] = sys.argv[3]
if sys.argv[4]:
    d["host"]["id"] = sys.argv[4] * 64
json.dump(d, open(sys.argv[2], "w", encoding="utf-8"))
P
}

golden() { # FILE
    diff -u "$SAVED/expect/$1" "$T/out" | head -20
    cmp "$SAVED/expect/$1" "$T/out"
}

@test "golden: every format of three saved results, report and record" {
    for name in debian12 debian12-hardened el8-neglected; do
        for lang in zh en; do
            for format in html csv junit xccdf sarif prometheus text; do
                [ "$format$lang" != prometheuszh ] || continue
                report "$SAVED/$name.json" --format $format --lang $lang -o "$T/out"
                golden $name.$lang.$format
            done
            "$D" record "$SAVED/$name.json" --lang $lang -o "$T/out"; golden $name.$lang.md
        done
        "$D" record "$SAVED/$name.json" --format csv -o "$T/out"; golden $name.record.csv
        "$D" record "$SAVED/$name.json" --format csv-long -o "$T/out"
        golden $name.record-long.csv
    done
}

@test "the golden reports are of whole checks: 19 items" {
    for name in debian12 debian12-hardened el8-neglected; do
        [ "$(grep -c '^      "number": [0-9]*,$' "$SAVED/$name.json")" -eq 19 ]
        for lang in zh en; do
            [ "$(grep -c '<details class="item" id="i-' "$SAVED/expect/$name.$lang.html")" -eq 19 ]
            [ "$(grep -c '<details class="item unit"' "$SAVED/expect/$name.$lang.html")" -eq 34 ]
        done
    done
}

@test "html is valid in both languages and loads nothing" {
    for name in debian12 debian12-hardened el8-neglected; do
        for lang in zh en; do
            report "$SAVED/$name.json" --format html --lang $lang -o "$T/out"
            valid html "$T/out"
        done
    done
}

@test "json of a saved result is the same json, and valid" {
    for name in debian12 debian12-hardened el8-neglected; do
        report "$SAVED/$name.json" --format json -o "$T/out"
        cmp "$SAVED/$name.json" "$T/out"
        valid json "$T/out"
    done
}

@test "csv by the csv module" {
    for lang in zh en; do
        report "$SAVED/el8-neglected.json" --format csv --lang $lang -o "$T/out"; valid csv "$T/out"
    done
}

@test "junit by junitparser" {
    for lang in zh en; do
        report "$SAVED/el8-neglected.json" --format junit --lang $lang -o "$T/out"
        valid junit "$T/out"
    done
}

@test "xccdf by oscap and by its schema" {
    for name in debian12 el8-neglected; do
        for lang in zh en; do
            report "$SAVED/$name.json" --format xccdf --lang $lang -o "$T/out"
            valid xccdf "$T/out"
        done
    done
}

@test "sarif by the classes of Microsoft's library" {
    for name in debian12 debian12-hardened el8-neglected; do
        for lang in zh en; do
            report "$SAVED/$name.json" --format sarif --lang $lang -o "$T/out"
            valid sarif "$T/out"
        done
    done
}

@test "the record: Markdown by cmark, tables by the csv module, the workbook by openpyxl" {
    for name in debian12 el8-neglected; do
        for lang in zh en; do
            "$D" record "$SAVED/$name.json" --lang $lang -o "$T/out"; valid md "$T/out"
            for format in csv csv-plain csv-long csv-problems; do
                "$D" record "$SAVED/$name.json" --format $format --lang $lang -o "$T/out"
                valid record "$T/out"
            done
            "$D" record "$SAVED/$name.json" --format xlsx --lang $lang -o "$T/out" ||
                skip "built without libxlsxwriter"
            valid xlsx "$T/out"
        done
    done
}

@test "the validators refuse what is broken" {
    local d=$T/golden one="$SAVED/expect/el8-neglected"
    mkdir "$d"
    refused() { # FORMAT FILE SED-PROGRAM
        sed -E "$3" "$2" >"$d/bad"
        ! cmp -s "$2" "$d/bad" || { echo "$1: $3 changes nothing"; return 1; }
        local code=0
        "$VALIDATE" "$1" "$d/bad" 2>/dev/null || code=$?
        [ $code -ne 77 ] || return 0
        [ $code -ne 0 ] || { echo "$1 accepts: $3"; return 1; }
    }
    refused json "$SAVED/debian12.json" '0,/"verdict": "fail"/s//"verdict": "failed"/'
    refused json "$SAVED/debian12.json" '0,/"schema": 1/s//"schema": "1"/'
    refused html "$one.en.html" '0,/<\/section>/s///'
    refused html "$one.en.html" 's/<body>/<body><img src="x">/'
    refused csv "$one.en.csv" '3s/$/,more/'
    refused csv "$one.en.csv" '3s/^[^,]*/=1+1/'
    refused junit "$one.en.junit" '0,/failures="[0-9]+"/s//failures="999"/'
    refused junit "$one.en.junit" 's/<\/testsuites>//'
    refused xccdf "$one.en.xccdf" '0,/<result>fail</s//<result>failed</'
    refused xccdf "$one.en.xccdf" 's/<target>.*<\/target>//'
    refused sarif "$one.en.sarif" '0,/"kind": "fail"/s//"kind": "failed"/'
    refused sarif "$one.en.sarif" '0,/"ruleId"/s//"rule_id"/'
    refused sarif "$one.en.sarif" '0,/"version": "2.1.0"/s//"version": "2.0.0"/'
    refused sarif "$one.en.sarif" '0,/"level": "error",$/s//"level": "none",/'
    refused prometheus "$one.en.prometheus" '0,/^# TYPE.*/s///'
    refused prometheus "$one.en.prometheus" '0,/^(dengbao_rules.*) [0-9]+$/s//\1 many/'
    refused prometheus "$one.en.prometheus" '/^dengbao_rules/p'
    refused md "$one.en.md" '0,/^### /s//<b>x<\/b> /'
    refused record "$one.record.csv" '1s/结果记录/结果/'
    refused record "$one.record.csv" '3d'
}

@test "prometheus by the client library" {
    report "$SAVED/el8-neglected.json" --format prometheus -o "$T/out"; valid prometheus "$T/out"
}

@test "the formats of check are those of report on the saved result" {
    save "$T/r.json"
    for format in text html csv junit xccdf sarif lines; do
        report "$T/r.json" --format $format -o "$T/saved"
        check --format $format -o "$T/direct" || [ $? -le 3 ]
        # The two checks ran at different times.
        sed -E 's/20[0-9-]+[T ][0-9:]+//g; s/[a-z-]*time="[^"]*"//g; s/"(start|end)TimeUtc": "[^"]*"//; $s/sha256.*//' "$T/saved" >"$T/a"
        sed -E 's/20[0-9-]+[T ][0-9:]+//g; s/[a-z-]*time="[^"]*"//g; s/"(start|end)TimeUtc": "[^"]*"//; $s/sha256.*//' "$T/direct" >"$T/b"
        cmp "$T/a" "$T/b"
    done
}

@test "a result that is a pipe or standard input" {
    report - --format lines <"$SAVED/debian12.json" >"$T/a"
    report <(cat "$SAVED/debian12.json") --format lines >"$T/b"
    cmp "$T/a" "$T/b"
    [ -s "$T/a" ]
}

@test "a host name with markup, a formula and control characters injects nothing" {
    host_named "$T/r.json" $'<script>alert(1)</script>"\'&=cmd|x!A0\e[31m\u202e'
    for format in html csv junit xccdf sarif prometheus text json; do
        report "$T/r.json" --format $format --lang en -o "$T/out"
        ! grep -q $'\e' "$T/out"
        ! grep -q $'\u202e' "$T/out"
        case $format in html | junit | xccdf) ! grep -q '<script>alert' "$T/out" ;; esac
        [ $format = text ] || valid $format "$T/out"
    done
    host_named "$T/r.json" "=HYPERLINK(\"http://x\")"
    report "$T/r.json" --format csv -o "$T/out"; valid csv "$T/out"
}

@test "two results of one host: what changed, in text, html and csv, in both languages" {
    save "$T/a.json"
    chmod 0600 "$T/root/etc/passwd"
    sleep 1
    save "$T/b.json"
    for order in "a b" "b a"; do
        # shellcheck disable=SC2086
        set -- $order
        run report "$T/$1.json" "$T/$2.json" --lang en
        [ "$status" -eq 0 ]
        [[ "$output" == *Better* ]]
        [[ "$output" == *"0644 → 0600"* ]]
    done
    run report <(cat "$T/a.json") <(cat "$T/b.json") --lang en
    [[ "$output" == *"0644 → 0600"* ]]
    run report "$T/a.json" "$T/b.json" --lang zh
    [[ "$output" == *改善* ]]
    for lang in zh en; do
        report "$T/a.json" "$T/b.json" --format html --lang $lang -o "$T/out"; valid html "$T/out"
        report "$T/a.json" "$T/b.json" --format csv --lang $lang -o "$T/out"; valid csv "$T/out"
        grep -q '^better,' "$T/out"
    done
}

@test "many hosts: a table of hosts and items" {
    host_named "$T/1.json" web01 a
    host_named "$T/2.json" '<b>db</b>' b
    host_named "$T/3.json" '=1+1' c
    for lang in zh en; do
        run report "$T"/[123].json --lang $lang
        [ "$status" -eq 0 ]
        [[ "$output" == *web01* ]]
        report "$T"/[123].json --format html --lang $lang -o "$T/out"; valid html "$T/out"
        ! grep -q '<b>db' "$T/out"
        report "$T"/[123].json --format csv --lang $lang -o "$T/out"; valid csv "$T/out"
    done
    [ "$(wc -l <"$T/out")" -eq 4 ]
}

@test "results of different policies are said so" {
    sed 's/"preset": "alinux"/"preset": "strict"/' "$SAVED/debian12.json" >"$T/b.json"
    run report "$SAVED/debian12.json" "$T/b.json" --lang en
    [[ "$output" == *"different policies"* ]]
    host_named "$T/c.json" other d
    run report "$T/b.json" "$T/c.json" --lang zh
    [[ "$output" == *"2 种不同的策略或预设"* ]]
}

@test "what is no result is refused with one message, in both languages" {
    head -c 5000 "$SAVED/debian12.json" >"$T/cut.json"
    sed '0,/"schema": 1/s//"schema": 2/' "$SAVED/debian12.json" >"$T/later.json"
    echo '{"schema": 1, "steps": []}' >"$T/foreign.json"
    : >"$T/empty.json"
    head -c 4096 /dev/urandom >"$T/noise.json"
    for file in cut later foreign empty noise; do
        for lang in zh en; do
            complaint report "$T/$file.json" --lang $lang
            [ "$status" -eq 1 ]
            [ "${#lines[@]}" -eq 1 ]
            [[ "$output" == *"$file.json"* ]]
        done
        run report "$SAVED/debian12.json" "$T/$file.json"
        [ "$status" -eq 1 ]
    done
    complaint report "$T/later.json" --lang en; [[ "$output" == *"schema 2"*"newer dengbao"* ]]
    complaint report "$T/none.json" --lang en; [[ "$output" == *"no such file"* ]]
    complaint report "$T" --lang en; [ "$status" -eq 1 ]
}

@test "usage: no result, an unknown format, a format that is not for several" {
    complaint report; [ "$status" -eq 64 ]
    complaint report "$SAVED/debian12.json" --format htm --lang en
    [ "$status" -eq 64 ]; [[ "$output" == *html* ]]
    complaint report "$SAVED/debian12.json" "$SAVED/el8-neglected.json" --format xccdf
    [ "$status" -eq 64 ]
    complaint report "$SAVED/debian12.json" --root /
    [ "$status" -eq 64 ]
    run report --help --lang zh; [ "$status" -eq 0 ]; [[ "$output" == *RESULT.json* ]]
}

@test "a refused report leaves the file of -o as it was" {
    echo old >"$T/out"
    run report "$T/none.json" -o "$T/out"
    [ "$status" -eq 1 ]
    [ "$(cat "$T/out")" = old ]
}

@test "no password hash of a checked root is in any output" {
    tests=$BATS_TEST_DIRNAME/..
    "$tests/run-cases" --make roots/el8-neglected "$T/el8"
    sed -i 's/^root:[^:]*:/root:$6$saltsaltsalt$SECRETHASHsecrethash0123:/' "$T/el8/etc/shadow"
    grep -q SECRETHASH "$T/el8/etc/shadow"
    for format in text html json csv junit xccdf sarif prometheus lines; do
        "$D" check --root "$T/el8" --no-walk --verbose --format $format -o "$T/out" || [ $? -le 3 ]
        [ -s "$T/out" ]
        ! grep -qE 'SECRETHASH|[$](1|5|6|y)[$]' "$T/out"
    done
}

@test "html of a whole root stays below 300 KiB" {
    tests=$BATS_TEST_DIRNAME/..
    for name in debian12 debian12-hardened el8-neglected; do
        "$tests/run-cases" --make roots/$name "$T/$name"
        "$D" check --root "$T/$name" --no-walk --format html -o "$T/out" || [ $? -le 3 ]
        [ "$(stat -c %s "$T/out")" -lt 307200 ]
        valid html "$T/out"
    done
}
