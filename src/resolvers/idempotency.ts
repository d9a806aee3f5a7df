import { createHash } from 'node:crypto';
import type { Idempotency } from '../storage/types.js';
import { checkText } from './checks.js';

/** JSON with sorted keys: equal inputs give equal text, whatever the order of their fields. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    member !== null && typeof member === 'object' && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

/** `input` is the resolved one: a default spelt out is the same input as a default left out. */
export function idempotencyOf(
  operation: string,
  key: string | null | undefined,
  input: Readonly<Record<string, unknown>>,
): Idempotency | null {
  if (key == null) return null;
  checkText('input.idempotencyKey', key, { min: 1, max: 200 });
  return {
    key,
    fingerprint: createHash('sha256')
      .update(`${operation}\n${canonicalJson(input)}`)
      .digest('hex'),
  };
}
