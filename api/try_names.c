/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists of names: as a scenario expects them, and as they are.
 */
#include "config.h"

#include <stdlib.h>

#include "api/try.h"

void try_names_add(struct try_names *names, struct str name)
{
	vec_add(&names->list, name);
}

static int try_names_compare(const void *a, const void *b)
{
	return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static void try_names_sort(struct try_names *names)
{
	if (names->list.len > 0)
		qsort(names->list.items, names->list.len, sizeof *names->list.items, try_names_compare);
}

struct str try_names_text(struct try_run *run, const struct try_names *names)
{
	struct buf text;
	buf_init(&text, SIZE_MAX);
	buf_add_char(&text, '[');
	for (size_t i = 0; i < names->list.len; i++)
		buf_printf(&text, "%s%.*s", i > 0 ? ", " : "", STR_ARG(names->list.items[i]));
	buf_add_char(&text, ']');
	struct str kept = arena_str(run->arena, buf_str(&text));
	buf_free(&text);
	return kept;
}

struct str try_element(const struct yaml_node *item)
{
	return item->kind == YAML_MAP ? yaml_get(item, "element")->text : item->text;
}

const struct yaml_node *try_first(const struct yaml_node *list)
{
	return list->kind == YAML_LIST ? list->first : yaml_is_null(list) ? NULL : list;
}

const struct yaml_node *try_after(const struct yaml_node *list, const struct yaml_node *item)
{
	return list->kind == YAML_LIST ? item->next : NULL;
}

static struct try_names try_names_wanted(const struct yaml_node *list)
{
	struct try_names names = {0};
	for (const struct yaml_node *item = try_first(list); item; item = try_after(list, item))
		try_names_add(&names, try_element(item));
	return names;
}

bool try_names_same(struct try_run *run, const struct yaml_node *list, struct try_names *there)
{
	struct try_names wanted = try_names_wanted(list);
	try_names_sort(&wanted);
	try_names_sort(there);
	bool same = wanted.list.len == there->list.len;
	for (size_t i = 0; i < wanted.list.len && same; i++)
		same = str_equal(wanted.list.items[i], there->list.items[i]);
	if (!same)
		try_fail(run, list, "%.*s: expected %.*s, there is %.*s", STR_ARG(list->key),
			STR_ARG(try_names_text(run, &wanted)), STR_ARG(try_names_text(run, there)));
	vec_free(&wanted.list);
	vec_free(&there->list);
	return same;
}

bool try_names_known(struct try_run *run, const struct yaml_node *list)
{
	for (const struct yaml_node *item = try_first(list); item; item = try_after(list, item))
		if (!try_process_knows(run->processes, try_element(item)))
			return try_fail(run, item, "there is no element %.*s", STR_ARG(try_element(item)));
	return true;
}
