import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const EXAMPLES = join(PROJECT, 'examples');
/** What an example says at its end that it prints. */
const OUTPUT = /\/\* It prints:\n([\s\S]*?)\*\/\n$/;

describe('examples/', function () {
  this.timeout(60_000);
  const files = readdirSync(EXAMPLES);

  it('has one for each backend, and a stack of layers', () => {
    expect(files).to.have.members([
      'agent-sandbox.ts',
      'fs-adapter.ts',
      'host.ts',
      'memory.ts',
      'remote.ts',
      'sqlite.ts',
    ]);
  });

  it('is listed whole in the README', () => {
    const readme = readFileSync(join(PROJECT, 'README.md'), 'utf8');
    expect(files.filter((file) => !readme.includes(`(examples/${file})`))).to.deep.equal([]);
  });

  for (const file of files) {
    it(`${file} prints what it says`, async () => {
      const [, wanted] = OUTPUT.exec(readFileSync(join(EXAMPLES, file), 'utf8')) ?? [];
      const program = spawn(process.execPath, ['--import', 'tsx', join(EXAMPLES, file)], { cwd: PROJECT });
      const [stdout, stderr] = await Promise.all([text(program.stdout), text(program.stderr)]);
      expect(stderr).to.equal('');
      expect(stdout).to.equal(wanted);
    });
  }
});
