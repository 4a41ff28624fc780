/* SPDX-License-Identifier: Apache-2.0
 *
 * User tasks: who and when, from our own attributes, BPMN's resource roles and the vendors' extensions, by one table.
 * All lists are joined; of a single value the first row that has it wins.
 */
#include "config.h"

#include <stdlib.h>

#include "base/iso8601.h"
#include "bpmn/compile.h"
#include "bpmn/expression.h"

enum user_member { USER_ASSIGNEE, USER_USERS, USER_GROUPS, USER_DUE, USER_FOLLOW_UP, USER_PRIORITY, USER_FORM };

struct user_source {
	enum space space;
	const char *element; /* in extensionElements; NULL: an attribute of the task itself */
	const char *attribute;
	enum user_member member;
};

static const struct user_source user_sources[] = {
	{SPACE_BPMND, NULL, "assignee", USER_ASSIGNEE},
	{SPACE_BPMND, NULL, "candidateUsers", USER_USERS},
	{SPACE_BPMND, NULL, "candidateGroups", USER_GROUPS},
	{SPACE_BPMND, NULL, "dueDate", USER_DUE},
	{SPACE_BPMND, NULL, "followUpDate", USER_FOLLOW_UP},
	{SPACE_BPMND, NULL, "priority", USER_PRIORITY},
	{SPACE_BPMND, NULL, "formKey", USER_FORM},
	{SPACE_CAMUNDA, NULL, "assignee", USER_ASSIGNEE},
	{SPACE_CAMUNDA, NULL, "candidateUsers", USER_USERS},
	{SPACE_CAMUNDA, NULL, "candidateGroups", USER_GROUPS},
	{SPACE_CAMUNDA, NULL, "dueDate", USER_DUE},
	{SPACE_CAMUNDA, NULL, "followUpDate", USER_FOLLOW_UP},
	{SPACE_CAMUNDA, NULL, "priority", USER_PRIORITY},
	{SPACE_CAMUNDA, NULL, "formKey", USER_FORM},
	{SPACE_ZEEBE, "assignmentDefinition", "assignee", USER_ASSIGNEE},
	{SPACE_ZEEBE, "assignmentDefinition", "candidateUsers", USER_USERS},
	{SPACE_ZEEBE, "assignmentDefinition", "candidateGroups", USER_GROUPS},
	{SPACE_ZEEBE, "taskSchedule", "dueDate", USER_DUE},
	{SPACE_ZEEBE, "taskSchedule", "followUpDate", USER_FOLLOW_UP},
	{SPACE_ZEEBE, "priorityDefinition", "priority", USER_PRIORITY},
	{SPACE_ZEEBE, "formDefinition", "formKey", USER_FORM},
};

struct user_builder {
	struct model *model;
	struct graph_user_task *task;
	VEC(const struct expr *) users;
	VEC(const struct expr *) groups;
	bool assigned; /* the diagram says somebody, even where that is in error */
};

static const struct expr **user_single(struct graph_user_task *task, enum user_member member)
{
	switch (member) {
	case USER_ASSIGNEE:
		return &task->assignee;
	case USER_DUE:
		return &task->due;
	case USER_FOLLOW_UP:
		return &task->follow_up;
	case USER_PRIORITY:
		return &task->priority;
	case USER_FORM:
		return &task->form;
	case USER_USERS:
	case USER_GROUPS:
		break;
	}
	return NULL;
}

static bool user_add_item(struct user_builder *builder, enum user_member member, const struct expression_text *item)
{
	const struct expr *expr = expression_compile(builder->model, item, EXPRESSION_TEMPLATE);
	if (!expr)
		return false;
	if (member == USER_USERS)
		vec_add(&builder->users, expr);
	else
		vec_add(&builder->groups, expr);
	return true;
}

/* The length of the first item of a comma list; commas inside brackets and quotes belong to the item. */
static size_t user_item_length(struct str list)
{
	int depth = 0;
	char quote = '\0';
	for (size_t i = 0; i < list.len; i++) {
		char c = list.ptr[i];
		if (quote)
			quote = c == quote ? '\0' : quote;
		else if (depth > 0 && (c == '\'' || c == '"'))
			quote = c;
		else if (c == '{' || c == '(')
			depth++;
		else if (c == '}' || c == ')')
			depth--;
		else if (c == ',' && depth <= 0)
			return i;
	}
	return list.len;
}

/* Takes the next item off the list; false at its end. Empty items are passed over. */
static bool user_next_item(struct expression_text *list, struct expression_text *item)
{
	while (list->text.len > 0) {
		size_t length = user_item_length(list->text);
		*item = *list;
		item->text = str_trim(str_slice(list->text, 0, length));
		list->text = str_slice(list->text, length + 1, list->text.len);
		if (item->text.len > 0)
			return true;
	}
	return false;
}

static bool user_is_time(struct str text)
{
	int64_t time;
	struct iso8601_duration duration;
	if (text.ptr[0] == 'P' || text.ptr[0] == '-')
		return iso8601_parse_duration(text, &duration, NULL);
	return iso8601_parse_time(text, &time, NULL);
}

static bool user_is_integer(struct str text)
{
	int64_t number;
	return str_to_int64(text, &number) && number >= INT32_MIN && number <= INT32_MAX;
}

/* Texts without ${...} are judged now, as the engine would judge them. */
static bool user_check_constant(struct model *model, enum user_member member, const struct expression_text *text)
{
	static const struct {
		const char *name;
		const char *kind;
		bool (*fits)(struct str text);
	} rules[] = {
		[USER_DUE] = {"dueDate", "an ISO 8601 date-time or duration", user_is_time},
		[USER_FOLLOW_UP] = {"followUpDate", "an ISO 8601 date-time or duration", user_is_time},
		[USER_PRIORITY] = {"priority", "an integer", user_is_integer},
		[USER_FORM] = {NULL, NULL, NULL},
	};
	bool judged = text->element->process->executable && rules[member].fits && !expression_is_dynamic(text->text);
	if (!judged || rules[member].fits(text->text))
		return true;
	model_report(model, RULE_INVALID_ATTRIBUTE, text->element, "%s of %s must be %s, not %s", rules[member].name,
		model_name(model, text->element), rules[member].kind, model_quote(model, text->text));
	return false;
}

/* False after a bad item: it ends the list, since a long list of them would cost a search for its place each. */
static bool user_add(struct user_builder *builder, enum user_member member, struct expression_text text)
{
	if (text.text.len == 0)
		return true;
	builder->assigned |= member == USER_ASSIGNEE || member == USER_USERS || member == USER_GROUPS;
	const struct expr **single = user_single(builder->task, member);
	if (single) {
		if (!*single && user_check_constant(builder->model, member, &text))
			*single = expression_compile(builder->model, &text, EXPRESSION_TEMPLATE);
		return *single;
	}
	struct expression_text item;
	while (user_next_item(&text, &item)) {
		if (!user_add_item(builder, member, &item))
			return false;
	}
	return true;
}

static void user_add_source(struct user_builder *builder, const struct element *task, const struct user_source *source)
{
	if (!source->element) {
		user_add(builder, source->member, expression_of_attribute(task, source->space, source->attribute));
		return;
	}
	const struct element *element = element_extension(task, source->space, source->element);
	if (!element)
		return;
	struct expression_text text = expression_of_attribute(element, SPACE_NONE, source->attribute);
	if (expression_strip_feel(builder->model, &text))
		user_add(builder, source->member, text);
	else
		builder->assigned = true;
}

/* "user(name)" -> "name"; false when the text is no such call. */
static bool user_unwrap(struct expression_text *text, struct str function)
{
	if (!str_starts_with(text->text, function) || !str_ends_with(text->text, STR(")")))
		return false;
	text->text = str_trim(str_slice(text->text, function.len, text->text.len - function.len - 1));
	return true;
}

/* potentialOwner: a list of user(..), group(..), or bare groups. A performer: one user. */
static void user_add_assignment(struct user_builder *builder, struct expression_text text, bool owner)
{
	struct expression_text item;
	builder->assigned = true;
	if (!expression_language_fits(builder->model, &text))
		return;
	bool good = true;
	while (good && user_next_item(&text, &item)) {
		bool user = user_unwrap(&item, STR("user("));
		bool group = !user && (user_unwrap(&item, STR("group(")) || owner);
		good = user_add(builder, group ? USER_GROUPS : owner ? USER_USERS : USER_ASSIGNEE, item);
	}
}

/* A role that only names a resource of the file: the group of that name. */
static void user_add_resource(struct user_builder *builder, const struct element *role)
{
	const struct element *reference = element_child(role, SPACE_BPMN, "resourceRef");
	struct str id = reference ? str_trim(reference->text) : (struct str){0};
	size_t colon = str_find_char(id, ':');
	if (colon != STR_NONE)
		id = str_slice(id, colon + 1, id.len);
	const struct element *resource = map_get(&builder->model->ids, id);
	struct str group = resource && resource->label.len ? resource->label : id;
	const struct expr *expr = group.len ? expression_constant(builder->model, role, group) : NULL;
	if (!expr)
		return;
	builder->assigned = true;
	vec_add(&builder->groups, expr);
}

static void user_add_role(struct user_builder *builder, const struct element *role, bool owner)
{
	const struct element *assignment = element_child(role, SPACE_BPMN, "resourceAssignmentExpression");
	const struct element *expression = assignment ? element_child(assignment, SPACE_BPMN, "formalExpression") : NULL;
	if (assignment && !expression)
		expression = element_child(assignment, SPACE_BPMN, "expression");
	struct expression_text text = expression_of_content(expression);
	if (text.text.len > 0)
		user_add_assignment(builder, text, owner);
	else
		user_add_resource(builder, role);
}

static void user_add_roles(struct user_builder *builder, const struct element *task)
{
	static const struct {
		const char *name;
		bool owner;
	} roles[] = {{"humanPerformer", false}, {"performer", false}, {"potentialOwner", true}};
	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
		const struct element *role = element_child(task, SPACE_BPMN, roles[i].name);
		for (; role; role = element_sibling(role, SPACE_BPMN, roles[i].name))
			user_add_role(builder, role, roles[i].owner);
	}
}

static struct str user_lane(const struct node *node)
{
	return node->lane->label.len ? node->lane->label : node->lane->id;
}

/* Nobody named: the lane's group, and a word about it. */
static void user_add_lane(struct user_builder *builder, const struct node *node)
{
	struct model *model = builder->model;
	if (!node->process->executable)
		return;
	if (!node->lane || user_lane(node).len == 0) {
		model_report(model, RULE_NO_CANDIDATES, node->element, "%s names nobody who could do it",
			model_name(model, node->element));
		return;
	}
	model_report(model, RULE_LANE_AS_CANDIDATES, node->element, "the candidates of %s are the group of its lane %s",
		model_name(model, node->element), model_quote(model, user_lane(node)));
	const struct expr *group = expression_constant(model, node->element, user_lane(node));
	if (group)
		vec_add(&builder->groups, group);
}

static const struct expr *const *user_keep(struct model *model, const struct expr *const *items, size_t count)
{
	return count ? arena_copy(model->keep, items, count * sizeof *items) : NULL;
}

const struct graph_user_task *compile_user_task(struct model *model, const struct node *node, struct graph_node *out)
{
	struct graph_user_task *task = arena_new_object(model->keep, struct graph_user_task);
	struct user_builder builder = {.model = model, .task = task};
	for (size_t i = 0; i < sizeof user_sources / sizeof *user_sources; i++)
		user_add_source(&builder, node->element, &user_sources[i]);
	user_add_roles(&builder, node->element);
	if (!builder.assigned)
		user_add_lane(&builder, node);
	task->candidate_users = user_keep(model, builder.users.items, builder.users.len);
	task->candidate_user_count = (int32_t)builder.users.len;
	task->candidate_groups = user_keep(model, builder.groups.items, builder.groups.len);
	task->candidate_group_count = (int32_t)builder.groups.len;
	vec_free(&builder.users);
	vec_free(&builder.groups);
	compile_task_listeners(model, node->element, task->listeners);
	task->timeouts = compile_task_timeouts(model, node, out);
	return task;
}
