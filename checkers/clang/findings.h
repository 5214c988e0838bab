/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ATTACH_AUDIT_CLANG_FINDINGS_H
#define ATTACH_AUDIT_CLANG_FINDINGS_H

#include <jansson.h>

/*
 * findings_on - the findings that step classify has on LINES, each with the "line", "function",
 * "errno" and "file" of its site; NULL with a line on stderr when it cannot be asked.
 * PROJECT is the folder of contract.json, FILE names the tree whose contract it is judged by.
 */
json_t *findings_on(const json_t *lines, const char *project, const char *file);

#endif
