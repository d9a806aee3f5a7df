import { readFileSync, writeFileSync } from 'node:fs';

/** Puts each part of a page between its `<!-- name -->` and `<!-- /name -->`. */
export function fillPage(file: string, parts: Readonly<Record<string, string>>): void {
  const filled = Object.entries(parts).reduce((page, part) => withPart(page, part, file), readFileSync(file, 'utf8'));
  writeFileSync(file, filled);
}

function withPart(page: string, [name, content]: readonly [string, string], file: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [start, end] = [page.indexOf(open), page.indexOf(close)];
  if (start < 0 || end < start) throw new Error(`${file}: expected ${open} … ${close}.`);
  return `${page.slice(0, start + open.length)}\n${content}\n${page.slice(end)}`;
}
