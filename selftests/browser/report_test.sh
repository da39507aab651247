#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# af report in a real browser: what it makes of the page, and what that looks
# like, light and dark, on wide screens and narrow ones.  The screenshots stay
# in $AF_BUILD/check/browser, for people to look at.
#
# It is check that calls the functions:
# shellcheck disable=SC2317
set -u
. selftests/apps/tap.sh

shots=$AF_BUILD/check/browser
picture=$tap_top/selftests/browser/picture
mkdir -p "$shots"

browse()
{
	timeout --kill-after=5 100 chromium --headless --no-sandbox \
		--disable-gpu --hide-scrollbars --no-first-run \
		--user-data-dir="$tap_scratch/profile" \
		--enable-logging=stderr "$@" 2>log
}

page()
{
	run 0 af report -o page.html "$tap_top/$1"
}

# What the browser has made of the page, as HTML.
dom()
{
	browse --dump-dom "file://$PWD/page.html" >dom.html && [ -s dom.html ]
}

# has NUMBER PATTERN: that often in the browser's tree
has()
{
	local is
	is=$(grep -o -e "$2" dom.html | wc -l)
	[ "$is" = "$1" ] || echo "$2: $is times, not $1" >"$out"
	[ "$is" = "$1" ]
}

# The console is where scripts, and what the page's own policy forbids, show.
silent()
{
	! grep -E 'CONSOLE|Content Security Policy' log >"$out"
}

# That it would: a script that the page's own policy keeps from running.
scripted()
{
	sed 's|</body>|<script>document.title = "ran"</script></body>|' \
		page.html >script.html
	browse --dump-dom "file://$PWD/script.html" >dom.html &&
		! grep -q '<title>ran' dom.html && ! silent
}

# shoot NAME WIDTH HEIGHT light|dark
shoot()
{
	local scheme=1
	[ "$4" = light ] || scheme=0
	browse --window-size="$2,$3" \
		--blink-settings=preferredColorScheme="$scheme" \
		--screenshot="$shots/$1.png" "file://$PWD/page.html" >"$out"
}

# A page with text and bars has many colours, an empty one has one or two.
looks()
{
	local width height colours bright
	shoot "$1" "$2" "$3" "$4" || return
	read -r width height colours bright <<<"$("$picture" "$shots/$1.png")"
	echo "$width x $height, $colours colours, brightness $bright" >"$out"
	[ "$width" = "$2" ] && [ "$height" = "$3" ] && [ "$colours" -gt 100 ] ||
		return
	if [ "$4" = light ]; then
		[ "$bright" -gt 200 ]
	else
		[ "$bright" -lt 80 ]
	fi
}

# Is anything wider than the screen, but for what scrolls by itself?  The page
# without its ban on scripts, and with one that says so in its title.
fits()
{
	sed -e '/http-equiv/d' -e 's|</body>|<script>document.title =\
		document.documentElement.scrollWidth > innerWidth ?\
		"too wide" : "fits";</script></body>|' page.html >wide.html
	browse --window-size="$1,900" --dump-dom "file://$PWD/wide.html" \
		>dom.html && grep -q '<title>fits</title>' dom.html
}

# The same way: the first row and the first column stay when a table scrolls.
sticks()
{
	sed -e '/http-equiv/d' -e 's|</body>|<script>\
		const s = document.querySelectorAll(".scroll")[2];\
		s.style.width = "300px"; s.style.height = "300px";\
		const at = e => s.querySelector(e).getBoundingClientRect();\
		const before = [at(".up").top, at("tbody th").left];\
		s.scrollTo(150, 150);\
		document.title = s.scrollTop == 150 \&\& s.scrollLeft == 150 \&\&\
		at(".up").top == before[0] \&\& at("tbody th").left == before[1] ?\
		"sticks" : "moves";</script></body>|' page.html >stick.html
	browse --dump-dom "file://$PWD/stick.html" >dom.html &&
		grep -q '<title>sticks</title>' dom.html
}

check 'a report of the bench policy' page selftests/bench/startup.af
check 'the browser reads it' dom
check 'and says nothing of it' silent
check 'which it does of scripts, none of which may run' scripted
check 'the page again' dom
check 'there are four tables that can have the focus' \
	has 4 'role="region" tabindex="0"'
# Of 34 callers, and 80 calls in the union.
check 'the grid has a row for each caller' \
	has 34 '<tr><th scope="row" title="[^"]*">[^ <]*</th><td'
check 'and a column for each call' \
	has 98 '<th scope="col" class="up[^"]*"><span>'
check 'connect by libcurl.so.4 is limited' \
	has 1 'class="c" title="libcurl.so.4: connect, after some calls only'
check 'what only the program may do is marked' \
	has 1 'class="a" title="program: listen, line [0-9]*">✓'
check 'light on 1280 pixels' looks light-1280 1280 1600 light
check 'dark on 1280 pixels' looks dark-1280 1280 1600 dark
check 'light on 400 pixels' looks light-400 400 1600 light
check 'dark on 400 pixels' looks dark-400 400 1600 dark
check 'nothing is wider than 1280 pixels' fits 1280
check 'nothing is wider than 400 pixels' fits 400
check 'heads stay when the grid scrolls' sticks

name='<img src=x onerror=document.title=1>'
printf 'program { read }\nlibrary "><svg { write }\n' >"$name.af"
check 'a report with hostile names' run 0 af report -o page.html "$name.af"
check 'is read' dom
check 'without a word' silent
check 'as text' has 0 '<img\|<svg'
check 'as text of the heading' has 1 '<h1>&lt;img src=x'
finish
