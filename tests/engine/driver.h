/* SPDX-License-Identifier: Apache-2.0
 *
 * Drives an instance at random: people, workers, senders, the clock, operators. Wild, anything may come at any time, from
 * anybody; tame, only what brings the instance on.
 *
 * RANDOM_MODELS sets how many seeds there are; RANDOM_SEED shows one of them.
 */
#ifndef TESTS_ENGINE_DRIVER_H
#define TESTS_ENGINE_DRIVER_H

#include "tests/engine/random_model.h"
#include "tests/engine/world.h"

#define DRIVER_VARIABLES_MAX 5

struct driver {
	struct world world;
	struct random random;
	bool wild;
	bool restless;   /* steps may not come to rest */
	bool broken_off; /* canceled, or ended by an error */
	char r[32];
	struct command_variable variables[DRIVER_VARIABLES_MAX];
};

struct driver_kind {
	void (*draw)(struct buf *xml, struct random *random);
	void (*run)(struct driver *driver);
	bool versions;                     /* behind the processes of the diagram those of another version of it, if it has one */
	uint64_t count;                    /* of seeds, where RANDOM_MODELS says nothing */
	const struct world_keeper *keeper; /* NULL: none */
};

/* Runs the seeds; fails the test when one of them has a problem. */
void driver_run_many(const struct driver_kind *kind);

struct command driver_command(enum command_kind kind, int64_t subject);
/* True when it was done. What must not be is the world's problem. */
bool driver_step(struct driver *driver, struct command *command, bool may_refuse);
void driver_start(struct driver *driver);
void driver_do_something(struct driver *driver);
/* What still runs is canceled, and nothing may be left. */
void driver_cancel(struct driver *driver);

/* First anything may come, then only what brings the instance on, and it must come to its end. */
void driver_run_model(struct driver *driver);

#endif
