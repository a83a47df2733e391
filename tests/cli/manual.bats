load common

agrees() {
    [ "$1" = help ] || [ "$1" = man ] || command -v "$1" >/dev/null || skip "$1 is not installed"
    run timeout 120 "$HERE/ask-manual" "$1"
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "help has the same options in both languages" { agrees help; }
@test "the man pages say what help says, and render without a warning" { agrees man; }
@test "bash offers what help lists" { agrees bash; }
@test "zsh offers what help lists" { agrees zsh; }
@test "fish offers what help lists, with its words" { agrees fish; }

@test "a man page or shell that is none: one line" {
    complaint "$D" help --man polcy; [ "$status" -eq 64 ]; [[ "$output" == *policy* ]]
    complaint "$D" help --completion tcsh; [ "$status" -eq 64 ]; [[ "$output" == *bash* ]]
}

@test "every page that is listed is there" {
    "$D" list pages | while read -r page section; do
        "$D" help --man "$page" | grep -qi "^.TH $page $section "
        "$D" help --man "$page" --lang zh | grep -q '^\.SH 名称'
    done
}
