import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { codegen } from '@graphql-codegen/core';
import type { Types } from '@graphql-codegen/plugin-helpers';
import * as operations from '@graphql-codegen/typescript-operations';
import {
  type DefinitionNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  visit,
} from 'graphql';

/**
 * Writes the GraphQL operations in `.graphql` files as typed constants, from schema/schema.graphql; with --check exits 1 when
 * a file differs. The pinned Node runs it as it is, without a build, since a build needs what it writes.
 */

const TARGETS = [{ documents: 'src/client/operations', output: 'src/client/generated.ts' }];

const root = resolve(import.meta.dirname, '..');
const schema = parse(readFileSync(join(root, 'schema/schema.graphql'), 'utf8'));

for (const { documents, output } of TARGETS) {
  const file = join(root, output);
  const text = await generate(join(root, documents), output);
  if (!process.argv.includes('--check')) {
    writeFileSync(file, text);
  } else if (readFileSync(file, 'utf8') !== text) {
    console.error(`${output} differs from ${documents} and the schema. Run \`npm run schema\` and commit it.`);
    process.exitCode = 1;
  }
}

function generate(folder: string, filename: string): Promise<string> {
  const documents = readdirSync(folder)
    .filter((name) => name.endsWith('.graphql'))
    .toSorted()
    .map((name) => ({ location: name, document: parse(readFileSync(join(folder, name), 'utf8')) }));
  return codegen({
    schema,
    documents,
    filename,
    config: {
      enumsAsTypes: true,
      immutableTypes: true,
      dedupeFragments: true,
      scalars: { DateTime: 'string', ID: 'string' },
    },
    plugins: [{ operations: {} }, { typedDocuments: {} }],
    pluginMap: { operations, typedDocuments: { plugin: typedDocuments } },
  });
}

/** Every operation as a text of its own, with the fragments that it uses and the types of its variables and result. */
function typedDocuments(_schema: unknown, files: Types.DocumentFile[]): Types.PluginOutput {
  const definitions = files.flatMap(({ document }) => document?.definitions ?? []);
  const fragments = new Map(definitions.filter(isFragment).map((fragment) => [fragment.name.value, fragment]));
  return {
    prepend: ["import type { TypedDocument } from './typed-document.js';"],
    content: definitions
      .filter(isOperation)
      .map((operation) => constantOf(operation, fragments))
      .join('\n\n'),
  };
}

function constantOf(
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): string {
  const name = operation.name?.value ?? '';
  const type = `${name}${operation.operation[0]?.toUpperCase()}${operation.operation.slice(1)}`;
  const text = [operation, ...used(operation, fragments)].map(print).join('\n');
  return `export const ${name}Document: TypedDocument<${type}, ${type}Variables> = \`${text}\`;`;
}

/** The fragments that a definition spreads, and those that these spread, each once. */
function used(
  start: DefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
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
