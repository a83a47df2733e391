load common

with_state() { mkdir -p "$T/root/var/lib"; }
plan() { "$D" plan --root "$T/root" --policy "$T/policy" "$@"; }
apply() { "$D" apply --yes --root "$T/root" --policy "$T/policy" "$@"; }
mode() { stat -c %a "$T/root/etc/passwd"; }

@test "plan writes nothing, exits 2 and shows the change; its JSON validates against the schema" {
    run plan; [ "$status" -eq 2 ]
    [[ "$output" == *"mode /etc/passwd: 0644 -> 0600"* ]]
    [ "$(mode)" = 644 ]
    [ ! -e "$T/root/var/lib/dengbao" ]
    plan --format json >"$T/plan.json" || true
    python3 - "$T/plan.json" "$HERE/../../docs/plan.schema.json" <<'P'
import json, sys
import jsonschema
plan, schema = (json.load(open(p, encoding="utf-8")) for p in sys.argv[1:3])
jsonschema.Draft202012Validator.check_schema(schema)
jsonschema.Draft202012Validator(schema).validate(plan)
assert plan["rules"] == ["passwd-mode"] and plan["proof"]["rules_fixed"] == ["passwd-mode"], plan
assert plan["steps"][0]["kind"] == "set-attributes"
P
}

@test "apply needs --yes away from a terminal, is undone, and a second apply changes nothing" {
    [ "$(id -u)" = 0 ] || skip "needs root"
    with_state
    run "$D" apply --root "$T/root" --policy "$T/policy" </dev/null
    [ "$status" -eq 64 ]; [ "$(mode)" = 644 ]
    run apply; [ "$status" -eq 0 ]; [ "$(mode)" = 600 ]
    run apply; [ "$status" -eq 0 ]; [[ "$output" == *"0 changes made"* ]]
    run "$D" history --root "$T/root"; [[ "$output" == *"committed"*"passwd-mode"* ]]
    run "$D" undo --root "$T/root" </dev/null; [ "$status" -eq 64 ]
    run "$D" undo --yes --root "$T/root"; [ "$status" -eq 0 ]; [ "$(mode)" = 644 ]
    run "$D" recover --root "$T/root"; [ "$status" -eq 0 ]
}

@test "a saved plan is refused when the system has changed since" {
    [ "$(id -u)" = 0 ] || skip "needs root"
    with_state
    plan --format json >"$T/plan.json" || true
    chmod 0666 "$T/root/etc/passwd"
    run apply "$T/plan.json"
    [ "$status" -eq 1 ]; [[ "$output" == *"no longer as it was"* ]]; [ "$(mode)" = 666 ]
    chmod 0644 "$T/root/etc/passwd"
    run apply "$T/plan.json"
    [ "$status" -eq 0 ]; [ "$(mode)" = 600 ]
}

@test "undo --rule needs a rule that changed something" {
    [ "$(id -u)" = 0 ] || skip "needs root"
    with_state
    apply
    run "$D" undo --yes --root "$T/root" --policy "$T/policy" --rule family
    [ "$status" -eq 1 ]; [[ "$output" == *"changed anything for family"* ]]
    run "$D" undo --yes --root "$T/root" --policy "$T/policy" --rule passwd-mode
    [ "$status" -eq 0 ]; [ "$(mode)" = 644 ]
}

@test "another that holds the lock makes apply refuse" {
    [ "$(id -u)" = 0 ] || skip "needs root"
    with_state
    apply; "$D" undo --yes --root "$T/root"
    exec 9>"$T/root/var/lib/dengbao/lock"; flock 9
    run apply; [ "$status" -eq 1 ]; [[ "$output" == *"another dengbao"* ]]
    exec 9>&-
    [ "$(mode)" = 644 ]
}

@test "a change that was interrupted is said by check, plan and history until it is put back" {
    [ "$(id -u)" = 0 ] || skip "needs root"
    with_state
    run apply; [ "$status" -eq 0 ]
    run plan; [[ "$output" != *"is not finished"* ]]
    echo activating >"$(echo "$T"/root/var/lib/dengbao/transactions/*/status)"
    run plan; [[ "$output" == *"is not finished"*"dengbao recover"* ]]
    run "$D" check --root "$T/root" --policy "$T/policy"; [[ "$output" == *"is not finished"* ]]
    run "$D" history --root "$T/root"; [[ "$output" == *"is not finished"* ]]
    run "$D" recover --root "$T/root"; [ "$status" -eq 0 ]; [ "$(mode)" = 644 ]
    run plan; [[ "$output" != *"is not finished"* ]]
}
