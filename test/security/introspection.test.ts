import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApiClient, ApiError } from '../helpers/client.js';
import { ADMIN_TOKEN, startTestServer, type TestServer, WITH_TOKENS } from '../helpers/server.js';

type Caller = 'reader' | 'administrator';
const CALLERS: readonly Caller[] = ['reader', 'administrator'];
/** Who sees the schema under which AZIMUTH_INTROSPECTION. */
const POLICIES = { on: ['reader', 'administrator'], admin: ['administrator'], off: [] } as const;

/** Every way to the schema. */
const QUESTIONS: readonly (readonly [string, string])[] = [
  ['the whole schema', getIntrospectionQuery()],
  ['a type', '{ __type(name: "Model") { name } }'],
  ['an alias', '{ innocent: __schema { queryType { name } } }'],
  ['a fragment', '{ ...hidden } fragment hidden on Query { __schema { queryType { name } } }'],
  ['an inline fragment', '{ ... on Query { ... { __type(name: "Model") { name } } } }'],
  ['beside something harmless', '{ server { version } __schema { queryType { name } } }'],
];
/** Each is one letter beside a name of the schema, for which graphql suggests the right one. */
const MISSPELT: readonly (readonly [string, string, object])[] = [
  ['a field', '{ modelss { totalCount } }', {}],
  ['a nested field', '{ server { versio } }', {}],
  ['an argument', '{ models(firs: 1) { totalCount } }', {}],
  ['a type', 'query ($input: ApplyEditInpu!) { node(id: $input) { id } }', {}],
  ['an enum value', '{ discoveries(status: RUNNIN) { totalCount } }', {}],
  ['an input field', 'mutation { applyEdit(input: { modelIdd: "x", shifts: [] }) { id } }', {}],
  [
    'an input field in a variable',
    'mutation ($input: ApplyEditInput!) { applyEdit(input: $input) { id } }',
    { input: { modelIdd: 'x', shifts: [] } },
  ],
  [
    'an enum value in a variable',
    'query ($status: RunStatus) { discoveries(status: $status) { totalCount } }',
    { status: 'RUNNIN' },
  ],
];
const SUGGESTION = /did you mean/i;

describe.each(Object.entries(POLICIES))('AZIMUTH_INTROSPECTION=%s', (introspection, allowed: readonly Caller[]) => {
  let server: TestServer;
  let apis: Record<Caller, ApiClient>;

  beforeAll(async () => {
    const policy = introspection as keyof typeof POLICIES;
    server = await startTestServer({ access: { ...WITH_TOKENS, introspection: policy } });
    const { secret } = await server.token('TRAIN');
    apis = { reader: server.api.as(secret), administrator: server.api.as(ADMIN_TOKEN) };
  });
  afterAll(() => server.close());

  const TRANSPORTS = {
    HTTP: async (api: ApiClient, query: string, variables: object) => (await api.request(query, variables)).errors,
    WebSocket: async (api: ApiClient, query: string, variables: object) => {
      const client = api.socket();
      try {
        const errors: ApiError[] = [];
        for await (const result of client.iterate({ query, variables: { ...variables } }))
          errors.push(...((result.errors ?? []) as unknown as ApiError[]));
        return errors;
      } catch (error) {
        if (!Array.isArray(error)) throw error;
        return error as ApiError[];
      } finally {
        await client.dispose();
      }
    },
  };

  const CASES = Object.keys(TRANSPORTS).flatMap((transport) => CALLERS.map((caller) => [transport, caller] as const));
  describe.each(CASES)('over %s, %s', (transport, caller) => {
    const errorsOf = (query: string, variables: object = {}) =>
      TRANSPORTS[transport as keyof typeof TRANSPORTS](apis[caller], query, variables);

    test.each(QUESTIONS)('asks for %s', async (_, query) => {
      const errors = await errorsOf(query);
      if (allowed.includes(caller)) expect(errors).toEqual([]);
      else expect(errors.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN']);
    });

    test.each(MISSPELT)('misspells %s', async (_, query, variables) => {
      const errors = await errorsOf(query, variables);
      expect(errors.length).toBeGreaterThan(0);
      const isSuggested = errors.some(({ message }) => SUGGESTION.test(message));
      expect(isSuggested).toBe(allowed.includes(caller));
    });
  });
});
