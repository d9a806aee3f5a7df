/** Variables that are not what they say. */

export interface HostileValue {
  readonly title: string;
  readonly query: string;
  /** As JSON text, since JSON.stringify does not write all of it. */
  readonly variables: string;
  readonly code: string;
}

const NODE = 'query ($id: ID!) { node(id: $id) { id } }';
const PAGE = 'query ($after: String) { models(after: $after) { totalCount } }';
const UPDATE = 'mutation ($input: UpdateDirectionInput!) { updateDirection(input: $input) { id } }';
const EDIT = 'mutation ($input: ApplyEditInput!) { applyEdit(input: $input) { id } }';

const id = (text: string) => Buffer.from(text).toString('base64url');
const UUID = '00000000-0000-4000-8000-000000000000';

const ids: readonly (readonly [string, string])[] = [
  ['an id with a path', id('Model:../../etc/passwd')],
  ['an id with SQL', id(`Model:${UUID}' OR '1'='1`)],
  ['an id of no type', id(`Password:${UUID}`)],
  ['an id of a prototype', id(`__proto__:${UUID}`)],
  ['an id with a NUL', id(`Model:${UUID}\0`)],
  ['an id with two types', id(`Model:Edit:${UUID}`)],
  ['an id in capitals', id(`Model:${UUID.replace(/0/g, 'A')}`)],
  ['an id with padding', `${id(`Model:${UUID}`)}==`],
  ['an id with a line break', `${id(`Model:${UUID}`)}\n`],
  ['an id of a token', id(`Token:${UUID}`)],
  ['an id as long as a message', 'A'.repeat(100_000)],
];
const cursors: readonly (readonly [string, string])[] = [
  ['a cursor of another list', `after.${id(`Edit:${UUID}`)}`],
  ['a cursor that nothing has', `after.${id(`Model:${UUID}`)}`],
  ['an id for a cursor', id(`Model:${UUID}`)],
  ['a cursor with SQL', `after.${id(`Model:${UUID}'; DROP TABLE run; --`)}`],
  ['an empty cursor', 'after.'],
  ['a cursor of NULs', '\0'.repeat(50)],
];

const deep = (open: string, close: string, levels: number) => open.repeat(levels) + close.repeat(levels);

export const VALUES: readonly HostileValue[] = [
  ...ids.map(([title, value]) => ({
    title,
    query: NODE,
    variables: JSON.stringify({ id: value }),
    code: 'BAD_USER_INPUT',
  })),
  ...cursors.map(([title, after]) => ({
    title,
    query: PAGE,
    variables: JSON.stringify({ after }),
    code: 'BAD_USER_INPUT',
  })),
  { title: 'a number for an id', query: NODE, variables: '{"id": 1e308}', code: 'BAD_USER_INPUT' },
  {
    title: 'a number beyond every float',
    query: EDIT,
    variables: '{"input": {"modelId": "x", "seed": 1e999, "shifts": []}}',
    code: 'BAD_USER_INPUT',
  },
  {
    title: 'NaN in words',
    query: EDIT,
    variables: '{"input": {"modelId": "x", "seed": "NaN", "shifts": []}}',
    code: 'BAD_USER_INPUT',
  },
  {
    title: 'keys of a prototype',
    query: UPDATE,
    variables: `{"input": {"id": "x", "__proto__": {"isAdmin": true}}}`,
    code: 'BAD_USER_INPUT',
  },
  {
    title: 'a constructor',
    query: UPDATE,
    variables: `{"input": {"id": "x", "constructor": {"prototype": {"isAdmin": true}}}}`,
    code: 'BAD_USER_INPUT',
  },
  { title: 'lists in lists', query: NODE, variables: `{"id": ${deep('[', ']', 50_000)}}`, code: 'LIMIT_EXCEEDED' },
  {
    title: 'objects in objects',
    query: UPDATE,
    variables: `{"input": ${deep('{"input":', '}', 40_000).replace(/:}/, ':1}')}}`,
    code: 'LIMIT_EXCEEDED',
  },
  {
    title: 'a hundred thousand shifts',
    query: EDIT,
    variables: `{"input": {"modelId": "x", "seed": 1, "shifts": [${'{},'.repeat(60_000)}{}]}}`,
    code: 'LIMIT_EXCEEDED',
  },
  {
    title: 'ten thousand unknown keys',
    query: UPDATE,
    variables: `{"input": {${Array.from({ length: 10_000 }, (_, n) => `"k${n}":1`).join()}}}`,
    code: 'BAD_USER_INPUT',
  },
  {
    title: 'a hundred thousand unknown keys',
    query: UPDATE,
    variables: `{"input": {${Array.from({ length: 60_000 }, (_, n) => `"k${n}":1`).join()}}}`,
    code: 'LIMIT_EXCEEDED',
  },
  { title: 'variables that are a list', query: NODE, variables: '[]', code: 'BAD_USER_INPUT' },
  { title: 'variables that are text', query: NODE, variables: '"x"', code: 'BAD_USER_INPUT' },
];
