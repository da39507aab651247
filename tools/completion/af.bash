# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Completion of af(1) for bash.  Verbs and their options are those that `af help`
# says, so that they are not listed here again.

# _af_verbs AF
_af_verbs()
{
	"$1" help 2>/dev/null | sed -n 's/^  \([a-z]\{1,\}\) .*/\1/p'
}

# _af_options AF VERB: lines of OPTION, and of OPTION ARGUMENT if it takes one,
# or of OPTION=ARGUMENT if it can
_af_options()
{
	"$1" help "$2" 2>/dev/null | awk '/^  -/ {
		nr = argument = 0
		for (i = 1; i <= NF && $i ~ /^-/; i++)
			names[++nr] = $i
		if ($i ~ /^[A-Z]+$/)
			argument = $i
		for (i = 1; i <= nr; i++) {
			sub(/,$/, "", names[i])
			gsub(/[][]/, "", names[i])
			print names[i] (argument ? " " argument : "")
		}
	}'
}

# The policy among the words: what `af explain --by` is about may stand behind.
_af_policy()
{
	local word
	for word in "${COMP_WORDS[@]:2}"; do
		[ ! -f "$word" ] || { printf '%s\n' "$word"; return; }
	done
}

_af_callers()
{
	local policy
	policy=$(_af_policy)
	printf '%s\n' program unknown
	[ -z "$policy" ] || sed -n 's/^[[:blank:]]*\(optional  *\)\{0,1\}\(library\|part\|program\)[[:blank:]]\{1,\}\([^{[:blank:]]\{1,\}\).*/\3/p' <"$policy"
}

# _af_reply CURRENT WORDS: those of the words, one a line, that fit.  A policy can
# be anybody's, and its names have a dollar sign in them: compgen -W would run
# what is in $(), and so would the line if they were not quoted.
_af_reply()
{
	local word
	while read -r word; do
		[[ -n $word && $word == "$1"* ]] || continue
		printf -v word %q "$word"
		COMPREPLY+=("$word")
	done <<<"$2"
}

# _af_files CURRENT, _af_programs CURRENT
_af_files()
{
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

_af_programs()
{
	[[ $1 != */* ]] || { _af_files "$1"; return; }
	mapfile -t COMPREPLY < <(compgen -c -- "$1")
}

# _af_argument AF VERB OPTION KIND CURRENT: of an option
_af_argument()
{
	case $3:$4 in
	--ranking:*) _af_reply "$5" $'libaf\naddrfilter' ;;
	--after:WHICH) _af_reply "$5" $'all\ndangerous\nnone' ;;
	--after:CALL) _af_reply "$5" $'start\nsignal\n'"$("$1" list calls)" ;;
	*:CALLER) _af_reply "$5" "$(_af_callers)" ;;
	*:FILE|*:POLICY) _af_files "$5" ;;
	*:PID) _af_reply "$5" "$(cd /proc && printf '%s\n' [0-9]*)" ;;
	esac
}

# _af_operand AF VERB NUMBER CURRENT: of a verb, from 0
_af_operand()
{
	case $2:$3 in
	help:0) _af_reply "$4" "$(_af_verbs "$1")" ;;
	list:0) _af_reply "$4" $'groups\nconstants\ncalls\n'"$("$1" list groups |
		sed 's/ .*//')" ;;
	list:*|help:*) ;;
	record:0|run:1|check:1|compile:1) _af_programs "$4" ;;
	explain:1) _af_reply "$4" "$("$1" list calls)" ;;
	*) _af_files "$4" ;;
	esac
}

# _af_kind OPTIONS OPTION [=]: what the option's argument is, nothing if it has
# none, or none but behind `=`
_af_kind()
{
	local name kind
	while read -r name kind; do
		[ "$name" != "$2" ] || printf '%s\n' "$kind"
		[ "${name%%=*}" != "$2" ] || [ -z "${3:-}" ] ||
			printf '%s\n' "${name#*=}$kind"
	done <<<"$1"
}

_af()
{
	local af=$1 cur=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]}
	local options option='' kind='' word ended='' nr=0 i
	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		_af_reply "$cur" "$(_af_verbs "$af")"$'\n--help\n--version'
		return
	fi
	options=$(_af_options "$af" "$verb")
	for ((i = 2; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [ -n "$kind" ] && [ "$word" != = ]; then
			kind=''
		elif [ "$word" = = ] && [ -n "$option" ]; then
			kind=$(_af_kind "$options" "$option" =)
		elif [ "$word" = -- ]; then
			ended=1
		elif [[ -z $ended && $word == -* ]]; then
			option=$word
			kind=$(_af_kind "$options" "$word")
		else
			nr=$((nr + 1))
			# What follows is the program's.
			case $verb:$nr in
			run:2|record:1|explain:1) ended=1 ;;
			esac
		fi
	done
	if [ "$cur" = = ] && [ -n "$option" ]; then
		kind=$(_af_kind "$options" "$option" =)
		cur=''
	fi
	if [ -n "$kind" ]; then
		_af_argument "$af" "$verb" "$option" "$kind" "$cur"
	elif [[ -z $ended && $cur == -* ]]; then
		_af_reply "$cur" "$(cut -d ' ' -f 1 <<<"$options" | cut -d = -f 1)"
	else
		_af_operand "$af" "$verb" "$nr" "$cur"
	fi
}

complete -F _af af
