import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { readAccess } from '../../src/access/settings.js';
import { tokenCommand } from '../../src/commands/token.js';
import { startTestServer, WITH_TOKENS } from '../helpers/server.js';

const read = (variables: Record<string, string>, host = '127.0.0.1') => readAccess(variables, host, '/data');

describe('tokens are asked for', () => {
  test.each([
    ['127.0.0.1', {}, false],
    ['localhost', {}, false],
    ['::1', {}, false],
    ['127.1.2.3', {}, false],
    ['127.0.0.1', { AZIMUTH_AUTH: 'required' }, true],
    ['0.0.0.0', {}, true],
    ['::', {}, true],
    ['192.168.1.2', {}, true],
    ['azimuth.example.org', {}, true],
    ['localhost.example.org', {}, true],
    ['10.0.0.1', { AZIMUTH_AUTH: 'required' }, true],
  ])('at %s with %o: %s', (host, variables: Record<string, string>, tokens) => {
    expect(read(variables, host).tokens).toBe(tokens);
  });

  test('and cannot be left out beyond loopback', () => {
    expect(() => read({ AZIMUTH_AUTH: 'open' }, '0.0.0.0')).toThrow(
      'AZIMUTH_AUTH: expected required where HOST is 0.0.0.0',
    );
  });

  test('so that a server without any token refuses to start, and says how to make one', async () => {
    const starting = startTestServer({ access: { ...WITH_TOKENS, bootstrapToken: null } });
    await expect(starting).rejects.toThrow('npm run -s azimuth -- token create --role admin');
  });
});

test.each([
  ['AZIMUTH_AUTH', 'maybe'],
  ['AZIMUTH_TOKEN', 'too-short'],
  ['AZIMUTH_TOKEN', `${'x'.repeat(40)} ${'y'.repeat(40)}`],
  ['AZIMUTH_ORIGINS', 'app.example.org'],
  ['AZIMUTH_ORIGINS', 'https://app.example.org/path'],
  ['AZIMUTH_ORIGINS', '*'],
  ['AZIMUTH_INTROSPECTION', 'yes'],
  ['AZIMUTH_URL_SECONDS', '5'],
])('%s=%s is refused by name', (name, value) => {
  expect(() => read({ [name]: value })).toThrow(`${name}: expected`);
});

test('a bad AZIMUTH_TOKEN never stands in the message', () => {
  expect(() => read({ AZIMUTH_TOKEN: 'hunter2' })).toThrow(/^(?!.*hunter2)/);
});

describe('azimuth token', () => {
  const folder = mkdtempSync(join(tmpdir(), 'azimuth-token-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function run(...words: string[]): Promise<string> {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    try {
      await tokenCommand(words, { AZIMUTH_DATA: folder });
      return log.mock.calls.flat().join('\n');
    } finally {
      log.mockRestore();
    }
  }

  test('makes, lists and revokes tokens of a server that is not running', async () => {
    const made = await run('create', '--role', 'edit', '--name', 'my app', '--expires', '30d');
    const secret = made.split('\n').at(-1) ?? '';
    expect(secret).toMatch(/^azm_[\w-]{43}$/);
    const id = made.slice(0, 36);
    const listed = await run('list');
    expect(listed).toMatch(new RegExp(`^${id}  edit .*expires .*"my app"$`));
    expect(listed).not.toContain(secret);
    expect(await run('revoke', id)).toContain('revoked');
    expect(await run('list')).toContain('revoked');
    expect(await run('rotate-url-key')).toContain('new key');
    await expect(run('revoke', 'x')).rejects.toThrow('expected an id');
  });

  test.each([
    [[], 'expected one of'],
    [['__proto__'], 'expected one of'],
    [['create', '--role', 'root', '--name', 'x'], '--role: expected'],
    [['create', '--role', 'read'], '--name: expected'],
    [['create', '--role', 'read', '--name', 'x', '--expires', 'soon'], '--expires: expected'],
  ])('refuses %o', async (words, message) => {
    await expect(run(...words)).rejects.toThrow(message);
  });
});
