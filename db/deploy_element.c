/* SPDX-License-Identifier: Apache-2.0
 *
 * What a definition's nodes and flows are called, and what of them is read without the diagram: headers and scripts for
 * workers, forms for frontends.
 */
#include "config.h"

#include "db/deploy.h"

#include "base/json.h"
#include "db/db_private.h"
#include "db/statements.h"
#include "engine/engine.h"

#define DEPLOY_TEXTS(p, items, count, member) \
	do { \
		params_array((p), PARAMS_TEXT, (size_t)(count)); \
		for (int32_t i = 0; i < (count); i++) \
			params_text_or_null((p), (items)[i].member); \
		params_array_end(p); \
	} while (0)

/* The headers of a task as a JSON object, of one in JavaScript its source; NULL where there are none. */
static void deploy_write_headers(struct params *p, const struct graph_node *node)
{
	const struct graph_job *job = node->job;
	bool script = node->script && node->script->javascript.len > 0;
	if (!script && (!job || job->headers.count == 0)) {
		params_null(p);
		return;
	}
	struct buf *json = params_jsonb_begin(p);
	json_object_begin(json);
	if (script)
		json_member_str(json, JOB_HEADER_SOURCE, node->script->javascript);
	for (int32_t i = 0; job && i < job->headers.count; i++) {
		json_member_named(json, job->headers.items[i].name);
		json_emit_str(json, job->headers.items[i].value);
	}
	json_object_end(json);
	params_value_end(p);
}

static void deploy_write_mappings(struct buf *json, const char *name, const struct graph_assignments *mappings)
{
	json_member(json, name);
	json_object_begin(json);
	for (int32_t i = 0; i < mappings->count; i++) {
		if (mappings->items[i].javascript.len == 0)
			continue;
		json_next(json);
		buf_printf(json, "\"%d\":", i);
		json_emit_str(json, mappings->items[i].javascript);
	}
	json_object_end(json);
}

/* Mappings in JavaScript by their place; NULL where there are none. */
static void deploy_write_scripts(struct params *p, const struct graph_node *node)
{
	if (!graph_has_script(&node->inputs) && !graph_has_script(&node->outputs)) {
		params_null(p);
		return;
	}
	struct buf *json = params_jsonb_begin(p);
	json_object_begin(json);
	deploy_write_mappings(json, "inputs", &node->inputs);
	deploy_write_mappings(json, "outputs", &node->outputs);
	json_object_end(json);
	params_value_end(p);
}

static void deploy_write_said(struct buf *json, const char *name, struct str text)
{
	if (text.len > 0)
		json_member_str(json, name, text);
}

static void deploy_write_pairs(
	struct buf *json, const char *list, const char *name, const char *value, const struct graph_headers *pairs)
{
	if (pairs->count == 0)
		return;
	json_member(json, list);
	json_array_begin(json);
	for (int32_t i = 0; i < pairs->count; i++) {
		json_next(json);
		json_object_begin(json);
		json_member_str(json, name, pairs->items[i].name);
		deploy_write_said(json, value, pairs->items[i].value);
		json_object_end(json);
	}
	json_array_end(json);
}

static void deploy_write_field(struct buf *json, const struct graph_form_field *field)
{
	json_object_begin(json);
	json_member_str(json, "id", field->id);
	deploy_write_said(json, "label", field->label);
	deploy_write_said(json, "type", field->type);
	deploy_write_said(json, "defaultValue", field->default_value);
	deploy_write_said(json, "datePattern", field->date_pattern);
	deploy_write_pairs(json, "constraints", "name", "config", &field->constraints);
	deploy_write_pairs(json, "values", "id", "name", &field->values);
	deploy_write_pairs(json, "properties", "id", "value", &field->properties);
	json_object_end(json);
}

static void deploy_write_form(struct params *p, const struct graph_form *form)
{
	if (!form) {
		params_null(p);
		return;
	}
	struct buf *json = params_jsonb_begin(p);
	json_object_begin(json);
	deploy_write_said(json, "key", form->key);
	deploy_write_said(json, "reference", form->reference);
	deploy_write_said(json, "binding", form->binding);
	deploy_write_said(json, "version", form->version);
	json_member(json, "fields");
	json_array_begin(json);
	for (int32_t i = 0; i < form->field_count; i++) {
		json_next(json);
		deploy_write_field(json, &form->fields[i]);
	}
	json_array_end(json);
	json_object_end(json);
	params_value_end(p);
}

static struct str deploy_loop_name(const struct graph_loop *loop)
{
	if (!loop)
		return (struct str){0};
	return loop->kind == LOOP_STANDARD ? STR("loop") : STR("multiInstance");
}

void deploy_insert_elements(struct db *db, int64_t definition_id, const struct graph *graph)
{
	size_t count = (size_t)graph->node_count;
	struct params *p = db_params(db);
	params_int8(p, definition_id);
	DEPLOY_TEXTS(p, graph->nodes, graph->node_count, id);
	DEPLOY_TEXTS(p, graph->nodes, graph->node_count, name);
	params_array(p, PARAMS_TEXT, count);
	for (size_t i = 0; i < count; i++)
		params_text(p, node_kind_name(graph->nodes[i].kind));
	params_array_end(p);
	DEPLOY_TEXTS(p, graph->nodes, graph->node_count, lane);
	params_array(p, PARAMS_JSONB, count);
	for (size_t i = 0; i < count; i++)
		deploy_write_headers(p, &graph->nodes[i]);
	params_array_end(p);
	params_array(p, PARAMS_TEXT, count);
	for (size_t i = 0; i < count; i++)
		params_text_or_null(p, deploy_loop_name(graph->nodes[i].loop));
	params_array_end(p);
	params_array(p, PARAMS_JSONB, count);
	for (size_t i = 0; i < count; i++)
		deploy_write_scripts(p, &graph->nodes[i]);
	params_array_end(p);
	params_array(p, PARAMS_JSONB, count);
	for (size_t i = 0; i < count; i++)
		deploy_write_form(p, graph->nodes[i].form);
	params_array_end(p);
	db_send(db, SQL_INSERT_ELEMENTS, (struct db_receiver){0});
}

void deploy_insert_flows(struct db *db, int64_t definition_id, const struct graph *graph)
{
	size_t count = (size_t)graph->flow_count;
	struct params *p = db_params(db);
	params_int8(p, definition_id);
	DEPLOY_TEXTS(p, graph->flows, graph->flow_count, id);
	params_array(p, PARAMS_TEXT, count);
	for (size_t i = 0; i < count; i++)
		params_text(p, graph->nodes[graph->flows[i].source].id);
	params_array_end(p);
	params_array(p, PARAMS_TEXT, count);
	for (size_t i = 0; i < count; i++)
		params_text(p, graph->nodes[graph->flows[i].target].id);
	params_array_end(p);
	db_send(db, SQL_INSERT_FLOWS, (struct db_receiver){0});
}
