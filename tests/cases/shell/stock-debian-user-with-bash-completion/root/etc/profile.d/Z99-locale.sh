warn() {
    command -v local >/dev/null && local _local="local" ||
        typeset _local="typeset"
    $_local names="" key=""
    while read -r w1 w2 rest; do
        case "$w1" in
            locale:) names="${names} ${w2}";;
        esac
    done
    [ -n "$names" ] || return 0
    printf "WARNING: %s\n" "$names"
}
[ -n "$LANG" ] && locale 2>&1 | warn
unset warn
