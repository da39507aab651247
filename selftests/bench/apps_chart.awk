# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The same lines as a drawing: how long each piece of work takes, where what it
# takes under libseccomp's filter on the stock kernel is 1.
BEGIN {
	width = 760
	left = 110
	unit = 440
	nr_bars = split("stock:none stock:union patched:caller patched:both", \
			bars, " ")
	split("no filter;one list for all (libseccomp);a list for each caller;by caller and previous call", \
	      names, ";")
	split("#9aa5b1 #5b7db1 #d08a2e #b4492f", colours, " ")
}

{
	if (!($3 in seen)) {
		seen[$3] = 1
		works[++nr] = $3
	}
	bar = $1 ":" $2
	if (!((bar, $3) in cost) || $4 < cost[bar, $3])
		cost[bar, $3] = $4
}

END {
	top = 76
	group = nr_bars * 14 + 16
	height = top + nr * group + 28
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" role=\"img\">\n", \
		width, height, width
	print "<title>Instructions that programs take under filters, to libseccomp's on the stock kernel</title>"
	print "<style>text{font:12px sans-serif;fill:#222;stroke:#fff;stroke-width:3px;paint-order:stroke}.axis{stroke:#999}@media(prefers-color-scheme:dark){svg{background:#16191d}text{fill:#ddd;stroke:#16191d}}</style>"
	print "<text x=\"8\" y=\"18\">Instructions taken; 1 is libseccomp's filter on the stock kernel</text>"
	printf "<line class=\"axis\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>\n", \
		left + unit, left + unit, top - 6, height - 20
	for (b = 1; b <= nr_bars; b++)
		legend(b)
	for (i = 1; i <= nr; i++)
		draw(works[i], top + (i - 1) * group)
	printf "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">1</text>\n", \
		left + unit, height - 6
	print "</svg>"
}

function legend(b,    x, y) {
	x = 8 + (b - 1) % 2 * 320
	y = 28 + int((b - 1) / 2) * 18
	printf "<rect x=\"%d\" y=\"%d\" width=\"12\" height=\"12\" fill=\"%s\"/><text x=\"%d\" y=\"%d\">%s</text>\n", \
		x, y, colours[b], x + 18, y + 11, names[b]
}

function draw(work, y,    b, value) {
	printf "<text x=\"8\" y=\"%d\">%s</text>\n", y + 32, work
	for (b = 1; b <= nr_bars; b++) {
		value = cost[bars[b], work] / cost["stock:union", work]
		printf "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"12\" fill=\"%s\"/>", \
			left, y + (b - 1) * 14, value * unit, colours[b]
		printf "<text x=\"%.1f\" y=\"%d\">%.3f</text>\n", \
			left + value * unit + 5, y + (b - 1) * 14 + 10, value
	}
}
