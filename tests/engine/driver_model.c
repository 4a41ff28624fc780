/* SPDX-License-Identifier: Apache-2.0
 *
 * A random model from its start to its end.
 */
#include "config.h"

#include "tests/engine/driver.h"

#define WILD_COMMANDS 60
#define COMMANDS_MAX 3000

static void model_resume(struct driver *driver, int64_t instance_id)
{
	struct command command = driver_command(COMMAND_RESUME, 0);
	command.instance_id = instance_id;
	driver_step(driver, &command, true);
}

static void model_tame(struct driver *driver)
{
	driver->wild = false;
	for (struct instance *here = NULL; (here = world_next(&driver->world, here));)
		if (here->status == INSTANCE_SUSPENDED) {
			model_resume(driver, here->id);
			here = NULL;
			if (driver->world.problem.len > 0)
				return;
		}
}

void driver_run_model(struct driver *driver)
{
	struct world *world = &driver->world;
	driver->wild = true;
	driver_start(driver);
	for (int i = 0; i < COMMANDS_MAX && world_root(world) && world->problem.len == 0; i++) {
		if (i == WILD_COMMANDS)
			model_tame(driver);
		if (world_root(world))
			driver_do_something(driver);
	}
	const struct instance *ended = store_ended(world_store(world), world_store(world)->root_id);
	if (world->problem.len > 0)
		return;
	if (!ended)
		world_complain(world, "it does not come to its end");
	else if (!driver->broken_off && ended->status != INSTANCE_COMPLETED && ended->status != INSTANCE_TERMINATED)
		world_complain(world, "it ended as %.*s", STR_ARG(instance_status_name(ended->status)));
}
