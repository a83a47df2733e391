load common

@test "exit 2 when something fails, 3 when something is open, 0 when all pass" {
    run check; [ "$status" -eq 2 ]
    run check 2; [ "$status" -eq 3 ]
    run check family; [ "$status" -eq 0 ]
    run check 1.1 1.3; [ "$status" -eq 0 ]
}

@test "the text report says what was found, where, what is wanted and why" {
    run check
    [[ "$output" == *"file mode (/etc/passwd): found 0644, wanted at most 0600"* ]]
    [[ "$output" == *"[/etc/passwd"* ]]
    [[ "$output" == *"why     test"* ]]
    [[ "$output" == *"partly conforming"* ]]
    [[ "$output" == *"pending later"* ]]
}

@test "Chinese by --lang and by the locale, without that locale being installed" {
    run check --lang zh
    [[ "$output" == *"当前为 0644，要求 至多 0600"* ]]
    LC_ALL=zh_CN.UTF-8 run check
    [[ "$output" == *"部分符合"* ]]
    LC_ALL=zh_CN.UTF-8 run check --lang en
    [[ "$output" == *"partly conforming"* ]]
    unset LC_ALL
    LANG=zh_CN.UTF-8 run check
    [[ "$output" == *"部分符合"* ]]
}

@test "no line of the text report is wider than 100 columns" {
    for lang in zh en; do
        check --lang $lang --verbose >"$T/out" || true
        python3 - "$T/out" <<'P'
import sys, unicodedata
for line in open(sys.argv[1], encoding="utf-8"):
    line = line.rstrip("\n")
    if "/" in line and " " not in line.strip():
        continue
    width = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)
    assert width <= 100, (width, line)
P
    done
}

@test "colours only where asked for or on a terminal" {
    run check; [[ "$output" != *$'\033'* ]]
    run check --color=always; [[ "$output" == *$'\033[1;31m'* ]]
    run check --color=never; [[ "$output" != *$'\033'* ]]
    command -v script >/dev/null || skip "script is not installed"
    TERM=xterm run script -qec "'$D' check --root '$T/root' --policy '$T/policy'" /dev/null
    [[ "$output" == *$'\033[1;31m'* ]]
    NO_COLOR=1 TERM=xterm run script -qec "'$D' check --root '$T/root' --policy '$T/policy'" /dev/null
    [[ "$output" != *$'\033[1;31m'* ]]
}

@test "result JSON validates against the schema and is in the order of the policy" {
    check --format json >"$T/out.json" || true
    python3 - "$T/out.json" "$HERE/../../docs/result.schema.json" "$T/root" <<'P'
import json, sys
import jsonschema
result, schema = (json.load(open(p, encoding="utf-8")) for p in sys.argv[1:3])
jsonschema.Draft202012Validator.check_schema(schema)
jsonschema.Draft202012Validator(schema).validate(result)
assert list(result)[:10] == ["schema", "tool", "started", "duration_us", "host", "preset",
                             "policy_digest", "state_digest", "summary", "items"]
assert [i["number"] for i in result["items"]] == [1, 2]
assert [r["id"] for r in result["items"][0]["rules"]] == ["family", "passwd-mode", "elsewhere"]
mode = result["items"][0]["rules"][1]
assert mode["verdict"] == "fail" and mode["wants"][0]["configured"] == "0644"
assert "/etc/passwd" in mode["paths"]["read"] or mode["paths"] , mode["paths"]
assert result["host"]["root"] == sys.argv[3] and result["host"]["live"] is False
assert len(result["host"]["id"]) == 64
P
}

@test "the built-in policy: 19 items in order, every verdict with its reason" {
    "$D" check --root "$T/root" --config "$T/none" --format json >"$T/out.json" || true
    python3 - "$T/out.json" "$HERE/../../docs/result.schema.json" <<'P'
import json, sys
import jsonschema
result, schema = (json.load(open(p, encoding="utf-8")) for p in sys.argv[1:3])
jsonschema.Draft202012Validator(schema).validate(result)
assert [i["number"] for i in result["items"]] == list(range(1, 20))
for item in result["items"]:
    for rule in item["rules"]:
        assert (rule["verdict"] == "pass") == (rule["reason"] is None), rule["id"]
        assert (rule["reason"] is None) == (rule["reason_zh"] is None), rule["id"]
        for want in rule["wants"]:
            assert (want["verdict"] == "pass") == (want["reason"] is None), rule["id"]
P
}

@test "two checks of one state give the same lines and digests" {
    check --format lines >"$T/1" || true
    check --format lines >"$T/2" || true
    cmp "$T/1" "$T/2"
    one=$(check --format json | grep state_digest || true)
    [ "$one" = "$(check --format json | grep state_digest || true)" ]
    chmod 0600 "$T/root/etc/passwd"
    [ "$one" != "$(check --format json | grep state_digest || true)" ]
}

@test "-o replaces the file as a whole and keeps its mode; -o - is standard output" {
    check --format json -o "$T/out" || true
    python3 -m json.tool "$T/out" >/dev/null
    chmod 0600 "$T/out"
    check --format lines -o "$T/out" || true
    grep -q '^fail passwd-mode' "$T/out"
    [ "$(stat -c %a "$T/out")" = 600 ]
    [ "$(ls "$T" | grep -c tmp)" -eq 0 ]
    check --format lines -o - | grep -q '^fail passwd-mode'
    check --format lines --output=/dev/stdout | grep -q '^fail passwd-mode'
}

@test "a full disk is an error" {
    [ -c /dev/full ] || skip "no /dev/full"
    complaint bash -c '"$@" >/dev/full' - "$D" check --root "$T/root" --policy "$T/policy"
    [ "$status" -eq 1 ]
    [[ "$output" == *"cannot write standard output"* ]]
    complaint check -o /nonexistent/x
    [ "$status" -eq 1 ]
}

@test "escapes, bidirectional marks and broken bytes of the host never reach the output" {
    printf 'ID=debian\nPRETTY_NAME="evil \033[31m \342\200\256 \377 \302\233"\n' >"$T/root/etc/os-release"
    printf 'a\033]0;x\007\n' >"$T/root/etc/hostname"
    for format in text json lines; do
        check --format $format >"$T/out" || true
        [ "$(LC_ALL=C grep -c -e $'\033' -e $'\007' "$T/out")" -eq 0 ]
        [ "$(LC_ALL=C grep -c -e $'\342\200\256' -e $'\302\233' "$T/out")" -eq 0 ]
        iconv -f UTF-8 -t UTF-8 "$T/out" >/dev/null
    done
    check --format json | python3 -m json.tool >/dev/null
}

@test "presets change values and selection; --preset is spelt right or refused" {
    run check --preset strict
    [[ "$output" == *"wanted at most 0400"* ]]
    [[ "$output" == *"1 rules are not asked for by preset strict"* ]]
    run check --preset strict elsewhere
    [ "$status" -eq 0 ]
    complaint check --preset strct
    [ "$status" -eq 64 ]
    [[ "$output" == *"did you mean \"strict\"?"* ]]
}

@test "overrides of the administrator: last word, checked, trusted" {
    mkdir -p "$T/conf/policy.d"
    echo 'values: {passwd-mode.mode: "0644"}' >"$T/conf/policy.d/site.yaml"
    run check --config "$T/conf" passwd-mode; [ "$status" -eq 0 ]
    echo 'values: {passwd-mod.mode: "0644"}' >"$T/conf/policy.d/site.yaml"
    complaint check --config "$T/conf"
    [ "$status" -eq 1 ]
    [[ "$output" == *"site.yaml:1:10: no rule \"passwd-mod\" (did you mean \"passwd-mode\"?)"* ]]
    echo 'skip: [family]' >"$T/conf/policy.d/site.yaml"
    chmod g+w "$T/conf/policy.d/site.yaml"
    complaint check --config "$T/conf"
    [ "$status" -eq 1 ]
    [[ "$output" == *"chmod go-w"* ]]
}

@test "the built-in policy and the same files in a directory have one digest" {
    cp -r --no-preserve=mode,ownership "$HERE/../../policy" "$T/real"
    chmod -R go-w "$T/real"
    digest() { "$D" check --root "$T/root" --no-walk --format json "$@" | grep policy_digest; }
    run digest --config "$T/none"; one=$output
    run digest --policy "$T/real"
    [ "$one" = "$output" ]
    [[ "$one" == *policy_digest* ]]
}
