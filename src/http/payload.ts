import { Lexer, Source, TokenKind } from 'graphql';
import { LimitError } from '../access/limit-error.js';
import type { Limits } from '../access/limits.js';

/** Deeper than any document that can pass the limit of depth, and far from the end of the parser's stack. */
const NESTING_MAX = 200;

const OPENING: ReadonlySet<string> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const CLOSING: ReadonlySet<string> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);

/**
 * Throws LIMIT_EXCEEDED for what would cost too much before any rule of validation sees it: a document that the recursive parser
 * cannot get through, and variables of which graphql would print every one into every error.
 */
export function checkPayload(query: unknown, variables: unknown, limits: Limits): void {
  if (typeof query === 'string' && (query.match(/[{[(]/g)?.length ?? 0) > NESTING_MAX) {
    const nesting = nestingOf(query, limits.tokens);
    if (nesting > NESTING_MAX) throw new LimitError('depth', limits.depth, nesting, 'Send a flatter document.');
  }
  const values = countValues(variables, limits.values);
  if (values > limits.values) throw new LimitError('values', limits.values, null, 'Send fewer.');
}

/** Brackets inside brackets, as far as the parser would read. */
function nestingOf(query: string, maxTokens: number): number {
  const lexer = new Lexer(new Source(query));
  let [depth, deepest] = [0, 0];
  try {
    for (let count = 0; count <= maxTokens && lexer.advance().kind !== TokenKind.EOF; count++) {
      if (OPENING.has(lexer.token.kind)) deepest = Math.max(deepest, ++depth);
      else if (CLOSING.has(lexer.token.kind)) depth -= 1;
    }
  } catch {
    // What cannot be read any further is the parser's to refuse.
  }
  return deepest;
}

/** Objects, lists and what is in them; no more than one beyond `max`. */
function countValues(root: unknown, max: number): number {
  const waiting: unknown[] = [root];
  let count = 0;
  while (waiting.length > 0 && count <= max) {
    const value = waiting.pop();
    count += 1;
    if (typeof value !== 'object' || value === null) continue;
    for (const item of Object.values(value)) {
      if (waiting.length + count > max) return max + 1;
      waiting.push(item);
    }
  }
  return count;
}
