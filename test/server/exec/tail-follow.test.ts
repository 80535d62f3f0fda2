import { expect } from 'chai';
import { PassThrough } from 'node:stream';
import { tail } from '../../../server/exec/tools/tail.ts';
import { ROOT } from '../../../vfs/path.ts';
import { captureLog } from '../../support/captured-log.ts';
import { ALICE, execBench } from '../../support/exec.ts';
import { until } from '../../support/until.ts';

describe('tail -f', () => {
  it('gives what is added until it is ended', async () => {
    const bench = await execBench();
    await bench.write('/log', 'one\ntwo\n');
    const ending = new AbortController();
    const stdout = new PassThrough();
    let seen = '';
    stdout.on('data', (bytes: Buffer) => (seen += bytes.toString()));
    const running = tail({
      args: ['-f', '-n', '1', 'log'],
      cwd: ROOT,
      env: {},
      stdin: new PassThrough(),
      stdout,
      stderr: new PassThrough(),
      mount: bench.storage,
      account: ALICE,
      names: { user: () => undefined, group: () => undefined },
      umask: 0o022,
      signal: ending.signal,
      now: Date.now,
      log: captureLog(),
    });
    await until('the last line is there', () => seen === 'two\n');
    await bench.write('/log', 'one\ntwo\nthree\n');
    await until('the new line is there', () => seen === 'two\nthree\n');
    const ended = performance.now();
    ending.abort();
    expect(await running.catch((error: unknown) => (error as Error).name)).to.equal('AbortError');
    expect(performance.now() - ended).to.be.below(100);
  });
});
