import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readEnvironment } from '../../src/environment.js';
import { packageFile } from '../../src/package.js';
import { readRole, requireShared } from '../../src/roles.js';

test('an empty environment gives the defaults', () => {
  const { dataDir, cacheBytes, access, ...rest } = readEnvironment({ DATABASE_URL: '' });
  expect(rest).toEqual({
    host: '127.0.0.1',
    port: 4000,
    databaseUrl: null,
    device: 'auto',
    healthPort: null,
    logLevel: 'info',
    drainMs: 0,
    stopWithinMs: 20_000,
    keep: { previewDays: 30, eventDays: 365, inversionDays: 30 },
  });
  expect(cacheBytes).toBe(20 * 2 ** 30);
  expect(dataDir).toMatch(/data$/);
  expect(access).toMatchObject({ tokens: false, loopback: true, introspection: 'on', bootstrapToken: null });
});

test.each([
  ['PORT', 'http'],
  ['PORT', '65536'],
  ['PORT', '-1'],
  ['AZIMUTH_DEVICE', 'gpu'],
  ['AZIMUTH_DEVICE', 'cpu:1'],
  ['AZIMUTH_DEVICE', 'cuda:one'],
  ['AZIMUTH_HEALTH_PORT', 'health'],
  ['AZIMUTH_BLOBS', 'ftp://host'],
  ['AZIMUTH_BLOBS', 's3://bucket/models'],
  ['AZIMUTH_CACHE_BYTES', '20GB'],
  ['AZIMUTH_MEMORY_BUDGET', '1GB'],
  ['AZIMUTH_PRECISION', 'half'],
  ['LOG_LEVEL', 'loud'],
  ['AZIMUTH_STOP_SECONDS', 'soon'],
  ['AZIMUTH_KEEP_PREVIEW_DAYS', '-1'],
  ['AZIMUTH_KEEP_EVENT_DAYS', 'ever'],
  ['DATABASE_URL', 'mysql://user:secret@host/db'],
])('%s=%s is refused by name', (name, value) => {
  expect(() => readEnvironment({ [name]: value })).toThrow(`${name}: expected`);
});

test('0 days are for ever, and docs/configuration.md has the defaults', () => {
  expect(readEnvironment({ AZIMUTH_KEEP_PREVIEW_DAYS: '0', AZIMUTH_KEEP_EVENT_DAYS: '0.5' }).keep).toEqual({
    previewDays: null,
    eventDays: 0.5,
    inversionDays: 30,
  });
  const rows = readFileSync(packageFile('docs/configuration.md'), 'utf8');
  for (const [name, days] of Object.entries({ PREVIEW: 30, EVENT: 365, INVERSION: 30 }))
    expect(rows).toContain(`| \`AZIMUTH_KEEP_${name}_DAYS\` | ${days} |`);
});

test('one GPU of several is named by its number', () => {
  expect(readEnvironment({ AZIMUTH_DEVICE: 'cuda:1' }).device).toBe('cuda:1');
});

test('a command names a role, and `all` stands for none', () => {
  expect([[], ['all'], ['api'], ['worker'], ['--help']].map(readRole)).toEqual(['all', 'all', 'api', 'worker', null]);
  expect(() => readRole(['wroker'])).toThrow('expected one of api, worker, all, got "wroker"');
  expect(() => readRole(['api', 'worker'])).toThrow('got "api worker"');
});

test.each(['api', 'worker'] as const)(
  '%s alone without a database to share is refused, and says what to do',
  (role) => {
    expect(() => requireShared(role, null)).toThrow(/^DATABASE_URL: .* Set DATABASE_URL=.*azimuth all/);
    expect(() => requireShared(role, 'postgres://host/db')).not.toThrow();
    expect(() => requireShared('all', null)).not.toThrow();
  },
);

test('the password of a DATABASE_URL never stands in a message', () => {
  expect(() => readEnvironment({ DATABASE_URL: 'mysql://user:secret@host/db' })).not.toThrow('secret');
});
