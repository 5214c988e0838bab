/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Macros that Coccinelle must know, beside its own standard.h, to parse the
 * function or table they stand in: spatch skips in silence what it cannot parse.
 * Read with --macro-file. A macro with a block of its own after it is an iterator
 * to spatch; that such a block runs once is for the front end to know. Step facts
 * adds those that the files themselves show: NAME(..) {..} within a function.
 */

/* include/linux/cleanup.h: scoped_guard(mutex, &lock) { ... } */
#define scoped_guard(args...) YACFE_ITERATOR
#define scoped_class(args...) YACFE_ITERATOR
#define scoped_cond_guard(args...) YACFE_ITERATOR

/* include/linux/compiler_types.h, include/linux/compiler.h: types that look like calls */
#define __typeof_unqual__(x) typeof(x)
#define TYPEOF_UNQUAL(x) typeof(x)
#define typeof_member(type, member) int

/* include/linux/pm.h, include/linux/pm_runtime.h: entries of a table without a comma after them */
#define SET_RUNTIME_PM_OPS(suspend, resume, idle)
#define SET_SYSTEM_SLEEP_PM_OPS(suspend, resume)
#define SET_LATE_SYSTEM_SLEEP_PM_OPS(suspend, resume)
#define SET_NOIRQ_SYSTEM_SLEEP_PM_OPS(suspend, resume)
