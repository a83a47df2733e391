# The names that dengbao itself lists: rule, item, preset, format, resource, transaction.
_dengbao_names() {
	local -a lines
	local line
	case $2 in
	rule)
		for line in ${(f)"$($1 list rules 2>/dev/null)"}; do
			[[ ${${=line}[1]} == *.* ]] && print -r -- ${${=line}[2]} ${${=line}[1]}
		done ;;
	item) for line in ${(f)"$($1 list items 2>/dev/null)"}; do
		print -r -- ${${=line}[2]} ${${=line}[1]}
	done ;;
	preset | format) for line in ${(f)"$($1 list ${2}s 2>/dev/null)"}; do
		print -r -- ${${=line}[1]}
	done ;;
	resource) for line in ${(f)"$($1 list resources 2>/dev/null)"}; do
		[[ $line == [a-z]* ]] && print -r -- ${${=line}[1]}
	done ;;
	transaction) for line in ${(f)"$($1 history 2>/dev/null)"}; do
		[[ $line == [0-9]* ]] && print -r -- ${${=line}[1]}
	done ;;
	command) print -r -- $_dengbao_commands ;;
	page) print -r -- $_dengbao_pages ;;
	'='*) print -r -- ${2#'='} ;;
	esac
}
_dengbao_offer() {
	local kind
	local -a names
	for kind in $@; do
		case $kind in
		file) _files ;;
		dir) _files -/ ;;
		*) names+=(${=$(_dengbao_names $words[1] $kind)}) ;;
		esac
	done
	(( $#names )) && compadd -a names
}
_dengbao() {
	local command='' option='' lang=en n
	local -a options commands
	case ${LC_ALL:-${LC_MESSAGES:-$LANG}} in zh*) lang=zh ;; esac
	for ((n = 2; n < CURRENT; n++)); do
		if [[ $_dengbao_valued == *" $words[n] "* ]]; then
			((n++))
		elif [[ $words[n] != -* ]]; then
			command=$words[n]
			break
		fi
	done
	[[ $_dengbao_valued == *" $words[CURRENT-1] "* ]] && option=$words[CURRENT-1]
	if [[ -z $option && $words[CURRENT] == --*=* ]]; then
		option=${words[CURRENT]%%=*}
		compset -P '*='
	fi
	if [[ -n $option ]]; then
		_dengbao_offer ${=$(_dengbao_value_kinds $option)}
	elif [[ $words[CURRENT] == -* ]]; then
		_dengbao_options_$lang "$command"
		_describe -o option options
	elif [[ -z $command ]]; then
		_dengbao_commands_$lang
		_describe command commands
	else
		_dengbao_offer ${=$(_dengbao_argument_kinds $command)}
	fi
}
# Autoloaded from fpath the file is the function's body; sourced it defines the function.
if [[ $funcstack[1] == _dengbao ]]; then
	_dengbao "$@"
else
	compdef _dengbao dengbao
fi
