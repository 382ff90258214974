import type { components } from './api-types';

type Schemas = components['schemas'];

/**
 * What the server answers, by the name of its schema. Where a value may be missing the server leaves it out, though
 * the schema allows null there as well.
 */
export type Answer<Name extends keyof Schemas> = WithoutNull<Schemas[Name]>;

/** What the server takes. */
export type Request<Name extends keyof Schemas> = Schemas[Name];

type WithoutNull<T> = T extends object
  ? { [K in keyof T]: object extends Pick<T, K> ? WithoutNull<Exclude<T[K], null>> : WithoutNull<T[K]> }
  : T;
