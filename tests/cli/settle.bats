load common

settled() { "$D" "$@" --policy "$T/policy" --config "$T/conf"; }
checked() { settled check --root "$T/root" --format lines "$@"; }
waived() { settled waive passwd-mode --reason "old system" --approver "Li Gong" --until "$1"; }
day() { date -u -d "$1" +%F; }
# Rewrites a field of the record, as somebody with an editor would.
edit() { sed -i "s/^$2: .*/$2: $3/" "$T/conf/$1"; }

evidence_policy() {
    cat >>"$T/policy/01-user-identity.yaml" <<'Y'
- id: scanned
  number: "1.4"
  title: {zh: 扫描, en: Scanned}
  why: {zh: 测试, en: test}
  source: [T1]
  class: evidence
  risk: none
  evidence: {zh: 扫描报告, en: a scan report}
Y
}

@test "a new waiver: reviewable YAML, private, the rule waived and not hidden" {
    run waived 2099-12-31
    [ "$status" -eq 0 ]
    [ "$(stat -c %a "$T/conf/waivers.d")" = 700 ]
    [ "$(stat -c %a "$T/conf/waivers.d/passwd-mode.yaml")" = 600 ]
    grep -q '^approver: "Li Gong"$' "$T/conf/waivers.d/passwd-mode.yaml"
    run checked
    [[ "$output" == *"waived passwd-mode"* ]]
    [[ "$output" == *"fail [/etc/passwd] file.mode at-most 0600"* ]]
    [[ "$output" == *"waiver in-force passwd-mode"* ]]
    run settled check --root "$T/root" --lang zh
    [[ "$output" == *"豁免与举证"* ]]
    run settled waive --list
    [ "$status" -eq 0 ]
    [[ "$output" == *"in force"*"passwd-mode"*"Li Gong: old system"* ]]
}

@test "a waived rule is not planned, and the plan says why" {
    waived 2099-12-31
    run settled plan passwd-mode --root "$T/root"
    [ "$status" -eq 0 ]
    [[ "$output" == *"waived until 2099-12-31 by Li Gong"* ]]
    settled apply passwd-mode --root "$T/root" --yes
    [ "$(stat -c %a "$T/root/etc/passwd")" = 644 ]
    settled waive --remove passwd-mode
    run settled plan passwd-mode --root "$T/root"
    [ "$status" -eq 2 ]
}

@test "a waiver of a rule that holds is not used" {
    waived 2099-12-31
    chmod 0600 "$T/root/etc/passwd"
    run checked
    [[ "$output" == *"pass passwd-mode"* ]]
    [[ "$output" == *"waiver in-force passwd-mode (not used)"* ]]
}

@test "expiring within 30 days counts and is told; on its last day it still counts" {
    waived "$(day '+10 days')"
    run checked
    [[ "$output" == *"waived passwd-mode"*"waiver expiring passwd-mode"*"expires in "* ]]
    waived "$(day now)"
    run checked
    [[ "$output" == *"waived passwd-mode"* ]]
}

@test "expired: judged as if there were none, and reported" {
    waived 2099-12-31
    edit waivers.d/passwd-mode.yaml until "$(day yesterday)"
    run checked passwd-mode
    [ "$status" -eq 2 ]
    [[ "$output" == *"fail passwd-mode"*"waiver expired passwd-mode"*"expired after"* ]]
    chmod 0600 "$T/root/etc/passwd"
    run checked passwd-mode # nothing fails, but something is not in order
    [ "$status" -eq 3 ]
    run settled waive --list --lang zh
    [ "$status" -eq 3 ]
    [[ "$output" == *"已过期"* ]]
}

@test "tampered: another byte in the evidence, or no evidence at all" {
    echo paper >"$T/paper"
    settled waive passwd-mode --reason r --approver a --until 2099-01-01 --evidence "$T/paper"
    grep -q "^sha256: $(sha256sum "$T/paper" | cut -d' ' -f1)" "$T/conf/waivers.d/passwd-mode.yaml"
    run checked
    [[ "$output" == *"waived passwd-mode"* ]]
    echo x >>"$T/paper"
    run checked
    [[ "$output" == *"fail passwd-mode"*"waiver tampered passwd-mode"*"has changed"* ]]
    rm "$T/paper"
    run checked
    [[ "$output" == *"waiver tampered passwd-mode"*"cannot read"* ]]
    mkfifo "$T/paper"
    run timeout 5 "$D" check --root "$T/root" --policy "$T/policy" --config "$T/conf" --format lines
    [[ "$output" == *"waiver tampered passwd-mode"* ]]
}

@test "unknown rules, broken and foreign records are findings, never an error" {
    waived 2099-12-31
    cd "$T/conf/waivers.d"
    sed 's/passwd-mode/gone/' passwd-mode.yaml >gone.yaml
    sed 's/^waiver: .*/waiver: family/' passwd-mode.yaml >other.yaml
    echo 'waiver: [' >broken.yaml
    echo 'waiver: family' >family.yaml
    sed 's/2099-12-31/2099-02-30/' passwd-mode.yaml >elsewhere.yaml
    chmod go-w ./*.yaml
    run checked
    [[ "$output" == *"waiver unknown-target gone"* ]]
    [[ "$output" == *"waiver invalid broken"* ]]
    [[ "$output" == *"waiver invalid family"*'"reason" is missing'* ]]
    [[ "$output" == *"is not a date"* ]]
    [[ "$output" == *"must be named family.yaml"* ]]
    [[ "$output" == *"waived passwd-mode"* ]]
    chmod 0620 passwd-mode.yaml
    run checked
    [[ "$output" == *"fail passwd-mode"*"waiver invalid passwd-mode"*"can be written by others"* ]]
    chmod 0770 .
    run checked
    [[ "$output" == *"fail passwd-mode"*"waiver invalid"* ]]
}

@test "what is refused when it is recorded" {
    complaint settled waive passwd-mod --reason r --approver a --until 2099-01-01
    [ "$status" -eq 64 ]; [[ "$output" == *'did you mean "passwd-mode"'* ]]
    complaint settled waive passwd-mode --reason r --until 2099-01-01
    [ "$status" -eq 64 ]; [[ "$output" == *"needs --approver"* ]]
    for until in 2020-01-01 2099-02-29 soon 2099-1-1 2099-01-011; do
        complaint waived $until; [ "$status" -eq 64 ]
    done
    complaint settled waive passwd-mode --reason $'two\nlines' --approver a --until 2099-01-01
    [ "$status" -eq 64 ]
    complaint settled waive passwd-mode --reason r --approver a --until 2099-01-01 --evidence /nothing
    [ "$status" -eq 1 ]
    complaint settled waive; [ "$status" -eq 64 ]
    complaint "$D" waive family --policy "$T/policy" --reason r --approver a --until 2099-01-01
    [ "$status" -eq 64 ]; [[ "$output" == *"--config"* ]]
    complaint settled waive --remove ../../root/etc/passwd
    [ "$status" -eq 1 ]; [ -e "$T/root/etc/passwd" ]
    [ ! -e "$T/conf/waivers.d/passwd-mode.yaml" ]
    settled waive passwd-mode --reason 'a: "b" \ # c' --approver '[x]' --until 2099-01-01
    run settled waive --list
    [[ "$output" == *'[x]: a: "b" \ # c'* ]]
}

@test "evidence settles what needs it, and only that" {
    evidence_policy
    echo report >"$T/report.pdf"
    add() { settled evidence add "$1" --title "Scan report" --by Wang --until 2099-06-30 --file "$T/report.pdf"; }
    run checked scanned
    [[ "$output" == *"evidence-needed scanned"* ]]
    complaint add passwd-mode
    [ "$status" -eq 64 ]; [[ "$output" == *"evidence cannot settle it"* ]]
    complaint add credential-transit
    [ "$status" -eq 64 ]
    add scanned
    run checked
    [[ "$output" == *"pass scanned"*"fail passwd-mode"* || "$output" == *"fail passwd-mode"*"pass scanned"* ]]
    [[ "$output" == *"evidence in-force scanned"* ]]
    [[ "$output" == *"evidence valid until 2099-06-30, by Wang: Scan report"* ]]
    settled evidence remove scanned
    add user-identity # all of the item's rules of that class
    run checked
    [[ "$output" == *"pass scanned"* ]]
    [[ "$output" == *"fail passwd-mode"* ]]
    echo x >>"$T/report.pdf"
    run checked
    [[ "$output" == *"evidence-needed scanned"*"evidence tampered user-identity"* ]]
    run settled evidence list
    [ "$status" -eq 3 ]
    add L3-CES1-29.4
    complaint add L3-CES1-16
    [ "$status" -eq 64 ]
}

@test "results with waivers fit the schema; records of this machine do not speak for an image" {
    python3 -c 'import jsonschema' 2>/dev/null || skip "python3-jsonschema is missing"
    waived 2099-12-31
    settled check --root "$T/root" --format json -o "$T/out" || true
    python3 - "$T/out" "$HERE/../../docs/result.schema.json" <<'P'
import json, sys, jsonschema
r = json.load(open(sys.argv[1]))
jsonschema.validate(r, json.load(open(sys.argv[2])))
rule = [x for i in r["items"] for x in i["rules"] if x["id"] == "passwd-mode"][0]
assert (rule["verdict"], rule["found"], rule["settled"]) == ("waived", "fail", "waiver")
assert r["settlements"][0]["used"] is True
P
    run "$D" check --root "$T/root" --policy "$T/policy" --format lines
    [[ "$output" != *"waiver "* ]]
}
