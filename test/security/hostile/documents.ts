/** Documents that shall cost the server more than they cost their sender. */

const repeat = (count: number, item: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => item(n)).join(' ');

function nested(depth: number): string {
  return depth === 0 ? 'id' : `duplicateOf { ${nested(depth - 1)} }`;
}

/** Title, document, and the code that it ends with. */
export const DOCUMENTS: readonly (readonly [string, string, string])[] = [
  ['deep', `{ direction(id: "x") { ${nested(13)} } }`, 'LIMIT_EXCEEDED'],
  ['deep beyond any stack', `{ direction(id: "x") { ${nested(300)} } }`, 'LIMIT_EXCEEDED'],
  ['nothing but braces', '{'.repeat(100_000), 'LIMIT_EXCEEDED'],
  ['nothing but brackets', `{ nodes(ids: ${'['.repeat(100_000)}`, 'LIMIT_EXCEEDED'],
  ['wide: one field two thousand times', `{ server { ${'version '.repeat(2000)} } }`, 'LIMIT_EXCEEDED'],
  ['wide within the tokens', `{ ${repeat(900, () => 'server { version }')} }`, 'LIMIT_EXCEEDED'],
  ['aliased', `{ ${repeat(31, (n) => `a${n}: server { version }`)} }`, 'LIMIT_EXCEEDED'],
  [
    'aliased in fragments',
    `{ ...F } fragment F on Query { ${repeat(31, (n) => `a${n}: server { version }`)} }`,
    'LIMIT_EXCEEDED',
  ],
  ['aliased mutations', `mutation { ${repeat(31, (n) => `a${n}: cancelEdit(id: "x") { id }`)} }`, 'LIMIT_EXCEEDED'],
  ['directives', `{ server { version ${'@include(if: true) '.repeat(21)} } }`, 'LIMIT_EXCEEDED'],
  ['unknown directives', `{ server { version ${repeat(400, (n) => `@x${n}`)} } }`, 'LIMIT_EXCEEDED'],
  ['a fragment in itself', '{ ...F } fragment F on Query { server { version } ...F }', 'BAD_USER_INPUT'],
  [
    'fragments in a circle',
    '{ ...A } fragment A on Query { ...B } fragment B on Query { ...C } fragment C on Query { ...A }',
    'BAD_USER_INPUT',
  ],
  [
    'a circle through fields',
    '{ direction(id: "x") { ...D } } fragment D on Direction { duplicateOf { ...D } }',
    'BAD_USER_INPUT',
  ],
  [
    'fragments that double',
    `{ direction(id: "x") { ...f0 } } ${repeat(40, (n) => `fragment f${n} on Direction { ...f${n + 1} ...f${n + 1} }`)} fragment f40 on Direction { id }`,
    'LIMIT_EXCEEDED',
  ],
  [
    'pages of pages',
    '{ models(first: 200) { edges { node { directions(first: 200) { edges { node { filmstrip { url } } } } } } } }',
    'LIMIT_EXCEEDED',
  ],
  [
    'a page of two thousand million',
    '{ models(first: 2147483647) { edges { node { id name status } } } }',
    'LIMIT_EXCEEDED',
  ],
  ['a list of a thousand ids', `{ nodes(ids: [${'"x" '.repeat(1000)}]) { id } }`, 'BAD_USER_INPUT'],
  [
    'introspection of introspection',
    `{ __schema { types { fields { type { fields { type { fields { type { fields { type { fields { type { fields { type { name } } } } } } } } } } } } } } }`,
    'BAD_USER_INPUT',
  ],
  ['a number beyond every float', '{ models(first: 1e999) { totalCount } }', 'BAD_USER_INPUT'],
  ['an integer beyond every integer', `{ models(first: ${'9'.repeat(5000)}) { totalCount } }`, 'LIMIT_EXCEEDED'],
  ['a string of a megabyte less', `{ node(id: "${'x'.repeat(200_000)}") { id } }`, 'BAD_USER_INPUT'],
  ['a comment of nothing else', `# ${'x'.repeat(200_000)}`, 'BAD_USER_INPUT'],
  ['two thousand operations', repeat(600, (n) => `query q${n} { __typename }`), 'LIMIT_EXCEEDED'],
  ['two hundred variables', `query (${repeat(300, (n) => `$v${n}: Int = 1`)}) { __typename }`, 'BAD_USER_INPUT'],
  ['a NUL', '{ node(id: "\0") { id } }', 'BAD_USER_INPUT'],
  ['half a surrogate pair', '{ node(id: "\\uD800") { id } }', 'BAD_USER_INPUT'],
  ['an override of direction', '{ node(id: "\u202Egnp.exe\u202C") { id } }', 'BAD_USER_INPUT'],
  ['a name of another alphabet', '{ sеrver { version } }', 'BAD_USER_INPUT'],
  ['no document', '', 'BAD_USER_INPUT'],
  ['an empty selection', '{ }', 'BAD_USER_INPUT'],
  ['a schema', 'type Query { secret: String }', 'BAD_USER_INPUT'],
];
