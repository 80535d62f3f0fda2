import { expect } from 'chai';
import { readFileSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { startClientServer } from '../support/client-server.ts';
import { answers, sftp } from '../support/login.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

describe('a server with storages in threads of their own', function () {
  this.timeout(60_000);
  const directory = temporaryDirectory();

  for (const workers of ['1', '2']) {
    it(`serves files, ends when it is told to, and leaves sound storages, with ${workers} processes`, async () => {
      const server = await startClientServer(
        { alice: {}, bob: {} },
        '--storage-workers',
        '2',
        '--workers',
        workers,
      );
      try {
        writeFileSync(join(directory(), 'file'), 'x'.repeat(300_000));
        for (const user of ['alice', 'bob']) {
          const listed = await sftp(server.login(user), ['put file', 'ls -1'], { cwd: directory() });
          expect(answers(listed)).to.deep.equal(['file']);
        }
        const large = randomBytes(30_000_001);
        writeFileSync(join(directory(), 'large'), large);
        const get = (number: number) =>
          sftp(server.login('alice'), [`get large back${number}`], { cwd: directory() });
        await sftp(server.login('alice'), ['put large'], { cwd: directory() });
        await Promise.all([1, 2, 3, 4].map(get));
        for (const number of [1, 2, 3, 4]) {
          expect(readFileSync(join(directory(), `back${number}`)).equals(large)).to.equal(true);
        }
        expect(await server.anyfs('storage', 'check', 'alice')).to.include({ status: 0 });
        expect(await server.process().stop()).to.equal(0);
        for (const user of ['alice', 'bob']) {
          expect(await server.anyfs('storage', 'check', user)).to.include({ status: 0 });
        }
      } finally {
        await server.stop();
      }
    });
  }
});
