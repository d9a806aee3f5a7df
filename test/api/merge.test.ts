import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../helpers/server.js';

const MERGE = 'mutation ($input: MergeDirectionsInput!) { mergeDirections(input: $input) { id } }';
let server: TestServer;
let smile: string;
let age: string;
let other: string;
let unlearned: string;
let asymmetric: string;

beforeAll(async () => {
  server = await startTestServer();
  const modelId = await server.readyModel({ name: 'faces' });
  [smile = '', age = ''] = await server.directions(modelId, { count: 2 });
  [asymmetric = ''] = await server.directions(modelId, { count: 1, reverseProcess: 'ASYMMETRIC' });
  [unlearned = ''] = await server.directions(modelId, { count: 1, parameters: false });
  [other = ''] = await server.directions(await server.readyModel({ name: 'other' }), { count: 1 });
});
afterAll(() => server.close());

const part = (directionId: string, weight = 1) => ({ directionId, weight });

test.each<[string, () => object, string]>([
  ['no part', () => ({ parts: [] }), 'input.parts'],
  ['17 parts', () => ({ parts: Array.from({ length: 17 }, () => part(smile)) }), 'input.parts'],
  ['a weight above 100', () => ({ parts: [part(smile, 101)] }), 'input.parts[0].weight'],
  ['a direction of another model', () => ({ parts: [part(smile), part(other)] }), 'input.parts[1].directionId'],
  [
    'one to take out that is of another model',
    () => ({ parts: [part(smile)], projectOut: [other] }),
    'input.projectOut[0]',
  ],
  [
    'parts of two processes without one given',
    () => ({ parts: [part(smile), part(asymmetric)] }),
    'input.reverseProcess',
  ],
  ['an empty name', () => ({ parts: [part(age)], name: ' ' }), 'input.name'],
])('mergeDirections refuses %s', async (_, input, argument) => {
  const { extensions } = await server.api.errorOf(MERGE, { input: input() });
  expect(extensions).toMatchObject({ code: 'BAD_USER_INPUT', argument });
});

test('mergeDirections is a CONFLICT for a direction that has not been learned, NOT_FOUND for one that is not there', async () => {
  const code = async (id: string) =>
    (await server.api.errorOf(MERGE, { input: { parts: [part(id)] } })).extensions.code;
  expect(await code(unlearned)).toBe('CONFLICT');
  expect(await code(server.unknownId('Direction'))).toBe('NOT_FOUND');
});
