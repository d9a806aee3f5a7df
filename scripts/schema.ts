import { readFileSync, writeFileSync } from 'node:fs';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { packageFile } from '../src/package.js';
import { createSchema } from '../src/resolvers/schema.js';

/** Writes schema/schema.graphql from the resolvers; with --check exits 1 when the file differs from them. */

const file = packageFile('schema/schema.graphql');
const sdl = `# Generated from src/resolvers by \`npm run schema\`; do not edit.\n\n${printSchema(lexicographicSortSchema(createSchema()))}\n`;

if (!process.argv.includes('--check')) {
  writeFileSync(file, sdl);
} else if (readIfThere() !== sdl) {
  console.error('schema/schema.graphql differs from the resolvers. Run `npm run schema` and commit it.');
  process.exitCode = 1;
}

function readIfThere(): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
