# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# What the scripts here share.  Messages go to stderr, results to stdout.

unset CDPATH
patches=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${LIBAF_CACHE:-${XDG_CACHE_HOME:-~/.cache}/libaf}
me=$(basename "$0")
# What "make check BASE=..." is for; the scripts' --base comes before it.
# shellcheck disable=SC2034
default_base=${BASE:-6.12}

say()
{
	printf '%s\n' "$*" >&2
}

die()
{
	say "$me: $*"
	exit 1
}

# The value of a key in a file of lines "key=value".
value_or_none()
{
	sed -n "s/^$2=//p" "$1"
}

value_of()
{
	local value
	value=$(value_or_none "$1" "$2")
	[ -n "$value" ] || die "$1 has no $2"
	printf '%s\n' "$value"
}

sha256_of()
{
	sha256sum <"$1" | cut -d' ' -f1
}

base_dir()
{
	local dir=$patches/$1
	[[ $1 =~ ^[0-9]+\.[0-9]+$ && -f $dir/BASE ]] ||
		die "no such base: $1 (there is: $(bases))"
	printf '%s\n' "$dir"
}

bases()
{
	local f
	for f in "$patches"/*/BASE; do
		basename "$(dirname "$f")"
	done | paste -sd' '
}

# The patches of a base, in order; none if it has no series.
series_of()
{
	[ -f "$1/series" ] || return 0
	sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' "$1/series"
}

# The options that patches add; one that only others select has no prompt.
options_of()
{
	sed -nE '/^\+config /{s/^.config //;h;n;/^\+\t(bool|tristate) "/{g;p}}' "$@"
}

# lock NAME: held until the script ends.
lock()
{
	local fd
	mkdir -p "$cache/lock"
	exec {fd}>"$cache/lock/$1"
	flock -n "$fd" && return
	say "$me: waiting for another run of this script"
	flock "$fd"
}

elapsed()
{
	local s=$((SECONDS - $1))
	if [ "$s" -lt 60 ]; then
		printf '%d s' "$s"
	else
		printf '%d min %02d s' $((s / 60)) $((s % 60))
	fi
}

background=''
stop_background()
{
	[ -z "$background" ] || kill -- "-$background" 2>/dev/null || :
	background=''
}

# with_progress LOG SECONDS REPORT COMMAND...: the command's output goes to
# LOG; REPORT, a function, is called with the start time now and then.
with_progress()
{
	local log=$1 every=$2 report=$3 start=$SECONDS last=$SECONDS status=0
	shift 3
	# A process group of its own, so that all of it can be ended.
	set -m
	"$@" >"$log" 2>&1 </dev/null &
	background=$!
	set +m
	while kill -0 "$background" 2>/dev/null; do
		sleep 0.5
		[ $((SECONDS - last)) -ge "$every" ] || continue
		last=$SECONDS
		"$report" "$start"
	done
	wait "$background" || status=$?
	background=''
	return "$status"
}
