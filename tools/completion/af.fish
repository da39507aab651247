# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Completion of af(1) for fish.  Verbs and their options are those that `af help`
# says, so that they are not listed here again.

# The words before the one that is completed, from the verb on.
function __af_words
	commandline -opc | tail -n +2
end

function __af_has_no_verb
	test (count (__af_words)) -eq 0
end

function __af_verbs
	af help 2>/dev/null |
		sed -n 's/^  \([a-z]\{1,\}\)  *\(.*\)/\1\t\2/p'
end

# Lines of OPTION, a tab, and what it does; an option's argument is left out.
function __af_options
	af help (__af_words)[1] 2>/dev/null | awk '/^  -/ {
		nr = 0
		for (i = 1; i <= NF && $i ~ /^-/; i++)
			names[++nr] = $i
		if ($i ~ /^[A-Z]+$/)
			i++
		about = ""
		for (; i <= NF; i++)
			about = about (about ? " " : "") $i
		for (i = 1; i <= nr; i++) {
			sub(/,$/, "", names[i])
			sub(/\[=.*/, "=", names[i])
			print names[i] "\t" about
		}
	}'
end

function __af_callers
	printf '%s\n' program unknown
	for word in (__af_words)[2..-1]
		test -f $word; or continue
		sed -n 's/^[[:blank:]]*\(optional  *\)\{0,1\}\(library\|part\|program\)[[:blank:]]\{1,\}\([^{[:blank:]]\{1,\}\).*/\3/p' <$word
		return
	end
end

# What is taken by the option before, or by the verb.
function __af_values
	set -l words (__af_words)
	if string match -q -- '--after=*' (commandline -ct)
		printf '%s\n' --after=all --after=dangerous --after=none
		return
	end
	switch "$words[1] $words[-1]"
		case '* --ranking'
			printf '%s\n' libaf addrfilter
		case 'explain --after'
			printf '%s\n' start signal
			af list calls
		case 'explain --by'
			__af_callers
		case '* -p' '* --pid'
			__fish_complete_pids
		case '* -o' '* --output'
			__fish_complete_path (commandline -ct)
		case 'help help'
			__af_verbs
		case 'list list'
			printf '%s\n' groups constants calls
			af list groups | sed 's/ .*//'
		case 'record *' 'run *' 'check *' 'compile *'
			__fish_complete_path (commandline -ct)
			__fish_complete_command
		case 'explain *'
			__fish_complete_path (commandline -ct)
			af list calls
		case '*'
			__fish_complete_path (commandline -ct)
	end
end

function __af_wants_option
	not __af_has_no_verb; and string match -q -- '-*' (commandline -ct)
end

complete -c af -f
complete -c af -n __af_has_no_verb -a '(__af_verbs)'
complete -c af -n __af_has_no_verb -a '--help --version'
complete -c af -n __af_wants_option -a '(__af_options)'
complete -c af -n 'not __af_has_no_verb' -a '(__af_values)'
