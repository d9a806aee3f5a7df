import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codegen } from '@graphql-codegen/core';
import * as typedDocument from '@graphql-codegen/typed-document-node';
import * as operations from '@graphql-codegen/typescript-operations';
import { buildSchema, parse } from 'graphql';
import { packageFile } from '../src/package.js';

/**
 * Writes the types of the GraphQL operations in `.graphql` files, and their texts, from the schema; with --check exits 1
 * when a file differs from what they say.
 */

interface Target {
  /** Folder whose `.graphql` files it is made of. */
  readonly documents: string;
  readonly output: string;
}

const TARGETS: readonly Target[] = [{ documents: 'web/src', output: 'web/src/api/operations.ts' }];

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

async function generate({ documents, output }: Target): Promise<string> {
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
    plugins: [{ operations: {} }, { typedDocument: {} }],
    pluginMap: { operations, typedDocument },
  });
  return HEADER + text;
}

function graphqlFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.graphql'))
    .sort()
    .map((name) => join(folder, name));
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
