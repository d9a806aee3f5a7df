import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { codegen } from '@graphql-codegen/core';
import type { Types } from '@graphql-codegen/plugin-helpers';
import * as classDocuments from '@graphql-codegen/typed-document-node';
import * as operations from '@graphql-codegen/typescript-operations';
import {
  buildSchema,
  type DefinitionNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  visit,
} from 'graphql';

/**
 * Writes the types of the GraphQL operations in `.graphql` files, and their texts, from the schema; with --check exits 1
 * when a file differs from what they say. The pinned Node runs it as it is, without a build, which needs what it writes.
 */

interface Target {
  /** Folder whose `.graphql` files it is made of. */
  readonly documents: string;
  readonly output: string;
  /** How the texts are written: the client's depend on no package. */
  readonly texts: { plugin(...given: never[]): unknown };
}

const TARGETS: readonly Target[] = [
  { documents: 'src/client', output: 'src/client/generated.ts', texts: { plugin: plainDocuments } },
  { documents: 'web/src', output: 'web/src/api/operations.ts', texts: classDocuments },
];

const CONFIG = {
  documentMode: 'string',
  useTypeImports: true,
  enumType: 'string-literal',
  skipTypename: true,
  immutableTypes: true,
  dedupeFragments: true,
  scalars: { DateTime: 'string', ID: 'string' },
};

const HEADER = '// Generated from the schema and the .graphql files by `npm run schema`; do not edit.\n';

const packageFile = (path: string) => resolve(import.meta.dirname, '..', path);

async function generate({ documents, output, texts }: Target): Promise<string> {
  const schemaText = readFileSync(packageFile('schema/schema.graphql'), 'utf8');
  const text = await codegen({
    filename: output,
    schema: parse(schemaText),
    schemaAst: buildSchema(schemaText),
    documents: graphqlFiles(packageFile(documents)).map((location) => ({
      location,
      document: parse(readFileSync(location, 'utf8')),
    })),
    config: CONFIG,
    plugins: [{ operations: {} }, { texts: {} }],
    pluginMap: { operations, texts: texts as typeof classDocuments },
  });
  return HEADER + text;
}

function graphqlFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.graphql'))
    .sort()
    .map((name) => join(folder, name));
}

/** Every operation as a string constant, with the fragments that it uses and the types of its variables and result. */
function plainDocuments(_schema: unknown, files: Types.DocumentFile[]): Types.PluginOutput {
  const definitions = files.flatMap(({ document }) => document?.definitions ?? []);
  const fragments = new Map(definitions.filter(isFragment).map((fragment) => [fragment.name.value, fragment]));
  const texts = definitions.filter(isOperation).map((operation) => constantOf(operation, fragments));
  return { prepend: ["import type { TypedDocument } from './typed-document.js';"], content: texts.join('\n\n') };
}

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

function constantOf(operation: OperationDefinitionNode, fragments: Fragments): string {
  const name = operation.name?.value ?? '';
  const type = `${name}${operation.operation[0]?.toUpperCase()}${operation.operation.slice(1)}`;
  const text = [operation, ...used(operation, fragments)].map(print).join('\n');
  return `export const ${name}Document: TypedDocument<${type}, ${type}Variables> = \`${text}\`;`;
}

/** The fragments that a definition spreads, and those that these spread, each once. */
function used(
  start: DefinitionNode,
  fragments: Fragments,
  found = new Set<FragmentDefinitionNode>(),
): ReadonlySet<FragmentDefinitionNode> {
  visit(start, {
    FragmentSpread({ name }) {
      const fragment = fragments.get(name.value);
      if (fragment === undefined || found.has(fragment)) return;
      found.add(fragment);
      used(fragment, fragments, found);
    },
  });
  return found;
}

function isFragment(node: DefinitionNode): node is FragmentDefinitionNode {
  return node.kind === Kind.FRAGMENT_DEFINITION;
}

function isOperation(node: DefinitionNode): node is OperationDefinitionNode {
  return node.kind === Kind.OPERATION_DEFINITION;
}

for (const target of TARGETS) {
  const text = await generate(target);
  const file = packageFile(target.output);
  if (!process.argv.includes('--check')) writeFileSync(file, text);
  else if (readFileSync(file, 'utf8') !== text) {
    console.error(
      `${target.output} differs from the schema and the .graphql files. Run \`npm run schema\` and commit it.`,
    );
    process.exitCode = 1;
  }
}
