/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Seccomp profiles of the OCI runtime specification, as Docker takes them. */
#ifndef AF_OCI_H
#define AF_OCI_H

#include <jansson.h>
#include <stdio.h>

#include "../lib/policy.h"

/*
 * The profile that permits at least what @policy permits to anybody.  What is
 * lost is printed to @notes.  NULL if memory runs out.
 */
json_t *af_oci_export(const struct libaf_policy *policy, FILE *notes);

#endif /* AF_OCI_H */
