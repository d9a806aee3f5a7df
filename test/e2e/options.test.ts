import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { packageFile } from '../../src/package.js';

const run = (script: string, ...args: string[]) =>
  promisify(execFile)(process.execPath, [packageFile(`dist/scripts/${script}.js`), ...args]).then(
    ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
    (failed: { code: number; stdout: string; stderr: string }) => failed,
  );

test.each(['bench', 'chaos', 'demo', 'doctor', 'fuzz', 'load', 'verify'])(
  '%s says how it is used, and what it does not know',
  async (script) => {
    const [asked, mistyped] = await Promise.all([run(script, '--help'), run(script, '--rouns', '3')]);
    expect(asked).toMatchObject({ code: 0, stdout: expect.stringMatching(new RegExp(`^usage: npm run ${script}\\b`)) });
    expect(mistyped).toMatchObject({ code: 1, stdout: '' });
    expect(mistyped.stderr).toMatch(/^Unknown option '--rouns'[^\n]*\nusage: /);
  },
);

test('a number that is none is refused before anything is measured', async () => {
  for (const rounds of ['x', '0', '-1', ''])
    expect((await run('bench', `--rounds=${rounds}`)).stderr).toMatch(
      `--rounds: expected a number above 0, got "${rounds}".\nusage: `,
    );
});
