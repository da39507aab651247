/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A policy with a bit of everything that verbs count and show. */
#ifndef SMALL_POLICY_H
#define SMALL_POLICY_H

static const char small[] = "transparent libc.so.6\n"
			    "common { futex }\n"
			    "unknown { exit }\n"
			    "program {\n"
			    "	openat after start socket\n"
			    "	read\n"
			    "	mount then errno EPERM\n"
			    "}\n"
			    "library libc.so.6 { clone3 }\n"
			    "library libssl.so.3 {\n"
			    "	read\n"
			    "	socket if arg0 == AF_UNIX\n"
			    "	execve after socket\n"
			    "}\n";

#endif /* SMALL_POLICY_H */
