load common

@test "--confirm-within takes times and none, and nothing else" {
    for bad in 10x -5 25h 1.5m "" m; do
        complaint "$D" apply --root "$T/root" --policy "$T/policy" --yes --confirm-within="$bad"
        [ "$status" -eq 64 ]
    done
    run "$D" apply --root "$T/root" --policy "$T/policy" --yes --confirm-within none
    [ "$status" -ne 64 ]
    run "$D" apply --root "$T/root" --policy "$T/policy" --yes --confirm-within 0
    [ "$status" -ne 64 ]
}

@test "an image has no confirmation window, and nothing is changed then" {
    complaint "$D" apply --root "$T/root" --policy "$T/policy" --yes --confirm-within 10m
    [ "$status" -eq 1 ]
    [[ "$output" == *"needs a running system"* ]]
    complaint "$D" apply --root "$T/root" --policy "$T/policy" --yes --confirm-within 10m --lang zh
    [[ "$output" == *"正在运行"* ]]
    run "$D" history --root "$T/root"
    [[ "$output" == "no transactions" ]]
}
