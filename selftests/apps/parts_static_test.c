// SPDX-License-Identifier: LGPL-2.1-or-later
/* The same in a program that has its libraries in its own text. */
#define STATIC_PROGRAM
#include "parts_test.c"
