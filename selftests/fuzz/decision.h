/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Generated filters and calls, and what the verdicts have to be.
 *
 * A case is a few filters and a script: steps of which most are system calls
 * that the filters judge. Two processes play it: one as it is, and one whose
 * filters cannot be decided without running them and whose mappings change all
 * the time, so that nothing that the kernel remembers is of use.
 */
#ifndef FUZZ_DECISION_H
#define FUZZ_DECISION_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>

#include "random.h"

/* What can be told apart. Only the program is never transparent. */
enum object {
	OBJECT_PROGRAM,
	OBJECT_A,
	OBJECT_B,
	OBJECT_T,
	OBJECT_LIBC,
	NR_OBJECTS,
};

/* The way from the program to the system call. */
enum way {
	WAY_PROGRAM,
	WAY_A,
	WAY_B,
	WAY_A_LIBC,
	WAY_B_LIBC,
	WAY_A_T,
	WAY_B_T,
	WAY_A_B,
	WAY_A_T_LIBC,
	WAY_ANONYMOUS, /* code in no file */
	WAY_A_ANONYMOUS,
	WAY_INT80, /* from the program */
	NR_WAYS,
};

#define MAX_INSNS   2048
#define MAX_FILTERS 5
#define MAX_STEPS   192
#define MAX_DEPTH   11
#define MAX_SCRIPTS 3
#define MAX_ID      6

struct decision_filter {
	struct sock_filter prog[MAX_INSNS];
	size_t len;
	bool uses_prev;
	bool registered;
	/* Of what is registered; 0: it is not */
	__u32 id[NR_OBJECTS];
	bool transparent[NR_OBJECTS];
};

enum step_kind {
	STEP_CALL,
	STEP_INSTALL, /* the next filter */
	STEP_FORK, /* go on in the child */
	STEP_REWRITE, /* @object's text, made writable for that */
	STEP_POKE, /* @object's text, through /proc/self/mem */
	STEP_RENEW, /* map @object's text again */
	STEP_SIGNAL, /* go on in a handler of @signal */
	STEP_RETURN, /* from the handler */
	STEP_JUMP, /* out of the handler */
};

struct step {
	enum step_kind kind;
	enum way way;
	enum object object;
	int signal;
	unsigned int nr;
	unsigned long args[4];
};

struct script {
	struct step steps[MAX_STEPS];
	unsigned int nr;
};

struct decision_case {
	struct decision_filter filters[MAX_FILTERS];
	/* So many are installed at first; the script installs more. */
	unsigned int nr_first;
	/* The first is the process's; others are for threads. */
	struct script scripts[MAX_SCRIPTS];
	unsigned int nr_scripts;
};

/* The numbers that filters judge, all harmless, and no others. */
struct judged_call {
	unsigned int nr;
	bool exists; /* and then succeeds */
	bool compat; /* made by int 0x80 */
};

#define NR_JUDGED 15
extern const struct judged_call judged_calls[NR_JUDGED];

void generate_case(struct random *r, struct decision_case *c);

/* Put a load of an argument before everything. */
void make_undecidable(struct decision_filter *filter);

/* What a call came to, as far as filters can be the cause. */
#define RESULT_DONE 0x10000

/* What playing a script gave. */
struct play {
	int results[MAX_STEPS];
	unsigned int denied;
	unsigned int permitted;
	/* The first step that was not as the model says, if @failed */
	bool failed;
	unsigned int step;
	int want;
	int have;
	int prev;
};

/* To be called once, before decision_play(). Nonzero: it cannot be done. */
int decision_setup(void);

/*
 * Play a case in this process and its descendants, which ends them: with 0 if
 * all was as it should be. @plays, one for each script, are shared with them.
 * @undecidable: change a mapping before each call.
 */
__attribute__((noreturn)) void decision_play(const struct decision_case *c,
					     bool undecidable,
					     struct play *plays);

#endif /* FUZZ_DECISION_H */
