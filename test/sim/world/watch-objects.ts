// Watch objects: tells a meter of each object of a world when it is first asked for.

import type { SimObject } from './objects.ts';
import type { World } from './world.ts';

export function watchObjects(world: World, watch: (object: SimObject) => void): void {
  const objectOf = world.object.bind(world);
  const watched = new Set<SimObject>();
  world.object = (name) => {
    const object = objectOf(name);
    if (!watched.has(object)) watch(object);
    watched.add(object);
    return object;
  };
}
