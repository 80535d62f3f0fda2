import { expect } from 'chai';
import { openSync, closeSync, ftruncateSync, writeFileSync, writeSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { clientServer } from '../support/client-server.ts';
import { hashFile, noise } from '../support/local-tree.ts';
import { answers, sftp } from '../support/login.ts';
import { mount, requireMounts } from '../support/mount.ts';
import { requireProgram } from '../support/require-program.ts';
import { succeed } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

describe('files of every size', function () {
  this.timeout(240_000);
  before(function () {
    requireProgram(this, 'sftp');
  });
  const server = clientServer({ alice: {}, sparse: { flags: ['--quota', '100MiB'] } });
  const directory = temporaryDirectory();
  const local = (name: string): string => join(directory(), name);

  for (const size of [0, 1, 4096, 128 * 1024, 128 * 1024 + 1, 64 * MIB]) {
    it(`come back equal: ${size} bytes`, async () => {
      writeFileSync(local('sent'), noise(size));
      await sftp(server().login('alice'), ['put sent file', 'get file got', 'rm file'], { cwd: directory() });
      expect(statSync(local('got')).size).to.equal(size);
      expect(await hashFile(local('got'))).to.equal(await hashFile(local('sent')));
    });
  }

  it('come back equal: 5 GiB with holes, which take no quota', async function () {
    requireMounts(this);
    makeSparse(local('sparse'), 5 * GIB);
    const mounted = await mount(server().login('sparse'));
    try {
      await succeed('cp', ['--sparse=always', local('sparse'), join(mounted.directory, 'sparse')]);
    } finally {
      await mounted.unmount();
    }
    await sftp(server().login('sparse'), ['get sparse got'], { cwd: directory(), timeout: 200_000 });
    expect(await hashFile(local('got'))).to.equal(await hashFile(local('sparse')));
    const [, space] = answers(await sftp(server().login('sparse'), ['df']));
    const [size, used] = (space ?? '').trim().split(/\s+/).map(Number);
    expect(size).to.equal((100 * MIB) / 1024);
    expect(used).to.be.at.most((4 * MIB) / 1024);
  });
});

/** Something at the beginning, across a multiple of 4 GiB, and at the very end. */
function makeSparse(file: string, size: number): void {
  const descriptor = openSync(file, 'w');
  ftruncateSync(descriptor, size);
  for (const position of [0, 4 * GIB - 50_000, size - 100_000])
    writeSync(descriptor, noise(100_000), 0, 100_000, position);
  closeSync(descriptor);
}
