/* SPDX-License-Identifier: Apache-2.0
 *
 * Two maps: every definition by id, which only grows, and the versions of each key, which a refresh builds anew.
 */
#include "config.h"

#include "runtime/catalog.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/map.h"
#include "base/vec.h"
#include "bpmn/bpmn.h"
#include "engine/engine.h"

/* All versions of a key, ascending. */
struct key_versions {
	VEC(struct definition *) list;
};

struct key_index {
	struct arena *arena;
	struct map by_key; /* "tenant\nkey" -> struct key_versions */
};

struct catalog {
	pthread_mutex_t mutex;
	struct arena *arena; /* definitions and their texts */
	struct map by_id;    /* id -> struct definition */
	struct key_index index;
	VEC(struct bpmn_document *) documents;
	int64_t generation;
};

/* What a refresh brings of a definition that may be known already; it counts when it is published. */
struct refresh_row {
	struct definition *definition;
	bool suspended;
};

struct catalog_refresh {
	struct catalog *catalog;
	struct key_index index;
	VEC(struct refresh_row) rows;
	int64_t generation;
};

struct catalog *catalog_new(void)
{
	struct catalog *catalog = alloc_new(struct catalog);
	pthread_mutex_init(&catalog->mutex, NULL);
	catalog->arena = arena_new();
	catalog->index.arena = arena_new();
	return catalog;
}

static void key_index_free(struct key_index *index)
{
	for (struct map_entry *entry = NULL; (entry = map_next(&index->by_key, entry));)
		vec_free(&((struct key_versions *)entry->value)->list);
	map_free(&index->by_key);
	arena_free(index->arena);
}

void catalog_free(struct catalog *catalog)
{
	for (size_t i = 0; i < catalog->documents.len; i++)
		bpmn_document_free(catalog->documents.items[i]);
	vec_free(&catalog->documents);
	key_index_free(&catalog->index);
	map_free(&catalog->by_id);
	arena_free(catalog->arena);
	pthread_mutex_destroy(&catalog->mutex);
	free(catalog);
}

int64_t catalog_generation(struct catalog *catalog)
{
	pthread_mutex_lock(&catalog->mutex);
	int64_t generation = catalog->generation;
	pthread_mutex_unlock(&catalog->mutex);
	return generation;
}

struct catalog_refresh *catalog_refresh_begin(struct catalog *catalog)
{
	struct catalog_refresh *refresh = alloc_new(struct catalog_refresh);
	refresh->catalog = catalog;
	refresh->index.arena = arena_new();
	return refresh;
}

void catalog_refresh_generation(struct catalog_refresh *refresh, int64_t generation)
{
	refresh->generation = generation;
}

static struct definition *catalog_definition(struct catalog *catalog, const struct db_definition *row)
{
	struct definition *definition = map_get_id(&catalog->by_id, row->id);
	if (definition)
		return definition;
	definition = arena_new_object(catalog->arena, struct definition);
	*definition = (struct definition){
		.id = row->id,
		.deployment_id = row->deployment_id,
		.version = row->version,
		.process_index = row->process_index,
		.key = arena_str(catalog->arena, row->key),
		.name = arena_str(catalog->arena, row->name),
		.tenant = arena_str(catalog->arena, row->tenant),
		.version_tag = arena_str(catalog->arena, row->version_tag),
		.executable = row->executable,
		.deleted = true, /* until published */
	};
	map_put_id(&catalog->by_id, row->id, definition);
	return definition;
}

static struct str key_index_name(struct arena *arena, struct str tenant, struct str key)
{
	return arena_printf(arena, "%.*s\n%.*s", STR_ARG(tenant), STR_ARG(key));
}

static void key_index_add(struct key_index *index, struct definition *definition)
{
	struct str name = key_index_name(index->arena, definition->tenant, definition->key);
	struct key_versions *versions = map_get(&index->by_key, name);
	if (!versions) {
		versions = arena_new_object(index->arena, struct key_versions);
		map_put(&index->by_key, name, versions);
	}
	size_t at = versions->list.len;
	vec_add(&versions->list, definition);
	for (; at > 0 && versions->list.items[at - 1]->version > definition->version; at--)
		versions->list.items[at] = versions->list.items[at - 1];
	versions->list.items[at] = definition;
}

void catalog_refresh_add(struct catalog_refresh *refresh, const struct db_definition *row)
{
	struct catalog *catalog = refresh->catalog;
	pthread_mutex_lock(&catalog->mutex);
	struct definition *definition = catalog_definition(catalog, row);
	pthread_mutex_unlock(&catalog->mutex);
	vec_add(&refresh->rows, ((struct refresh_row){definition, row->suspended}));
	key_index_add(&refresh->index, definition);
}

static void catalog_publish(struct catalog *catalog, const struct catalog_refresh *refresh)
{
	catalog->index = refresh->index;
	catalog->generation = refresh->generation;
	for (struct map_entry *entry = NULL; (entry = map_next(&catalog->by_id, entry));)
		((struct definition *)entry->value)->deleted = true;
	for (size_t i = 0; i < refresh->rows.len; i++) {
		refresh->rows.items[i].definition->suspended = refresh->rows.items[i].suspended;
		refresh->rows.items[i].definition->deleted = false;
	}
}

/* One that was overtaken by a newer one changes nothing. */
void catalog_refresh_end(struct catalog_refresh *refresh, bool publish)
{
	struct catalog *catalog = refresh->catalog;
	struct key_index old = refresh->index;
	pthread_mutex_lock(&catalog->mutex);
	if (publish && refresh->generation >= catalog->generation) {
		old = catalog->index;
		catalog_publish(catalog, refresh);
	}
	pthread_mutex_unlock(&catalog->mutex);
	key_index_free(&old);
	vec_free(&refresh->rows);
	free(refresh);
}

bool catalog_by_id(struct catalog *catalog, int64_t id, struct definition *out)
{
	pthread_mutex_lock(&catalog->mutex);
	const struct definition *definition = map_get_id(&catalog->by_id, id);
	if (definition)
		*out = *definition;
	pthread_mutex_unlock(&catalog->mutex);
	return definition != NULL;
}

static bool definition_is_meant(const struct definition *definition, const struct catalog_query *query)
{
	return (query->version == 0 || definition->version == query->version) &&
	       (query->deployment_id == 0 || definition->deployment_id == query->deployment_id) &&
	       (query->version_tag.len == 0 || str_equal(definition->version_tag, query->version_tag));
}

static const struct definition *key_versions_pick(
	const struct key_versions *versions, const struct catalog_query *query)
{
	if (!versions)
		return NULL;
	for (size_t i = versions->list.len; i-- > 0;)
		if (definition_is_meant(versions->list.items[i], query))
			return versions->list.items[i];
	return NULL;
}

bool catalog_find(struct catalog *catalog, const struct catalog_query *query, struct definition *out)
{
	char text[512];
	if (query->tenant.len + query->key.len + 1 > sizeof text)
		return false;
	struct buf name = {.ptr = text, .capacity = sizeof text, .max = sizeof text};
	buf_add_str(&name, query->tenant);
	buf_add_char(&name, '\n');
	buf_add_str(&name, query->key);
	pthread_mutex_lock(&catalog->mutex);
	const struct definition *definition = key_versions_pick(map_get(&catalog->index.by_key, buf_str(&name)), query);
	if (definition)
		*out = *definition;
	pthread_mutex_unlock(&catalog->mutex);
	return definition != NULL;
}

static void catalog_keep(struct catalog *catalog, int64_t id, struct bpmn_document *document)
{
	pthread_mutex_lock(&catalog->mutex);
	struct definition *definition = map_get_id(&catalog->by_id, id);
	bool wanted = definition && !definition->graph && (size_t)definition->process_index < document->graph_count &&
	              document->graphs[definition->process_index];
	if (wanted)
		definition->graph = document->graphs[definition->process_index];
	if (wanted)
		vec_add(&catalog->documents, document);
	if (definition)
		definition->broken = !definition->graph;
	pthread_mutex_unlock(&catalog->mutex);
	if (!wanted)
		bpmn_document_free(document);
}

static void catalog_give_up(struct catalog *catalog, int64_t id)
{
	pthread_mutex_lock(&catalog->mutex);
	struct definition *definition = map_get_id(&catalog->by_id, id);
	if (definition)
		definition->broken = true;
	pthread_mutex_unlock(&catalog->mutex);
}

void catalog_compile(struct catalog *catalog, int64_t id, struct str xml)
{
	struct err err = {0};
	struct bpmn_options options = {.compile_expr = engine_compile_expr};
	struct bpmn_document *document = bpmn_read(xml, &options, &err);
	if (document) {
		catalog_keep(catalog, id, document);
		return;
	}
	log_event(LOG_ERROR, "definition-unreadable", LOG_INT("definition", id), LOG_C("message", err.message));
	catalog_give_up(catalog, id);
}
