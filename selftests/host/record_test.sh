#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# af record: that it sees all that a program does, and does not disturb it.
#
# It is check that calls the functions:
# shellcheck disable=SC2317
set -u
. selftests/apps/tap.sh

busy=$AF_BUILD/selftests/host/busy
helpers=$AF_BUILD/selftests/host

# record STATUS DOING: what busy does, with predecessors
record()
{
	rm -f p.af
	run "$1" af record --after -o p.af -- "$busy" "$2"
}

# has BLOCK RULE: p.af has this line in this block.
has()
{
	awk -v block="$1 {" -v rule="	$2" '
		$0 == block { inside = 1 }
		inside && $0 == rule { found = 1 }
		$0 == "}" { inside = 0 }
		END { exit !found }' p.af && return
	cat p.af >>"$out"
	return 1
}

# names BLOCK CALL: p.af has this call in this block, whatever comes before.
names()
{
	awk -v block="$1 {" -v call="$2" '
		index($0, block) == 1 { inside = 1 }
		inside { for (i = 1; i <= NF && $i != "after"; i++)
				if ($i == call) found = 1 }
		$0 == "}" { inside = 0 }
		END { exit !found }' p.af && return
	cat p.af >>"$out"
	return 1
}

# lacks REGEX: p.af has no such line.
lacks()
{
	! grep -q "$1" p.af
}

check 'the status of a program is passed on' record 7 nothing
check 'and the policy is one' run 0 af check p.af
check 'which is correct' grep -q '^p.af: correct' "$out"
check 'the loader makes its calls' \
	has 'library ld-linux-x86-64.so.2' 'brk after execve'
check 'the program makes its own' names program exit_group
check 'the command is said' \
	grep -qxF "# Recorded by: af record -- $busy nothing" p.af
check 'and which build of the program it was' grep -qxF \
	"#: $busy build-id $(readelf -n "$busy" | sed -n 's/.*Build ID: //p')" \
	p.af
check 'as of transparent libraries, and which C library' \
	grep -Eqx '#: libc\.so\.6 build-id [0-9a-f]+ glibc 2\.[0-9]+' p.af

check 'threads' record 7 threads
check 'each begins with the call that made it' \
	has 'library libc.so.6' 'rseq after clone3'
check 'what they do is the program'\''s' has program 'getgid after getuid'
check 'as what comes before is its own thread'\''s' \
	has 'library libc.so.6' 'exit after madvise'

check 'children' record 7 fork
check 'begin with the call that made them' \
	has program 'set_robust_list after clone'
check 'of a vfork, too' has program 'getppid after vfork'

check 'signals' record 7 signals
check 'a handler begins with signal' has program 'geteuid after signal'
check 'after it there is what was before' has program 'getsid after tgkill'
check 'that is left, it does not return' \
	has program 'sync after rt_sigprocmask'

check 'a library that is opened late' record 7 dlopen
check 'has a block by its name' names 'library libbusy.so' getpgrp

check 'text that was rewritten' record 7 rewrite
check 'is unknown' names unknown getsid
check 'which is said' grep -q 'warning: unknown code .*/libbusy.so$' "$out"
check 'code of no file' record 7 generated
check 'is unknown' names unknown getpriority
check 'which is said, too' grep -q 'warning: unknown .* no file$' "$out"
check 'calls of 32-bit programs' record 7 foreign
check 'are said' grep -q 'warning: calls by 32-bit' "$out"

rm -f p.af
check 'a program that its own filter lets fail' \
	run 1 af record --counts -o p.af -- "$busy" filter dlopen
check 'is seen to make calls that it denies' has program \
	"$(printf '%-23s # 1' getpgrp)"
check 'also in a child' has program "$(printf '%-23s # 1' getppid)"
check 'while others are seen once' has program \
	"$(printf '%-23s # 1' getgid)"
check 'and so are mappings' has 'library libbusy.so' \
	"$(printf '%-23s # 1' getpgrp)"
check 'with what comes before' record 7 filter
check 'which is a call that was denied, too' \
	has program 'getgid after getpgrp'

check 'the vDSO' record 7 time
check 'is not relied on' names program clock_gettime
check 'as the last call or not' has program \
	'getgid after clock_gettime getuid'
case $(cat /sys/devices/system/clocksource/clocksource0/current_clocksource) in
tsc|kvm-clock)
	rm -f p.af
	check 'unless it is to be' \
		run 7 af record --keep-vdso -o p.af -- "$busy" time
	check 'when it serves what it can' eval \
		'! names program clock_gettime'
	;;
esac

check 'a program that a thread executes' record 0 exec
check 'does what it would' grep -qx executed "$out"
check 'and is one more program' \
	has "program $(realpath /bin/echo)" 'brk after getrandom'
check 'a chain of programs' eval \
	'rm -f p.af; run 3 af record -o p.af -- sh -c "ls / | cat; exit 3"'
check 'has the first' names program wait4
check 'and the others' names "program $(realpath /bin/cat)" write

# Files, and paths that are not theirs.
odd()
{
	mkdir -p "$1" && cp "$busy" "$1/busy" && rm -f p.af &&
		run 7 af record -o p.af -- "./$1/busy" nothing &&
		names program exit_group && lacks '^unknown' &&
		run 0 af check p.af "./$1/busy"
}
for dir in 'sp ace' 'ünï' 'ha#sh' 'br{ace' $'new\nline'; do
	check "a program in a directory $(printf %q "$dir")" odd "$dir"
done
rm -f p.af
check 'one that is executed cannot be named there' \
	run 7 af record -o p.af -- sh -c '"./sp ace/busy" nothing'
check 'and is unknown' names unknown exit_group
check 'which is said' \
	grep -q "warning: unknown code .*/sp ace/busy\$" "$out"

# Two libraries, one after the other, of which the second gets the inode of the
# first where those are used again.
replaced()
{
	rm -f p.af && cp "$helpers/libbusy.so" liba.so &&
		run 7 env LD_LIBRARY_PATH="$PWD" af record -o p.af -- \
			"$busy" replace
}
check 'a library that is replaced' replaced
check 'keeps its calls' names 'optional library liba.so' getpgrp
check 'and no others' eval '! names "optional library liba.so" getsid'
check 'which are the new one'\''s' names 'library libb.so' getsid
check 'that has only those' eval '! names "library libb.so" getpgrp'
check 'the old one need not be there' \
	run 0 env LD_LIBRARY_PATH="$PWD" af check p.af

cp "$(type -P echo)" gone_echo
cp "$(type -P echo)" here_echo
rm -f p.af
check 'a program that is deleted' run 0 af record -o p.af -- \
	sh -c './here_echo; ./gone_echo; rm gone_echo'
check 'is left out' lacks '^program .*gone_echo'
check 'which is said' \
	grep -q '^af: program .*/gone_echo is left out: ' "$out"
check 'unlike one that is there' names "program $PWD/here_echo" write
check 'so that all of the policy is' run 0 af check p.af

# A root of its own, with what the program needs.
in_root()
{
	local lib
	mkdir -p root && cp "$busy" root && rm -f p.af &&
	for lib in $(ldd "$busy" | grep -o '/[^ ]*'); do
		cp --parents "$lib" root || return
	done
	run 7 af record -o p.af -- chroot root /busy nothing
}
# Another file, where there is this one for everybody else.
mounted()
{
	cp "$busy" here && rm -f p.af &&
		run 7 af record -o p.af -- unshare -m sh -c \
			"mount --bind '$busy' here && ./here nothing"
}
if chroot / true 2>/dev/null; then
	check 'a program in another root' in_root
	check 'has files that we see' \
		grep -q "^library $(realpath root)/.*/libc.so.6 {" p.af
	check 'so that none is unknown' lacks '^unknown'
fi
cp "$(type -P true)" here
if unshare -m mount --bind "$busy" here 2>/dev/null; then
	cp "$(type -P true)" here
	check 'a program in another mount namespace' mounted
	check 'is not what is there for us' lacks "^program $PWD/here "
	check 'but unknown' names unknown exit_group
fi

# The shell says what it died of: in a shell of its own.
check 'a program that crashes' record 139 crash
check 'leaves what it did' names program getpgrp
check 'a program that is not there' run 127 af record -o no.af -- no-such
check 'a program that cannot be executed' run 126 af record -o no.af -- ./p.af
check 'leave nothing' test ! -e no.af

# A signal to af alone: kill only ends the program.
until_file()
{
	local i
	for ((i = 0; i < 3000; i++)); do
		[ ! -s "$1" ] || return 0
		sleep 0.01
	done
	return 1
}

terminated()
{
	local status=0
	rm -f p.af alive
	af record -o p.af -- "$busy" wait >alive 2>"$out" &
	until_file alive && kill -TERM $! && wait $! || status=$?
	[ "$status" = 143 ]
}
check 'a signal ends the program' terminated
check 'and leaves what it did' names program getpgrp

ignored()
{
	local pid
	rm -f p.af pid
	af record -o p.af -- sh -c 'trap "" TERM; echo $$ >pid
		while :; do sleep 0.01; done' >"$out" 2>&1 &
	until_file pid && kill -TERM $! && until_file p.af &&
		kill -TERM $! || return
	{ wait $!; } 2>/dev/null
	pid=$(cat pid)
	! kill -0 "$pid" 2>/dev/null
}
check 'a program that ignores it goes on until the second' ignored

# lines MORE: until there are so many more in the file alive.
more_lines()
{
	local i want=$(($(wc -l <alive) + $1))
	for ((i = 0; i < 3000; i++)); do
		[ "$(wc -l <alive)" -lt "$want" ] || return 0
		sleep 0.01
	done
	return 1
}

tracer()
{
	awk '$1 == "TracerPid:" { print $2 }' "/proc/$1/status"
}

attach()
{
	local i pid status=0
	rm -f p.af alive
	"$busy" wait >alive &
	pid=$!
	until_file alive || return
	af record --after -o p.af -p "$pid" >"$out" 2>&1 &
	for ((i = 0; i < 3000; i++)); do
		[ "$(tracer "$pid")" = 0 ] || break
		sleep 0.01
	done
	# Some of what comes now can be from before.
	more_lines 3 && kill -INT $! && wait $! || status=1
	[ "$(tracer "$pid")" = 0 ] && more_lines 2 || status=1
	kill "$pid"
	return "$status"
}
check 'a process that runs is attached, and goes on' attach
check 'all of its threads are' has program \
	'getpgrp after clock_nanosleep'
check 'with their own predecessors' has program \
	'getppid after clock_nanosleep'
check 'the loader has done its work' eval '! grep -q ld-linux.*{ p.af'
check 'no process' run 125 af record -o no.af -p 999999999

state()
{
	awk '$1 == "State:" { print $2 }' "/proc/$1/status"
}

# One that runs is seen to sleep, if it is looked at five times.
until_stopped()
{
	local i seen=0
	for ((i = 0; i < 3000 && seen < 5; i++)); do
		if [ "$(state "$1")" = t ]; then
			seen=$((seen + 1))
		else
			seen=0
		fi
		sleep 0.01
	done
	[ "$seen" = 5 ]
}

# Stopped as a shell does it, not only for its tracer.
stopped()
{
	local pid
	rm -f p.af alive
	af record -o p.af -- "$busy" wait >alive 2>"$out" &
	until_file alive || return
	read -r pid <"/proc/$!/task/$!/children"
	kill -STOP "$pid" && until_stopped "$pid" && kill -CONT "$pid" &&
		more_lines 2 || return
	kill -TERM $! && { wait $!; } 2>/dev/null
	[ $? = 143 ]
}
check 'a program can be stopped, and goes on' stopped

told()
{
	local pid status=1 i
	af record --progress -o no.af -- "$busy" wait >alive 2>"$out" &
	pid=$!
	for ((i = 0; i < 3000; i++)); do
		if grep -q '^af: no.af: [0-9]* calls, 1 process, ' "$out"; then
			status=0
			break
		fi
		sleep 0.01
	done
	kill -KILL "$pid"
	{ wait "$pid"; } 2>/dev/null
	return "$status"
}
check 'who waits is told how far it is' told
check 'who is killed leaves nothing' test ! -e no.af

# As somebody else, by a copy, as what was built may be in a directory of
# somebody's own.
#
#	unprivileged STATUS COMMAND...
unprivileged()
{
	local as=() status=$1
	shift
	[ "$(id -u)" != 0 ] ||
		as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	rm -f p.af public/p.af
	run "$status" "${as[@]}" public/af record -o public/p.af -- "$@" || return
	[ ! -e public/p.af ] || cp public/p.af .
}
mkdir public && chmod 777 public && cp "$(command -v af)" "$busy" public
check 'nobody has to be root' unprivileged 0 true
check 'to see who makes calls' names program exit_group
cp "$busy" public/other
check 'of all programs' unprivileged 0 sh -c 'public/other; :'
check 'that can be read' names "program $(realpath public)/other" exit_group
chmod 111 public/other
check 'one that cannot be is said' unprivileged 125 sh -c 'public/other; :'
check 'by its name' grep -qx \
	'af: processes that cannot be read are not recorded: other' "$out"
check 'and how it can be' grep -q '^af: hint: .* record as root$' "$out"
check 'while others are recorded' names program wait4
check 'and it is not, as unknown code or otherwise' \
	lacks '^unknown\|^program /'
check 'so is what hides' unprivileged 125 public/busy hide
check 'of which there is what it did before' names program prctl
check 'but not after' lacks '^unknown\|getpgrp'
check 'nor is the first program' unprivileged 125 public/other
check 'for it cannot be read' grep -q \
	'^af: public/other: cannot be traced: Permission denied$' "$out"
check 'of which it is said, too' grep -q '^af: hint: .* record as root$' "$out"

# Merging
cat >p.af <<AF
# by hand
transparent libc.so.6 ld-linux-x86-64.so.2
include more.af
program { getuid } # the end
AF
echo 'library ld-linux-x86-64.so.2 { brk }' >more.af
cp p.af before.af
chmod 640 p.af
check 'what a policy lacks is added' run 7 af record -o p.af -- "$busy" time
check 'and said' grep -q '^af: new in program: .*getgid' "$out"
check 'but for blocks of included files, which is only said' \
	grep -q 'to be added to more.af, in the block of line 1:' "$out"
# The only line that is not there any more.
stays()
{
	diff before.af p.af >"$out"
	[ "$(grep '^<' "$out")" = '< program { getuid } # the end' ]
}
check 'all else stays' stays
check 'also its mode' test "$(stat -c %a p.af)" = 640
cp p.af before.af
check 'then nothing is new' run 7 af record -o p.af -- "$busy" time
check 'and nothing added' cmp p.af before.af
sed -i 's/^#: libc.so.6 .*/#: libc.so.6 build-id 0123/' p.af
check 'unless a file is another build' run 7 af record -o p.af -- "$busy" time
check 'which is noted instead' cmp p.af before.af
check 'and said' grep -qx 'af: new build of libc.so.6' "$out"
ln -s p.af link.af
check 'through a link' run 7 af record -o link.af -- "$busy" fork
check 'what it leads to is written' test -L link.af
check 'with what is new' names program vfork
check 'nothing else is left' test -z "$(echo p.af.*)" -o ! -e "$(echo p.af.*)"
transparent='transparent libc.so.6 ld-linux-x86-64.so.2'
printf '%s\n' "$transparent" 'program /bin/other { read }' >p.af
check 'a policy that has paths of all its programs' \
	run 7 af record -o p.af -- "$busy" time
check 'gets one more' names "program $busy" exit_group
printf '%s\n' "$transparent" 'program /bin/other { read }' 'program { }' >p.af
check 'unless it has a block for any' run 7 af record -o p.af -- "$busy" time
check 'which that is for' names 'program' exit_group
echo 'program { raed }' >wrong.af
check 'a wrong policy is not touched' \
	run 125 af record -o wrong.af -- "$busy" time
check 'and said' grep -q '^af: wrong.af:1:11: ' "$out"
printf '%s\n' 'program { }' "part busy of program symbol main { read }" >parts.af
cp parts.af parts.old
check 'nor is one that has parts' \
	run 125 af record -o parts.af -- "$busy" time
check 'which is said, too' grep -q '^af: parts.af: the policy has parts' "$out"
check 'as nothing was run' cmp parts.af parts.old

# What comes between the start and the end.

# kept FILE: where what was recorded is, by this output.
kept()
{
	sed -n 's/^af: what was recorded is in //p' "$1"
}
cat >p.af <<AF
$transparent
program { getuid }
AF
check 'who has changed the policy meanwhile' run 125 af record -o p.af -- \
	sh -c 'echo "program { getgid }" >>p.af'
check 'is told' grep -qx 'af: p.af: somebody has changed it since it was read' \
	"$out"
check 'and has it' grep -qx 'program { getgid }' p.af
kept=$(kept "$out")
check 'beside which there is what was recorded' \
	grep -qx "program { getuid" "$kept"
rm -f "$kept" p.af
check 'or has written one' run 125 af record -o p.af -- \
	sh -c 'echo "program { getgid }" >p.af'
check 'has that, too' grep -qx 'program { getgid }' p.af
kept=$(kept "$out")
check 'beside it, likewise' run 0 af check "$kept"
rm -f "$kept"
mkdir gone
check 'what cannot be written there' run 125 \
	env TMPDIR="$PWD" af record -o gone/p.af -- rmdir gone
kept=$(kept "$out")
check 'is elsewhere' run 0 af check "$kept"
rm -f "$kept"
: >p.af
check 'an empty file is none yet' run 7 af record -o p.af -- "$busy" time
check 'and becomes one' names program exit_group
unheard()
{
	rm -f p.af status heard
	{
		af record -o p.af -- sh -c 'until [ -e heard ]; do :; done
			exit 3'
		echo $? >status
	} 2>&1 | { exec <&-; touch heard; }
	[ "$(cat status)" = 3 ]
}
check 'if nobody listens any more, the program goes on' unheard
check 'and what it did is written' names program exit_group
rm -f p.af
long=$(printf '%100000s' '')
check 'a command with long arguments' run 7 af record -o p.af -- \
	"$busy" nothing{,,,}{,,}"$long"
check 'is cut' grep -q '^# Recorded by: .*busy \[\.\.\.\]$' p.af

# Where it is written
check 'a policy' record 7 nothing
chmod 4640 p.af
[ "$(id -u)" != 0 ] || chown 65534:65534 p.af
owner=$(stat -c %u:%g p.af)
check 'to which something is added' run 7 af record -o p.af -- "$busy" fork
check 'keeps its mode, but for bits that it has no use for' \
	test "$(stat -c %a p.af)" = 640
check 'and its owner' test "$(stat -c %u:%g p.af)" = "$owner"
mkdir links
ln -s links/first.af dangling.af
ln -s second.af links/first.af
check 'a link to what is not there' \
	run 7 af record -o dangling.af -- "$busy" nothing
check 'stays one' test -L dangling.af -a -L links/first.af
check 'and what it leads to is made' run 0 af check links/second.af
if [ "$(id -u)" = 0 ]; then
	mkdir sticky && chmod 1777 sticky && install -m 644 p.af sticky
	check 'what must not be replaced' run 125 setpriv --reuid 65534 \
		--regid 65534 --clear-groups public/af record \
		-o sticky/p.af -- sh -c 'touch public/ran'
	check 'is said' grep -q '^af: hint: .* sticky bit$' "$out"
	check 'before anything is run' test ! -e public/ran
fi

rm -f p.af
check 'a library can be looked through' run 7 af record \
	--transparent libbusy.so -o p.af -- "$busy" dlopen
check 'so that its calls are the program'\''s' names program getpgrp
check 'by the policy, too' grep -q '^transparent .* libbusy.so$' p.af
vanishing()
{
	rm -f p.af && cp "$busy" "$helpers/libbusy.so" . &&
		run 0 af record --transparent "$PWD/libbusy.so" -o p.af -- \
			sh -c 'LD_LIBRARY_PATH=. ./busy dlopen; rm libbusy.so'
}
check 'one that is gone' vanishing
check 'is named as such' grep -qx "optional transparent $PWD/libbusy.so" p.af
check 'apart from those that are there' \
	grep -qx 'transparent libc.so.6 ld-linux-x86-64.so.2' p.af
check 'so that the policy is one' run 0 af check p.af

check 'who is recorded cannot record' run 125 af record -o p.af -- \
	af record -o no.af -- "$busy" nothing
check 'as is said' grep -q \
	'^af: hint: process [0-9]* traces af record already' "$out"
check 'a policy has to be named' run 125 af record -- "$busy" time
check 'so has a program' run 125 af record -o p.af
check 'or a process, but not both' \
	run 125 af record -o p.af -p 1 -- "$busy" time
finish
