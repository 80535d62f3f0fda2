import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { missing } from '../support/require-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const exec = promisify(execFile);
const BIN = fileURLToPath(new URL('../../bin/anyfs.js', import.meta.url));

describe('bin/anyfs.js', () => {
  const temporary = temporaryDirectory();

  it('says how to build where nothing is built', async () => {
    const copy = join(temporary(), 'bin', 'anyfs.js');
    mkdirSync(join(temporary(), 'bin'));
    writeFileSync(join(temporary(), 'package.json'), '{"type":"module"}');
    cpSync(BIN, copy);
    const { code, stderr } = await exec(process.execPath, [copy, 'user', 'list']).then(
      () => ({ code: 0, stderr: '' }),
      (failure: { code: number; stderr: string }) => failure,
    );
    expect([code, stderr]).to.deep.equal([1, 'anyfs: this checkout is not built; run: npm run build\n']);
  });

  it('runs what is built', async function () {
    if (!existsSync(new URL('../../dist/cli/main.js', import.meta.url)))
      missing(this, 'not built; run npm run build');
    const { stdout } = await exec(process.execPath, [BIN, 'user', 'add', '--help']);
    expect(stdout).to.match(/^anyfs user add <name>/);
  });
});
