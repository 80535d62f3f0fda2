import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Row } from '../../bench/compare.ts';
import { requireBuild } from '../support/built-anyfs.ts';
import { requireProgram } from '../support/require-program.ts';
import { runProgram } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const RUN = fileURLToPath(new URL('../../bench/run.ts', import.meta.url));
const TINY = {
  only: 'idle,transfer,transfer64,small64,list,random,latency',
  peers: 'anyfs,openssh',
  ciphers: 'aes128-gcm@openssh.com',
  rounds: '1',
  'warm-up': '0',
  size: '1MiB',
  removed: '1MiB',
  files: '20',
  names: '50',
  requests: '50',
  sessions: '4',
};
/** What the workloads above consist of. */
const STEPS = 16;

describe('the benchmark', function () {
  this.timeout(240_000);
  const directory = temporaryDirectory();

  it('measures this server beside OpenSSH in every step, and writes numbers and a picture', async function () {
    for (const program of ['ssh', 'sftp', 'sshd'] as const) requireProgram(this, program);
    requireBuild();
    const output = join(directory(), 'result.json');
    const flags = Object.entries({ ...TINY, disk: directory(), output }).flatMap(([name, value]) => [
      `--${name}`,
      value,
    ]);
    const run = await runProgram(process.execPath, ['--import', 'tsx', RUN, ...flags], { timeout: 230_000 });
    expect(run.status, run.stderr).to.equal(0);
    const result = JSON.parse(readFileSync(output, 'utf8')) as { rows: Row[]; missing: unknown[] };
    expect(result.missing).to.deep.equal([]);
    for (const peer of ['anyfs', 'openssh']) {
      const rows = result.rows.filter((row) => row.peer === peer);
      expect(new Set(rows.map(({ step }) => step)).size, peer).to.equal(STEPS);
      for (const { step, value, peakBytes } of rows) {
        expect(value, step).to.be.a('number');
        expect(peakBytes, step).to.be.greaterThan(2 ** 20);
      }
    }
    const picture = readFileSync(output.replace('.json', '.svg'), 'utf8');
    expect(picture.match(/<rect [^>]*opacity/g)).to.have.lengthOf(STEPS);
    expect(run.stdout).to.include('small64 stat').and.to.include(output);
  });
});
