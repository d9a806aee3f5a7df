import 'reflect-metadata';
import type { GraphQLField } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { ROLES, type Role } from '../../src/access/role.js';
import { ROUTES, type Route } from '../../src/http/routes.js';
import { createSchema } from '../../src/resolvers/schema.js';
import { ADMIN_TOKEN, startTestServer, type TestServer, WITH_TOKENS } from '../helpers/server.js';
import { type GeneratedOperation, operationOf } from './operations.js';

/** Who may do what, written down here a second time: a field or route that is not listed fails. */
const FIELDS: Readonly<Record<string, Role>> = {
  'Query.node': 'READ',
  'Query.nodes': 'READ',
  'Query.server': 'READ',
  'Query.model': 'READ',
  'Query.models': 'READ',
  'Query.direction': 'READ',
  'Query.directions': 'READ',
  'Query.discovery': 'READ',
  'Query.discoveries': 'READ',
  'Query.edit': 'READ',
  'Query.edits': 'READ',
  'Query.estimateDiscovery': 'TRAIN',
  'Query.tokens': 'ADMIN',
  'Mutation.updateDirection': 'EDIT',
  'Mutation.exportDirections': 'EDIT',
  'Mutation.applyEdit': 'EDIT',
  'Mutation.startSweep': 'EDIT',
  'Mutation.rerunEdit': 'EDIT',
  'Mutation.cancelEdit': 'EDIT',
  'Mutation.importDirections': 'TRAIN',
  'Mutation.mergeDirections': 'TRAIN',
  'Mutation.startDiscovery': 'TRAIN',
  'Mutation.cancelDiscovery': 'TRAIN',
  'Mutation.pauseDiscovery': 'TRAIN',
  'Mutation.resumeDiscovery': 'TRAIN',
  'Mutation.importModel': 'ADMIN',
  'Mutation.cancelImport': 'ADMIN',
  'Mutation.createToken': 'ADMIN',
  'Mutation.revokeToken': 'ADMIN',
  'Subscription.trainingProgress': 'READ',
  'Subscription.editProgress': 'READ',
  'Subscription.importProgress': 'READ',
};
const HTTP: Readonly<Record<string, Role | 'NOTHING'>> = {
  'POST /graphql': 'READ',
  'GET /images/*': 'READ',
  'POST /images': 'EDIT',
  'GET /directions/*': 'READ',
  'POST /directions': 'EDIT',
  'GET /': 'NOTHING',
  'GET /assets/*': 'NOTHING',
  'GET /client.js': 'NOTHING',
  'GET /healthz': 'NOTHING',
  'GET /readyz': 'NOTHING',
  'GET /metrics': 'READ',
};

const STRANGERS = ['no token', 'an unknown token', 'a revoked token', 'an expired token'] as const;
const CALLERS = [...STRANGERS, ...ROLES, 'AZIMUTH_TOKEN'] as const;
type CallerName = (typeof CALLERS)[number];
type Verdict = 'allowed' | 'UNAUTHENTICATED' | 'FORBIDDEN';

let server: TestServer;
const secrets = new Map<CallerName, string | null>();

beforeAll(async () => {
  server = await startTestServer({ access: WITH_TOKENS });
  for (const role of ROLES) secrets.set(role, (await server.token(role)).secret);
  const revoked = await server.token('ADMIN');
  await server.tokens.revoke(revoked.row.id);
  secrets.set('no token', null);
  secrets.set('an unknown token', `azm_${'A'.repeat(43)}`);
  secrets.set('a revoked token', revoked.secret);
  secrets.set('an expired token', (await server.token('ADMIN', new Date(Date.now() - 1000))).secret);
  secrets.set('AZIMUTH_TOKEN', ADMIN_TOKEN);
});
afterAll(() => server.close());

const secretOf = (caller: CallerName) => secrets.get(caller) ?? null;

function expected(caller: CallerName, needed: Role | 'NOTHING'): Verdict {
  if (needed === 'NOTHING') return 'allowed';
  if (STRANGERS.some((stranger) => stranger === caller)) return 'UNAUTHENTICATED';
  const role = ROLES.find((candidate) => candidate === caller) ?? 'ADMIN';
  return ROLES.indexOf(role) >= ROLES.indexOf(needed) ? 'allowed' : 'FORBIDDEN';
}

/** Any other answer means that the request was let in: its ids are unknown, its bodies empty. */
function verdictOf(codes: readonly (string | undefined)[]): Verdict {
  if (codes.includes('UNAUTHENTICATED')) return 'UNAUTHENTICATED';
  return codes.includes('FORBIDDEN') ? 'FORBIDDEN' : 'allowed';
}

interface RootField {
  readonly name: string;
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly field: GraphQLField<unknown, unknown>;
}

function rootFields(): RootField[] {
  const schema = createSchema();
  const of = (kind: RootField['kind'], type: ReturnType<typeof schema.getQueryType>): RootField[] =>
    Object.values(type?.getFields() ?? {}).map((field) => ({ name: `${type}.${field.name}`, kind, field }));
  return [
    ...of('query', schema.getQueryType()),
    ...of('mutation', schema.getMutationType()),
    ...of('subscription', schema.getSubscriptionType()),
  ];
}

test('every field of the schema and every route has its role in the tables', () => {
  expect(
    rootFields()
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(Object.keys(FIELDS).toSorted());
  expect(ROUTES.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(Object.keys(HTTP).toSorted());
});

/** One operation on a socket of its own protocol: the codes of its errors, or the close code of the socket. */
class Socket {
  private readonly waiting = new Map<string, (codes: string[]) => void>();
  private count = 0;

  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (data) => {
      const { id, type, payload } = JSON.parse(String(data));
      const errors: { extensions: { code: string } }[] = type === 'error' ? payload : (payload?.errors ?? []);
      this.waiting.get(id)?.(errors.map(({ extensions }) => extensions.code));
    });
  }

  /** A socket that was acknowledged, or the code that it was closed with. */
  static open(url: string, token: string | null, init: (token: string) => object): Promise<Socket | number> {
    return new Promise((resolve) => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
      socket.once('open', () =>
        socket.send(JSON.stringify({ type: 'connection_init', ...(token === null ? {} : { payload: init(token) }) })),
      );
      socket.once('message', () => resolve(new Socket(socket)));
      socket.once('close', (code) => resolve(code));
    });
  }

  send({ query, variables }: GeneratedOperation): Promise<string[]> {
    const id = String(this.count++);
    const answer = new Promise<string[]>((resolve) => this.waiting.set(id, resolve));
    this.socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query, variables } }));
    return answer;
  }

  close(): void {
    this.socket.close();
  }
}

const INITS = {
  token: (token: string) => ({ token }),
  Authorization: (token: string) => ({ Authorization: `Bearer ${token}` }),
};

describe.each(CALLERS)('%s', (caller) => {
  test('may use these fields over HTTP, and no others', async () => {
    const api = server.api.as(secretOf(caller));
    const verdicts: Record<string, Verdict> = {};
    for (const { name, kind, field } of rootFields().filter((root) => root.kind !== 'subscription')) {
      const { query, variables } = operationOf(kind, field, server);
      const { status, errors } = await api.request(query, variables);
      const verdict = verdictOf(errors.map(({ extensions }) => extensions.code));
      expect([name, status]).toEqual([name, { UNAUTHENTICATED: 401, FORBIDDEN: 403, allowed: 200 }[verdict]]);
      verdicts[name] = verdict;
    }
    const table = Object.entries(FIELDS).filter(([name]) => !name.startsWith('Subscription'));
    expect(verdicts).toEqual(Object.fromEntries(table.map(([name, needed]) => [name, expected(caller, needed)])));
  });

  test.each(['token', 'Authorization'] as const)('may use the same over WebSocket, by %s', async (key) => {
    const socket = await Socket.open(server.api.url, secretOf(caller), INITS[key]);
    if (typeof socket === 'number') {
      expect([socket, expected(caller, 'READ')]).toEqual([4401, 'UNAUTHENTICATED']);
      return;
    }
    const verdicts: Record<string, Verdict> = {};
    for (const { name, kind, field } of rootFields())
      verdicts[name] = verdictOf(await socket.send(operationOf(kind, field, server)));
    socket.close();
    expect(verdicts).toEqual(
      Object.fromEntries(Object.entries(FIELDS).map(([name, needed]) => [name, expected(caller, needed)])),
    );
  });

  test('may use these routes, and no others', async () => {
    const { authorization } = server.api.as(secretOf(caller));
    const request = async ({ method, path }: Route) => {
      const body = method === 'POST' ? { body: '{}' } : {};
      const url = `${server.api.url}${path.replace('*', 'x')}`;
      const response = await fetch(url, {
        method,
        headers: { ...authorization, 'content-type': 'application/json' },
        ...body,
      });
      const text = await response.text();
      if (response.status !== 401 && response.status !== 403) return 'allowed';
      expect(response.headers.get('www-authenticate')).toBe(response.status === 401 ? 'Bearer realm="azimuth"' : null);
      return verdictOf([JSON.parse(text).errors[0].extensions.code]);
    };
    const verdicts = Object.fromEntries(
      await Promise.all(ROUTES.map(async (route) => [`${route.method} ${route.path}`, await request(route)] as const)),
    );
    expect(verdicts).toEqual(
      Object.fromEntries(Object.entries(HTTP).map(([route, needed]) => [route, expected(caller, needed)])),
    );
  });
});

test('nothing of an operation is done if a part of it is forbidden, wherever that part stands', async () => {
  const reader = server.api.as(secretOf('EDIT'));
  const before = (await server.tokens.all()).length;
  const create = 'createToken(input: { name: "mine", role: ADMIN }) { secret }';
  for (const query of [
    `mutation { ${create} }`,
    `mutation { a: updateDirection(input: { id: "x" }) { id } b: ${create} }`,
    `mutation { ...F } fragment F on Mutation { ... { ${create} } }`,
    `mutation ($no: Boolean = false) { ${create.replace('createToken', 'createToken').replace(')', ') @include(if: $no)')} }`,
    `query A { __typename } mutation B { ${create} }`,
  ]) {
    const { status, errors } = await reader.send<unknown>(
      JSON.stringify({ query, ...(query.startsWith('query A') ? { operationName: 'B' } : {}) }),
    );
    expect([query, status, errors.map(({ extensions }) => extensions.code)]).toEqual([query, 403, ['FORBIDDEN']]);
  }
  expect(await server.tokens.all()).toHaveLength(before);
});

test('who has no token learns no more than that the server is up', async () => {
  const get = async (path: string) => (await fetch(`${server.api.url}${path}`)).json();
  expect(await get('/healthz')).toEqual({ status: 'up' });
  expect(await get('/readyz')).toEqual({ ready: false });
});
