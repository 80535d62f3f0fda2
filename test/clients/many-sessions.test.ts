import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientServer } from '../support/client-server.ts';
import { noise } from '../support/local-tree.ts';
import { answers, sftp } from '../support/login.ts';
import { requireProgram } from '../support/require-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const USERS = Array.from({ length: 10 }, (_, index) => `user${index}`);
const SESSIONS_EACH = 5;

describe('many sessions at once', function () {
  this.timeout(180_000);
  before(function () {
    requireProgram(this, 'sftp');
  });
  const server = clientServer(Object.fromEntries(USERS.map((user) => [user, {}])));
  const directory = temporaryDirectory();

  it('50 over 10 users all put, list and get their own, and see what the others of the same user do', async () => {
    const sessions = USERS.flatMap((user) =>
      Array.from({ length: SESSIONS_EACH }, (_, index) => ({ user, index })),
    );
    const checks = await Promise.all(
      sessions.map(async ({ user, index }) => {
        const name = `${user}-${index}`;
        const bytes = noise(1_000_000 + index);
        writeFileSync(join(directory(), name), bytes);
        const commands = [
          `mkdir ${index}`,
          `put ${name} ${index}/file`,
          `ls -1 ${index}`,
          `get ${index}/file ${name}.back`,
        ];
        await sftp(server().login(user), commands, { cwd: directory() });
        return hash(readFileSync(join(directory(), `${name}.back`))) === hash(bytes);
      }),
    );
    expect(checks).to.deep.equal(sessions.map(() => true));
    for (const user of USERS) {
      const listed = answers(await sftp(server().login(user), ['ls -1']));
      expect(listed).to.deep.equal(['0', '1', '2', '3', '4']);
    }
    expect(server().process().running()).to.equal(true);
  });

  it('sees its own files only', async () => {
    writeFileSync(join(directory(), 'secret'), 'mine');
    await sftp(server().login('user0'), ['put secret'], { cwd: directory() });
    const listed = answers(await sftp(server().login('user1'), ['ls -1 /', 'cd ../../..', 'ls -1']));
    expect(listed).not.to.include('secret');
  });
});

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
