import { expect } from 'chai';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { clientServer } from '../support/client-server.ts';
import { sshOptions } from '../support/login.ts';
import { requireProgram } from '../support/require-program.ts';

/** Tries that a busy machine gets: one that has the cores for it shows what the server can do. */
const ROUNDS = 21;
const CONTROL_C = '\u0003';
/** The end of a prompt; node:readline moves the cursor to its place after it. */
// oxlint-disable-next-line no-control-regex
const PROMPT = /\$ (?:\u001b\[\d+G)?$/;

describe('Ctrl-C in a shell', function () {
  this.timeout(120_000);
  before(function () {
    requireProgram(this, 'ssh');
  });
  const server = clientServer({ alice: {} });
  let child: ChildProcessWithoutNullStreams;
  let shown = '';
  let look: () => void = () => {};

  beforeEach(async () => {
    const login = server().login('alice');
    const destination = `${login.user}@${login.host}`;
    child = spawn('ssh', ['-tt', '-p', String(login.port), ...sshOptions(login), destination]);
    child.stdin.on('error', () => {});
    child.stdout.on('data', (bytes: Buffer) => {
      shown += bytes.toString();
      look();
    });
    await shows(PROMPT);
    await type('truncate -s 5G big\r', PROMPT);
  });
  afterEach(() => child.kill('SIGKILL'));

  function shows(wanted: RegExp): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`not shown: ${String(wanted)} in ${JSON.stringify(shown)}`)),
        20_000,
      );
      look = () => {
        if (!wanted.test(shown)) return;
        clearTimeout(timer);
        resolve();
      };
      look();
    });
  }

  /** Milliseconds from the keys to what they lead to. */
  async function type(keys: string, wanted: RegExp): Promise<number> {
    shown = '';
    const from = performance.now();
    child.stdin.write(keys);
    await shows(wanted);
    return performance.now() - from;
  }

  for (const line of [
    'while true; do :; done',
    'bash -c "while true; do :; done"',
    'sleep 100',
    'sha256sum big',
    'tail -f big',
    'cat',
  ]) {
    it(`brings the prompt back within 100 ms: ${line}`, async () => {
      const rounds: number[] = [];
      while (rounds.length < ROUNDS && !(Math.min(...rounds) < 100)) {
        await type(`${line}\r`, /\r\n$/);
        await delay(100);
        rounds.push(await type(CONTROL_C, PROMPT));
        expect(shown).to.match(/^\^C\r\n/);
      }
      expect(Math.min(...rounds), `milliseconds ${rounds.join(', ')}`).to.be.below(100);
      await type('echo goes "on"\r', /\r\ngoes on\r\n/);
    });
  }
});
