import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { homePage } from './home.js';
import { send } from './messages.js';

/**
 * The page at `/` and its assets, and `/client.js`: azimuth/client for pages that are not built. They need no token: they hold
 * nothing, and the API asks for one.
 */
export interface Studio {
  has(path: string): boolean;
  /** Answers GET and HEAD of a path that it has. */
  serve(path: string, request: IncomingMessage, response: ServerResponse): void;
}

interface Page {
  readonly contentType: string;
  readonly headers: OutgoingHttpHeaders;
  /** By content coding, the best first; `identity` is always there. */
  readonly codings: ReadonlyMap<string, Buffer>;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** Nothing but this server's own files, and its own API: whatever gets into the page can load and send nothing. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE_HEADERS: OutgoingHttpHeaders = {
  'cache-control': 'no-cache',
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
};
/** Their names hold a hash of what is in them. */
const ASSET_HEADERS: OutgoingHttpHeaders = { 'cache-control': 'public, max-age=31536000, immutable' };

/** Codings that the build leaves beside a file. */
const SUFFIXES: Readonly<Record<string, string>> = { br: '.br', gzip: '.gz' };

/** Reads what the build left in `folder`, some hundred kilobytes; a plain page where it has not been built. */
export function openStudio(folder: string, version: string): Studio {
  const pages = existsSync(join(folder, 'index.html')) ? builtPages(folder) : plainPage(version);
  return {
    has: (path) => pages.has(path),
    serve: (path, request, response) => sendPage(pages.get(path) as Page, request, response),
  };
}

function builtPages(folder: string): Map<string, Page> {
  const assets = readdirSync(join(folder, 'assets')).filter((name) => extname(name) in CONTENT_TYPES);
  return new Map([
    ['/', pageOf(join(folder, 'index.html'), PAGE_HEADERS)],
    ['/client.js', pageOf(join(folder, 'client.js'), { 'cache-control': 'no-cache' })],
    ...assets.map((name): [string, Page] => [`/assets/${name}`, pageOf(join(folder, 'assets', name), ASSET_HEADERS)]),
  ]);
}

function plainPage(version: string): Map<string, Page> {
  const codings = new Map([['identity', Buffer.from(homePage(version))]]);
  return new Map([
    ['/', { contentType: 'text/html; charset=utf-8', headers: { 'cache-control': 'no-cache' }, codings }],
  ]);
}

function pageOf(file: string, headers: OutgoingHttpHeaders): Page {
  const bytes = readFileSync(file);
  const compressed = Object.entries(SUFFIXES)
    .filter(([, suffix]) => existsSync(file + suffix))
    .map(([coding, suffix]): [string, Buffer] => [coding, readFileSync(file + suffix)]);
  const etag = `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"`;
  return {
    contentType: CONTENT_TYPES[extname(file)] as string,
    headers: { ...headers, etag, vary: 'origin, accept-encoding' },
    codings: new Map([...compressed, ['identity', bytes]]),
  };
}

function sendPage({ contentType, headers, codings }: Page, request: IncomingMessage, response: ServerResponse): void {
  if (request.headers['if-none-match']?.includes(String(headers['etag']))) {
    response.writeHead(304, headers).end();
    return;
  }
  const accepted = acceptedCodings(request.headers['accept-encoding']);
  const coding = [...codings.keys()].find((name) => accepted.has(name)) ?? 'identity';
  const encoding = coding === 'identity' ? {} : { 'content-encoding': coding };
  send(response, 200, contentType, codings.get(coding) as Buffer, { ...headers, ...encoding });
}

/** Those of an Accept-Encoding header that are not refused with q=0. */
function acceptedCodings(header: string | string[] | undefined): ReadonlySet<string> {
  const parts = String(header ?? '')
    .split(',')
    .map((part) =>
      part
        .trim()
        .toLowerCase()
        .split(/\s*;\s*/),
    );
  return new Set(parts.filter(([, quality]) => !/^q=0(\.0*)?$/.test(quality ?? '')).map(([name]) => name ?? ''));
}
