#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Completion in bash, as the shell asks for it.
#
# It is check that calls the functions:
# shellcheck disable=SC2016,SC2317
set -u
. selftests/apps/tap.sh
# shellcheck source=tools/completion/af.bash
. "$tap_top/tools/completion/af.bash"

# typed WORD...: what is offered for the last one, or for that after +
typed()
{
	local word i=0
	COMP_WORDS=()
	COMP_CWORD=$(($# - 1))
	for word; do
		if [ "$word" = + ]; then
			COMP_CWORD=$i
		else
			COMP_WORDS[i]=$word
			i=$((i + 1))
		fi
	done
	COMPREPLY=()
	_af af
	printf '%s\n' "${COMPREPLY[@]}"
}

# offers WORDS TYPED...: these and no others, in any order
offers()
{
	local want=$1
	shift
	diff <(tr ' ' '\n' <<<"$want" | sort) <(typed "$@" | sort) >"$out"
}

# offers_some WORD TYPED...: this among others
offers_some()
{
	local want=$1
	shift
	typed "$@" >"$out"
	[ "$(wc -l <"$out")" -gt 1 ] && grep -qxF -e "$want" "$out"
}

verbs=$(af help | sed -n 's/^  \([a-z]*\) .*/\1/p' | paste -sd ' ')

check 'all verbs' offers "$verbs --help --version" af ''
check 'those that begin so' offers 'record report' af re
check 'help is for a verb' offers "$verbs" af help ''
check 'and not for two' offers '' af help run ''

for verb in $verbs; do
	options=$(af "$verb" --help | sed -n 's/^  \(-.*\)/\1/p' |
		sed 's/  .*//' | grep -oE '(^|[ ,])--?[a-z][a-z-]*' |
		tr -d ' ,' | paste -sd ' ')
	check "all options of $verb" offers "$options" af "$verb" -
done

mkdir work
cd work || exit
echo 'program { read }' >one.af
cat >two.af <<'AF'
# library in-a-comment.so
transparent libc.so.6
library libz.so.1 { read }
	optional library libssl.so.3{
	read }
program /usr/bin/other { read }
part parser of program symbol parse { read }
AF
mkdir dir
echo '#!/bin/sh' >dir/af-test-program
chmod +x dir/af-test-program

check 'policies' offers 'dir one.af two.af' af run ''
check 'that begin so' offers one.af af score o
check 'behind an option' offers one.af af report --ranking libaf o
check 'programs to run' offers_some bash af run one.af ba
check 'to be watched' offers_some bash af record -o one.af ba
check 'to be checked for' offers_some bash af check one.af ba
check 'by their paths' offers dir/af-test-program af run one.af dir/
check 'behind two minus signs' offers dir/af-test-program \
	af run one.af -- dir/
check 'options of that program are not ours' offers '' af run one.af ls -
check 'files for an option' offers 'dir one.af two.af' af record -o ''
check 'its long form, too' offers two.af af record --output t
check 'values of an option' offers 'libaf addrfilter' af score --ranking ''
check 'behind an equals sign' offers dangerous af record --after = d
check 'or right at it' offers 'all dangerous none' af record --after =
check 'which are not those of the next word' offers dir/af-test-program \
	af record --after -o one.af dir/
check 'processes' offers_some $$ af record -p ''
check 'calls' offers 'openat openat2' af explain one.af openat
check 'calls that come before' offers 'signal signalfd signalfd4' \
	af explain --after signal
check 'callers' offers 'program unknown' af explain --by ''
check 'of the policy that stands behind' offers \
	'program unknown libz.so.1 libssl.so.3 /usr/bin/other parser' \
	af explain --by + '' two.af

mkdir hostile
cd hostile || exit
cat >'hostile$(id>ran).af' <<'AF'
optional library liba$(id>ran).so { read }
optional library libb`id>ran`.so { read }
optional library libc;id>ran;.so { read }
optional library lib*.so { read }
AF
# callers_are NAME...: what is offered, as a shell reads it in a line
callers_are()
{
	diff <(printf '%s\n' "$@") <(eval "printf '%s\n' $(typed \
		af explain --by + lib 'hostile$(id>ran).af' |
		paste -sd ' ')") >"$out"
}

check 'names that a shell would run are offered' callers_are \
	'liba$(id>ran).so' 'libb`id>ran`.so' 'libc;id>ran;.so' 'lib*.so'
check 'and policies so called' offers 'hostile$(id>ran).af' af run host
check 'but not run' test ! -e ran
cd ..

check 'groups' offers '@thread @time' af list @t
check 'and all lists' offers_some constants af list ''
check 'numbers are up to the user' offers '' af score --min ''
finish
