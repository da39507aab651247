/* SPDX-License-Identifier: GPL-2.0 */
/* Registrations that are valid, but for a change or two. */
#ifndef FUZZ_REGISTER_INPUT_H
#define FUZZ_REGISTER_INPUT_H

#include "random.h"

/* The arguments of SECCOMP_SET_MODE_CALLER */
struct register_input {
	unsigned int flags;
	void *args;
	/* The program permits everything but call 181. */
	bool permits;
};

/* To be called once, before maps_read().  Nonzero: it cannot be done. */
int register_input_setup(void);

/*
 * Make an input; what it points to is overwritten by the next.  All parts of it
 * end where memory ends, or begin at a page.
 */
void generate_input(struct random *r, struct register_input *input);

#endif /* FUZZ_REGISTER_INPUT_H */
