import { EngineError } from '../../src/engine/errors.js';
import type { Domain } from './domain.js';
import { portraits } from './portraits.js';
import { shapes } from './shapes.js';

export const DOMAINS: ReadonlyMap<string, Domain> = new Map([portraits, shapes].map((domain) => [domain.name, domain]));

/** Throws BAD_USER_INPUT, with the names there are, for any other name. */
export function domainNamed(name: string): Domain {
  const domain = DOMAINS.get(name);
  if (domain) return domain;
  throw new EngineError('BAD_USER_INPUT', `Expected a domain, ${[...DOMAINS.keys()].join(' or ')}, got ${name}.`);
}
