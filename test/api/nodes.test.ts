import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApiClient } from '../helpers/client.js';
import { startTestServer, type TestServer } from '../helpers/server.js';

let server: TestServer;
let api: ApiClient;
let modelId: string;
let directionIds: readonly string[];

beforeAll(async () => {
  server = await startTestServer();
  api = server.api;
  modelId = await server.readyModel({ name: 'faces', hShape: [8, 4, 4] });
  directionIds = await server.directions(modelId, { count: 5 });
});
afterAll(() => server.close());

describe('ids', () => {
  test('fetch any node again, of whatever type', async () => {
    const query = `query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Model { name } ... on Direction { index } } }`;
    const ids = [directionIds[2], modelId, server.unknownId('Edit'), directionIds[0]];
    expect(await api.query(query, { ids })).toEqual({
      nodes: [
        { __typename: 'Direction', id: ids[0], index: 2 },
        { __typename: 'Model', id: modelId, name: 'faces' },
        null,
        { __typename: 'Direction', id: ids[3], index: 0 },
      ],
    });
    const node = 'query ($id: ID!) { node(id: $id) { id __typename } }';
    expect(await api.query(node, { id: modelId })).toEqual({ node: { id: modelId, __typename: 'Model' } });
  });

  test.each(['model', 'direction', 'discovery', 'edit'])(
    'give null in the query "%s" if nobody has them',
    async (field) => {
      const id = server.unknownId(`${field[0]?.toUpperCase()}${field.slice(1)}`);
      expect(await api.query(`query ($id: ID!) { ${field}(id: $id) { id } }`, { id })).toEqual({ [field]: null });
    },
  );

  test('of another type are refused with both types', async () => {
    const error = await api.errorOf('query ($id: ID!) { direction(id: $id) { id } }', { id: modelId });
    expect(error.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argument: 'id' });
    expect(error.message).toBe('id: expected an id of type Direction, got an id of type Model.');
  });

  test.each(['', 'x', 'TW9kZWw6MQ', '00000000-0000-4000-8000-000000000000', '../../etc/passwd', "' OR 1=1"])(
    'that are not ours, such as "%s", are refused',
    async (id) => {
      expect((await api.errorOf('query ($id: ID!) { node(id: $id) { id } }', { id })).extensions.code).toBe(
        'BAD_USER_INPUT',
      );
    },
  );

  test('have one spelling only', async () => {
    const padded = `${modelId}=`;
    expect((await api.errorOf('query ($id: ID!) { model(id: $id) { id } }', { id: padded })).extensions.code).toBe(
      'BAD_USER_INPUT',
    );
  });
});

describe('pages', () => {
  const PAGE = `query ($modelId: ID!, $first: Int, $after: String, $orderBy: DirectionOrder) {
    directions(modelId: $modelId, first: $first, after: $after, orderBy: $orderBy) {
      totalCount edges { cursor node { id } } pageInfo { hasNextPage endCursor hasPreviousPage startCursor }
    }
  }`;
  interface Page {
    readonly directions: {
      readonly totalCount: number;
      readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[];
      readonly pageInfo: Record<'endCursor' | 'startCursor', string | null> &
        Record<'hasNextPage' | 'hasPreviousPage', boolean>;
    };
  }
  const page = async (variables: object) => (await api.query<Page>(PAGE, { modelId, ...variables })).directions;

  test.each(['INDEX', 'NAME', 'SCORE', 'EFFECT_SIZE'])('by %s hold every item once, in one order', async (orderBy) => {
    const seen: string[] = [];
    let after: string | null = null;
    let pages = 0;
    do {
      const { edges, pageInfo, totalCount }: Page['directions'] = await page({ first: 2, after, orderBy });
      expect(totalCount).toBe(5);
      expect(pageInfo.hasPreviousPage).toBe(pages > 0);
      expect(pageInfo.startCursor).toBe(edges[0]?.cursor);
      seen.push(...edges.map(({ node }) => node.id));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
      pages += 1;
    } while (after !== null);
    expect(pages).toBe(3);
    const whole = (await page({ orderBy })).edges.map(({ node }) => node.id);
    expect(seen).toEqual(whole);
    expect(new Set(seen)).toEqual(new Set(directionIds));
  });

  test('may be empty, with null cursors', async () => {
    const other = await server.readyModel({ name: 'empty' });
    expect(await page({ modelId: other })).toEqual({
      totalCount: 0,
      edges: [],
      pageInfo: { hasNextPage: false, endCursor: null, hasPreviousPage: false, startCursor: null },
    });
  });

  test.each([0, -1, 201])('of %i items are refused', async (first) => {
    const error = await api.errorOf(PAGE, { modelId, first });
    expect(error.extensions).toMatchObject({ code: 'BAD_USER_INPUT', expected: 'an integer from 1 to 200' });
  });

  test('refuse cursors that are forged, of another list, or of an item that is not there', async () => {
    const models = '{ models(first: 1) { edges { cursor } } }';
    const foreign = (await api.query<{ models: { edges: { cursor: string }[] } }>(models)).models.edges[0]?.cursor;
    for (const after of ['', 'x', directionIds[0], foreign, `after.${server.unknownId('Direction')}`]) {
      expect((await api.errorOf(PAGE, { modelId, after })).extensions.code).toBe('BAD_USER_INPUT');
    }
  });

  test('of a model that is not there are NOT_FOUND', async () => {
    expect((await api.errorOf(PAGE, { modelId: server.unknownId('Model') })).extensions.code).toBe('NOT_FOUND');
  });
});

describe('updateDirection', () => {
  const UPDATE = `mutation ($input: UpdateDirectionInput!) {
    updateDirection(input: $input) { id name tags favourite hidden model { id } discovery { id } duplicateOf { id } filmstrip { id } }
  }`;

  test('changes what is given and nothing else', async () => {
    const id = directionIds[0];
    const named = { name: ' Smile ', tags: ['mouth', 'mouth', 'mood'], favourite: true };
    const { updateDirection } = await api.query<{ updateDirection: object }>(UPDATE, { input: { id, ...named } });
    expect(updateDirection).toMatchObject({
      id,
      name: 'Smile',
      tags: ['mouth', 'mood'],
      favourite: true,
      hidden: false,
    });
    const hidden = await api.query<{ updateDirection: object }>(UPDATE, { input: { id, hidden: true, name: null } });
    expect(hidden.updateDirection).toMatchObject({
      name: 'Smile',
      tags: ['mouth', 'mood'],
      favourite: true,
      hidden: true,
    });
  });

  test.each([
    [{ name: '' }, 'input.name'],
    [{ name: 'x'.repeat(121) }, 'input.name'],
    [{ tags: [''] }, 'input.tags[0]'],
    [{ tags: Array.from({ length: 33 }, (_, n) => `${n}`) }, 'input.tags'],
  ])('refuses %o', async (fields, argument) => {
    const error = await api.errorOf(UPDATE, { input: { id: directionIds[1], ...fields } });
    expect(error.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argument });
  });

  test('is NOT_FOUND for an id that nobody has', async () => {
    const input = { id: server.unknownId('Direction'), name: 'x' };
    expect((await api.errorOf(UPDATE, { input })).extensions.code).toBe('NOT_FOUND');
  });
});

describe('filters', () => {
  const FILTER = `query ($modelId: ID!, $filter: DirectionFilter) {
    directions(modelId: $modelId, filter: $filter) { totalCount }
  }`;

  test.each([
    [{ favourite: true }, 0],
    [{ origin: 'LEARNED' }, 2],
    [{ origin: 'PCA' }, 0],
    [{ hidden: false, dead: false }, 2],
  ])('%o finds %i', async (filter, totalCount) => {
    const other = await server.readyModel({ name: 'filtered' });
    await server.directions(other, { count: 2 });
    expect(await api.query(FILTER, { modelId: other, filter })).toEqual({ directions: { totalCount } });
  });

  test('refuse a score beyond 1 and an id of another type', async () => {
    expect((await api.errorOf(FILTER, { modelId, filter: { minScore: 2 } })).extensions.argument).toBe(
      'filter.minScore',
    );
    const error = await api.errorOf(FILTER, { modelId, filter: { discoveryId: modelId } });
    expect(error.extensions.argument).toBe('filter.discoveryId');
  });
});

describe('importModel', () => {
  const IMPORT =
    'mutation ($input: ImportModelInput!) { importModel(input: $input) { id name status source error { code } } }';

  test('returns at once, IMPORTING, named after its folder', async () => {
    const { importModel } = await api.query<{ importModel: object }>(IMPORT, { input: { path: '/models/my-unet' } });
    expect(importModel).toMatchObject({ name: 'my-unet', status: 'IMPORTING', source: '/models/my-unet', error: null });
  });

  test.each([{}, { path: null }, { path: '' }, { path: '/x', name: ' ' }])('refuses %o', async (input) => {
    expect((await api.errorOf(IMPORT, { input })).extensions.code).toBe('BAD_USER_INPUT');
  });
});

test('server tells its version and that there is no worker', async () => {
  const query = '{ server { version workers queuedDiscoveries queuedEdits devices { name available reason chosen } } }';
  const { server: info } = await api.query<{ server: Record<string, unknown> }>(query);
  expect(info).toMatchObject({ workers: 0, devices: [], queuedDiscoveries: 0, queuedEdits: 0 });
  expect(info['version']).toMatch(/^\d+\.\d+\.\d+/);
});

test('introspection is open, and every type and field of the API is described', async () => {
  interface Described {
    readonly name: string;
    readonly description: string | null;
    readonly fields?: readonly Described[] | null;
    readonly inputFields?: readonly Described[] | null;
  }
  const { __schema } = await api.query<{ __schema: { types: Described[] } }>(getIntrospectionQuery());
  const own = __schema.types.filter(
    ({ name }) => !name.startsWith('__') && !['Query', 'Mutation', 'Subscription'].includes(name),
  );
  const bare = own.flatMap((type) =>
    [type, ...(type.fields ?? []), ...(type.inputFields ?? [])]
      .filter(({ description }) => !description)
      .map(({ name }) => `${type.name}.${name}`),
  );
  expect(bare).toEqual([]);
});
