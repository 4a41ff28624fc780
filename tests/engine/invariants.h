/* SPDX-License-Identifier: Apache-2.0
 *
 * What holds after every step, whatever the diagram and the commands: tokens are conserved, every wait has exactly one
 * owner, nothing is left behind, history has each activity once.
 */
#ifndef TESTS_ENGINE_INVARIANTS_H
#define TESTS_ENGINE_INVARIANTS_H

struct world;

/* Looks at the living instance and the stored history; complains to the world. */
void invariants_check(struct world *world);

#endif
