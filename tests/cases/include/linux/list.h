/* SPDX-License-Identifier: GPL-2.0-only */
/* Stubs: lists. */
#ifndef _LINUX_LIST_H
#define _LINUX_LIST_H

#include <linux/kernel.h>

bool list_empty(const struct list_head *head);
bool list_is_singular(const struct list_head *head);
void list_add(struct list_head *node, struct list_head *head);
void list_add_tail(struct list_head *node, struct list_head *head);
void list_del_init(struct list_head *node);
bool hlist_empty(const struct hlist_head *head);
bool hlist_unhashed(const struct hlist_node *node);
void hlist_add_head(struct hlist_node *node, struct hlist_head *head);

#define list_entry(ptr, type, member)	container_of(ptr, type, member)
#define list_for_each_entry(pos, head, member)					\
	for (pos = list_entry((head)->next, __typeof__(*pos), member);		\
	     &pos->member != (head);						\
	     pos = list_entry(pos->member.next, __typeof__(*pos), member))
#define list_for_each_entry_reverse(pos, head, member)				\
	for (pos = list_entry((head)->prev, __typeof__(*pos), member);		\
	     &pos->member != (head);						\
	     pos = list_entry(pos->member.prev, __typeof__(*pos), member))
#define list_for_each_entry_safe(pos, n, head, member)				\
	for (pos = list_entry((head)->next, __typeof__(*pos), member),		\
	     n = list_entry(pos->member.next, __typeof__(*pos), member);	\
	     &pos->member != (head);						\
	     pos = n, n = list_entry(n->member.next, __typeof__(*n), member))

#endif
