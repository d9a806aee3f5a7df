import { expect, test } from 'vitest';
import { readEnvironment } from '../../src/environment.js';

test('an empty environment gives the defaults', () => {
  const { dataDir, access, ...rest } = readEnvironment({ DATABASE_URL: '' });
  expect(rest).toEqual({ host: '127.0.0.1', port: 4000, databaseUrl: null, device: 'auto', logLevel: 'info' });
  expect(dataDir).toMatch(/data$/);
  expect(access).toMatchObject({ tokens: false, loopback: true, introspection: 'on', bootstrapToken: null });
});

test.each([
  ['PORT', 'http'],
  ['PORT', '65536'],
  ['PORT', '-1'],
  ['AZIMUTH_DEVICE', 'gpu'],
  ['LOG_LEVEL', 'loud'],
  ['DATABASE_URL', 'mysql://user:secret@host/db'],
])('%s=%s is refused by name', (name, value) => {
  expect(() => readEnvironment({ [name]: value })).toThrow(`${name}: expected`);
});

test('the password of a DATABASE_URL never stands in a message', () => {
  expect(() => readEnvironment({ DATABASE_URL: 'mysql://user:secret@host/db' })).not.toThrow('secret');
});
