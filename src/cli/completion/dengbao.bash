# The names that dengbao itself lists: rule, item, preset, format, resource, transaction.
_dengbao_names() {
	local number name rest
	case $2 in
	rule)
		"$1" list rules 2>/dev/null | while read -r number name rest; do
			case $number in *.*) echo "$name" && echo "$number" ;; esac
		done
		;;
	item)
		"$1" list items 2>/dev/null | while read -r number name rest; do
			echo "$name" && echo "$number"
		done
		;;
	preset | format) "$1" list "$2s" 2>/dev/null | while read -r name rest; do echo "$name"; done ;;
	resource) "$1" list resources 2>/dev/null | while IFS= read -r name; do
		case $name in [a-z]*) echo "${name%% *}" ;; esac
	done ;;
	transaction) "$1" history 2>/dev/null | while read -r name rest; do
		case $name in [0-9]*Z) echo "$name" ;; esac
	done ;;
	command) echo "$_dengbao_commands" ;;
	page) echo "$_dengbao_pages" ;;
	=*) echo "${2#=}" ;;
	esac
}
_dengbao_complete() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} option=
	local command='' kinds='' kind words='' n
	# "=" breaks words in bash: --format = js
	if [ "$current" = = ]; then
		option=$previous current=''
	elif [ "$previous" = = ]; then
		option=${COMP_WORDS[COMP_CWORD - 2]}
	else
		case $_dengbao_valued in *" $previous "*) option=$previous ;; esac
	fi
	for ((n = 1; n < COMP_CWORD; n++)); do
		case ${COMP_WORDS[n]} in
		=) ((n++)) ;;
		-*) case $_dengbao_valued in *" ${COMP_WORDS[n]} "*)
			[ "${COMP_WORDS[n + 1]}" = = ] || ((n++)) ;;
		esac ;;
		*) command=${COMP_WORDS[n]} && break ;;
		esac
	done
	COMPREPLY=()
	if [ -n "$option" ]; then
		kinds=$(_dengbao_value_kinds "$option")
	elif [ "${current#-}" != "$current" ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_dengbao_options "$command")" -- "$current")
		return
	elif [ -z "$command" ]; then
		kinds=command
	else
		kinds=$(_dengbao_argument_kinds "$command")
	fi
	for kind in $kinds; do
		case $kind in
		file) compopt -o filenames 2>/dev/null
			mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$current") ;;
		dir) compopt -o filenames 2>/dev/null
			mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -d -- "$current") ;;
		*) words+=" $(_dengbao_names "${COMP_WORDS[0]}" "$kind")" ;;
		esac
	done
	[ -z "$words" ] ||
		mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _dengbao_complete dengbao
