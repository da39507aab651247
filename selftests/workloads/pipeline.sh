# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# A shell and a pipeline of small programs.

# The shell that is confined expands it:
# shellcheck disable=SC2016

# What they do depends on what is a file, a pipe, or /dev/null, and not on what is
# installed: the first is the directory of the samples.
learn()
{
	"$@" sh -c 'find "$policies/.." -type f | sort | head -n 20 | xargs wc -c |
		awk "{ print \$1 }" >sizes; sed s/1/2/ sizes | sort -n | uniq -c |
		tr 2 3 | cut -c 1-20 | tail -n 5; grep -c 1 sizes | cat; cat sizes
		wc -l sizes; wc -c <sizes; awk "{ n++ } END { print n }" sizes; head -n 3 sizes
		cat sizes >copy; date +%Y >/dev/null'
}

work()
{
	for _ in $(seq "$SIZE"); do
		"$@" sh -c 'find /etc/security -type f | xargs cat | tr A-Z a-z |
			tr -c a-z "\n" | sort | uniq -c | sort -k 1n -k 2 |
			tail -n 20 >words; awk "{ n += \$1 } END { print n }" words
			sed s/e/3/ words | head -n 5 | cut -c 5-; grep -c a words
			wc -l words | cat; wc -c <words; cat words; head -n 2 words
			cat words words >more; date +%Y >/dev/null' || return
	done
}
