// SPDX-License-Identifier: GPL-2.0
/*
 * Are verdicts the same with and without all that the kernel remembers, and
 * what the filters say?
 *
 *	decision_fuzz [CASES [FIRST [SEED]]]
 *
 * Each case is generated from the seed and its number, so one that fails can be
 * played alone: decision_fuzz 1 NUMBER SEED
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "decision.h"

/* How a case is played. */
enum {
	PLAIN,
	UNDECIDABLE,
	NR_MODES
};

static const char *const mode_names[NR_MODES] = { "plain", "undecidable" };

struct totals {
	unsigned long cases;
	unsigned long failed;
	unsigned long permitted;
	unsigned long denied;
};

static pid_t start(const struct decision_case *c, bool undecidable,
		   struct play *plays)
{
	pid_t pid = fork();

	if (!pid)
		decision_play(c, undecidable, plays);
	return pid;
}

static void explain(unsigned long nr, const char *mode, unsigned int script,
		    const struct play *play, const struct step *step)
{
	printf("# case %lu, %s, script %u, step %u: call %u by way %u after %d",
	       nr, mode, script, play->step, step->nr, step->way, play->prev);
	printf(" gave %d, not %d\n", play->have, play->want);
}

static bool ended_well(pid_t pid)
{
	int status;

	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

/* Both have played it: is all as the model says, and the same? */
static bool judge(unsigned long nr, const struct decision_case *c,
		  struct play (*plays)[MAX_SCRIPTS])
{
	bool good = true;
	unsigned int mode, i;

	for (i = 0; i < c->nr_scripts; i++) {
		for (mode = 0; mode < NR_MODES; mode++) {
			const struct play *play = &plays[mode][i];

			if (!play->failed)
				continue;
			explain(nr, mode_names[mode], i, play,
				&c->scripts[i].steps[play->step]);
			good = false;
		}
		if (good && memcmp(plays[PLAIN][i].results,
				   plays[UNDECIDABLE][i].results,
				   sizeof(plays[PLAIN][i].results))) {
			printf("# case %lu: results differ\n", nr);
			good = false;
		}
	}
	return good;
}

static void play_case(unsigned long seed, unsigned long nr,
		      struct play (*plays)[MAX_SCRIPTS], struct totals *totals)
{
	static struct decision_case cases[NR_MODES];
	struct random r;
	pid_t pids[NR_MODES];
	unsigned int i;
	bool good = true;

	random_seed(&r, seed, nr);
	generate_case(&r, &cases[PLAIN]);
	cases[UNDECIDABLE] = cases[PLAIN];
	for (i = 0; i < MAX_FILTERS; i++)
		make_undecidable(&cases[UNDECIDABLE].filters[i]);

	memset(plays, 0, NR_MODES * sizeof(*plays));
	for (i = 0; i < NR_MODES; i++)
		pids[i] = start(&cases[i], i == UNDECIDABLE, plays[i]);
	for (i = 0; i < NR_MODES; i++) {
		if (ended_well(pids[i]))
			continue;
		printf("# case %lu, %s: did not end well\n", nr, mode_names[i]);
		good = false;
	}
	if (!judge(nr, &cases[PLAIN], plays))
		good = false;
	totals->cases++;
	totals->failed += !good;
	for (i = 0; i < MAX_SCRIPTS; i++) {
		totals->permitted += plays[PLAIN][i].permitted;
		totals->denied += plays[PLAIN][i].denied;
	}
}

int main(int argc, char **argv)
{
	unsigned long cases = argc > 1 ? strtoul(argv[1], NULL, 0) : 300;
	unsigned long first = argc > 2 ? strtoul(argv[2], NULL, 0) : 0;
	unsigned long seed = argc > 3 ? strtoul(argv[3], NULL, 0) : 1;
	struct totals totals = { .cases = 0 };
	struct play(*plays)[MAX_SCRIPTS];
	unsigned long nr;
	bool varied;

	setvbuf(stdout, NULL, _IONBF, 0);
	printf("TAP version 13\n1..2\n");
	plays = mmap(NULL, NR_MODES * sizeof(*plays), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (plays == MAP_FAILED || decision_setup()) {
		printf("Bail out! cannot set up\n");
		return 1;
	}
	for (nr = first; nr < first + cases && totals.failed < 20; nr++)
		play_case(seed, nr, plays, &totals);
	printf("# %lu cases, %lu calls permitted, %lu denied\n", totals.cases,
	       totals.permitted, totals.denied);
	printf("%sok 1 - verdicts are what the filters say, remembered or not\n",
	       totals.failed ? "not " : "");
	/* A generator whose filters are all alike would show nothing. */
	varied = totals.permitted > 10 * cases && totals.denied > 10 * cases;
	printf("%sok 2 - many calls are permitted and many denied\n",
	       varied ? "" : "not ");
	return totals.failed || !varied;
}
