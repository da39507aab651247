/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all that trace programs with ptrace(2) do to them. */
#ifndef AF_TRACEE_H
#define AF_TRACEE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Start a child, which @become makes the program to be traced once it is, with
 * these options of ptrace(2); it does not return.  The child dies with this
 * process.  Returns its id or -errno.
 */
pid_t af_tracee_start(unsigned long options, void (*become)(void *context),
		      void *context);

/* Does this signal, if the program gets it, stop it? */
bool af_tracee_is_stop(int sig);

/*
 * Read memory of a stopped thread.  Returns how many bytes there are up to
 * what cannot be read; of more than 64 it can be fewer.
 */
size_t af_tracee_read(pid_t tid, uint64_t addr, void *buffer, size_t size);

/*
 * May the memory of a stopped thread be read?  Who is not root may not read a
 * program that itself must not be read, or that does not want to be.
 */
bool af_tracee_can_be_read(pid_t tid);

/* The frame pointer of a stopped thread. */
uint64_t af_tracee_fp(pid_t tid);

/*
 * Is the thread still there?  One that is killed while it is stopped, as when
 * another thread executes a program, has no memory any more.
 */
bool af_tracee_is_stopped(pid_t tid);

/*
 * End as the program did, by the signal if it was one, and without a core file.
 * @status: as of wait(2).  Returns an exit status.
 */
int af_tracee_pass_on(int status);

#endif /* AF_TRACEE_H */
