# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Lines of KERNEL, HOW, WORK and microseconds, from run_apps, as a table.  There
# are several of each, of which the least is taken: what is above it is due to
# the order in which processes ran.
BEGIN {
	goals["redis ping"] = goals["redis set"] = goals["redis get"] = 1.01
	goals["sqlite"] = goals["sqlite by rows"] = 1.01
	goals["pipe"] = 1.05
}

{
	if (!($3 in seen)) {
		seen[$3] = 1
		works[++nr] = $3
	}
	if (!(($1, $2, $3) in cost) || $4 < cost[$1, $2, $3])
		cost[$1, $2, $3] = $4
}

END {
	printf "%-14s %9s %9s | %9s %9s %9s %9s | %7s %7s %6s\n", "", \
		"no filter", "union", "no filter", "union", "by caller", \
		"and call", "caller", "both", "goal"
	printf "%-14s %19s | %39s | %22s\n", "", "stock kernel", \
		"patched kernel", "to stock's union"
	for (i = 1; i <= nr; i++)
		line(works[i])
	if (nr < 7) {
		print "bench: figures are missing" >"/dev/stderr"
		missed = 1
	}
	exit missed
}

function of(kernel, how, work) {
	if (!((kernel, how, work) in cost)) {
		print "bench: no figure for " work >"/dev/stderr"
		missed = 1
		exit 1
	}
	return cost[kernel, how, work]
}

function line(work,    union, caller, both, goal, over) {
	union = of("stock", "union", work)
	caller = of("patched", "caller", work) / union
	both = of("patched", "both", work) / union
	goal = (work in goals) ? goals[work] : ""
	over = goal && (both > goal || caller > goal)
	printf "%-14s %9d %9d | %9d %9d %9d %9d | %7.3f %7.3f %6s%s\n", work, \
		of("stock", "none", work), union, of("patched", "none", work), \
		of("patched", "union", work), of("patched", "caller", work), \
		of("patched", "both", work), caller, both, goal, \
		over ? "  missed" : ""
	if (over)
		missed = 1
}
