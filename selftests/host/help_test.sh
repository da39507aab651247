#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# af help, and that what it says of verbs and options is what the manual says.
#
# It is check that calls the functions:
# shellcheck disable=SC2016,SC2317
set -u
. selftests/apps/tap.sh

verbs=$(af help | sed -n 's/^  \([a-z]*\) .*/\1/p')

# What a summary lists: words with a minus sign that lines begin with.
options_of_help()
{
	af "$1" --help | grep -E '^  -' | sed 's/^  //; s/  .*//' |
		grep -oE '(^|[ ,])--?[a-z][a-z-]*' | tr -d ' ,' | sort
}

# What a page says of options: in the list, or the only one in its text.
options_of_page()
{
	grep -E '^\.(It|Op|Ar)? ?.*Fl ' "$tap_top/tools/af-$1.1" |
		grep -oE 'Fl -?[a-z][a-z-]*|, -[a-z-]+' |
		sed 's/^Fl /-/; s/^, -/--/' | sort -u
}

# same VERB: options of the summary are on the page, and the other way round.
same()
{
	diff <(options_of_help "$1") <(options_of_page "$1" |
		grep -vxFf <(others "$1")) >"$out"
}

# Options of other programs that a page mentions.
others()
{
	case $1 in
	record) echo --build-id ;;
	*) echo none ;;
	esac
}

# synopsis VERB: each option of the page's is on the usage line, or that has no
# list.
synopsis()
{
	local usage option
	usage=$(af "$1" --help | sed '/^$/,$d')
	sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESC/p' "$tap_top/tools/af-$1.1" |
		grep -oE 'Fl -?[a-z][a-z-]+|Fl [a-z]\b' | sed 's/^Fl /-/' >"$out"
	[[ $usage != *'[OPTION...]'* ]] || return 0
	while read -r option; do
		[[ $usage == *"$option"* ]] || return
	done <"$out"
}

# status_of VERB: its status for wrong arguments
status_of()
{
	case $1 in
	run|record) echo 125 ;;
	*) echo 2 ;;
	esac
}

check 'af help succeeds' run 0 af help
check 'and lists verbs' test "$(wc -w <<<"$verbs")" -ge 12
check 'af --help says the same' eval \
	'diff <(af help) <(af --help) >"$out"'
check 'af alone, too, but fails' run 2 af

check 'each verb has a page, and each page a verb' eval \
	'diff <(sort <<<"$verbs") \
		<(cd "$tap_top/tools" && ls af-*.1 | sed "s/af-//; s/\.1//" |
			sort) >"$out"'
check 'af(1) lists all in this order' eval \
	'diff <(echo "$verbs") \
		<(sed -n "s/^\.It Cm //p" "$tap_top/tools/af.1") >"$out"'
check 'and refers to all' eval \
	'diff <(sort <<<"$verbs") \
		<(sed "1,/^\.Sh SEE ALSO/d" "$tap_top/tools/af.1" |
			sed -n "s/^\.Xr af-\([a-z]*\) 1 .*/\1/p") >"$out"'

for verb in $verbs; do
	check "af help $verb says what af $verb --help says" eval \
		'run 0 af help "$verb" && grep -q "^usage: af $verb" "$out" &&
			diff <(af help "$verb") <(af "$verb" --help) >"$out"'
	check "af-$verb(1) has the options that it says" same "$verb"
	check "and its synopsis no others" synopsis "$verb"
done

for verb in $verbs; do
	case $verb in
	list|help) continue ;;
	esac
	check "af $verb says which option is wrong" eval \
		'run "$(status_of "$verb")" af "$verb" --no-such p.af &&
			head -n 1 "$out" | grep -q "^af: .*--no-such"'
done
check 'af compile says what is missing' eval \
	'run 2 af compile p.af ls && grep -qxF "af: -o is missing" "$out"'
check 'so does af export' eval \
	'run 2 af export p.af && grep -qxF "af: --oci is missing" "$out"'
check 'but not of what is there' eval \
	'run 2 af compile -o x p.af && ! grep -q missing "$out"'

check 'a verb that is misspelt' run 2 af help expalin
check 'is suggested' grep -qxF 'af: hint: did you mean `explain`?' "$out"
check 'by af itself, too' eval \
	'run 2 af chekc p.af && grep -q "did you mean .check.?" "$out"'
check 'one that is like no other' run 2 af help zzzzzzzz
check 'leads to the list' grep -qxF 'af: hint: see `af help`' "$out"
check 'af help takes one verb' run 2 af help run record
finish
