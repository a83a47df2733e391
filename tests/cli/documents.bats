load common

@test "the documents' commands and options are ones that there are" {
    run timeout 120 "$HERE/ask-documents" commands
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "the README shows what the program prints, in English and Chinese" {
    [ "$(id -u)" = 0 ] || skip "owners of a whole root need root"
    run timeout 120 "$HERE/ask-documents" transcripts
    echo "$output"
    [ "$status" -eq 0 ]
}
