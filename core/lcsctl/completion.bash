# Completion of lcsctl's command line in bash: the running server knows its verbs.

_lcsctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} word options=() words=() i

	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if ((${#words[@]})); then
			words+=("$word")
		elif [[ $word == -[st] || $word == --socket || $word == --timeout ]]; then
			options+=("$word" "${COMP_WORDS[++i]}")
		elif [[ $word == -o || $word == --output ]]; then
			((i++))
		elif [[ $word != -* ]]; then
			words+=("$word")
		fi
	done
	if ((${#words[@]} == 0)); then
		case ${COMP_WORDS[COMP_CWORD - 1]} in
		-o | --output)
			mapfile -t COMPREPLY < <(compgen -W 'table json' -- "$cur")
			return ;;
		-s | --socket)
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			return ;;
		-t | --timeout)
			return ;;
		esac
		if [[ $cur == -* ]]; then
			mapfile -t COMPREPLY < <(compgen \
			    -W '--socket --output --timeout --version --help' -- "$cur")
			return
		fi
	fi
	mapfile -t COMPREPLY < <(lcsctl "${options[@]}" --complete -- "${words[@]}" "$cur" 2> /dev/null)
	if ((${#COMPREPLY[@]} == 0)) && [[ "${words[*]}" == "config check" ]]; then
		compopt -o filenames 2> /dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	fi
}
complete -F _lcsctl lcsctl
