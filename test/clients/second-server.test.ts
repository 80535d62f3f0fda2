import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tryBuiltAnyfs } from '../support/built-anyfs.ts';
import { clientServer } from '../support/client-server.ts';
import { answers, sftp } from '../support/login.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

describe('a second server on the same data directory', function () {
  this.timeout(60_000);
  const server = clientServer({ alice: {} });
  const directory = temporaryDirectory();

  it('refuses to start and says who holds it, and the first goes on', async () => {
    const second = await tryBuiltAnyfs(['serve', '--data', server().data, '--listen', '127.0.0.1:0']);
    expect(second.status).to.equal(1);
    expect(second.stderr).to.include(String(server().process().pid)).and.to.include(server().data);
    expect(second.stderr.trim().split('\n')).to.have.lengthOf(1);
    writeFileSync(join(directory(), 'file'), 'x');
    const listed = await sftp(server().login('alice'), ['put file', 'ls -1'], { cwd: directory() });
    expect(answers(listed)).to.deep.equal(['file']);
  });

  it('is told apart from the command line, which works beside the server', async () => {
    await sftp(server().login('alice'), ['pwd']);
    expect(await server().anyfs('storage', 'check', 'alice')).to.include({ status: 0 });
    expect(await server().anyfs('user', 'list')).to.include({ status: 0 });
  });

  it('starts once the first has ended, even by a crash', async () => {
    await server().process().kill();
    await server().restart();
    expect(answers(await sftp(server().login('alice'), ['ls -1']))).to.deep.equal(['file']);
  });
});
