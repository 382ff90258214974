// Nothing is rendered on the server, so nothing is taken over from it.
export const hydrating = false;
export const hydrate_node = null;
/*#__NO_SIDE_EFFECTS__*/ export function set_hydrating() {}
/*#__NO_SIDE_EFFECTS__*/ export function set_hydrate_node() {}
/*#__NO_SIDE_EFFECTS__*/ export function hydrate_next() {}
/*#__NO_SIDE_EFFECTS__*/ export function reset() {}
/*#__NO_SIDE_EFFECTS__*/ export function hydrate_template() {}
/*#__NO_SIDE_EFFECTS__*/ export function next() {}
/*#__NO_SIDE_EFFECTS__*/ export function skip_nodes() {}
/*#__NO_SIDE_EFFECTS__*/ export function read_hydration_instruction() {}
