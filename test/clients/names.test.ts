import { expect } from 'chai';
import { mkdirSync, readdirSync, rmSync, writeFileSync, type PathLike } from 'node:fs';
import { join } from 'node:path';
import { clientServer } from '../support/client-server.ts';
import { describeTree } from '../support/local-tree.ts';
import { sftp } from '../support/login.ts';
import { mount, requireMounts } from '../support/mount.ts';
import { requireProgram } from '../support/require-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** Names as bytes, each different from all others as bytes. */
const NAMES: readonly Buffer[] = [
  'two words',
  ' blank before and after ',
  '"double" and \'single\' quotes',
  'new\nline',
  'tab\tand\u0007bell',
  '-rf',
  '~',
  '*?[a-z]',
  'back\\slash',
  '$HOME %41 #!',
  'emoji 🎉👩‍👩‍👧',
  'é composed',
  'e\u0301 decomposed',
  '\u202Eright to left',
  'x'.repeat(255),
  'ü'.repeat(127),
  Buffer.from([0xff, 0xfe, 0x80]),
  Buffer.from('caf\u00e9 in Latin-1', 'latin1'),
  Buffer.from([0x61, 0xc3, 0x28, 0xf0, 0x9f, 0x8e]),
  Buffer.from([0xed, 0xb2, 0x80]),
].map((name) => Buffer.from(name as string));

describe('names of every kind', function () {
  this.timeout(60_000);
  before(function () {
    requireProgram(this, 'sftp');
  });
  const server = clientServer({ alice: {} });
  const directory = temporaryDirectory();
  const local = (name: string): string => join(directory(), name);

  function makeFiles(parent: string): void {
    mkdirSync(parent);
    for (const [index, name] of NAMES.entries()) writeFileSync(within(parent, name), `file ${index}`);
    const inner = within(parent, Buffer.from([0x64, 0xff]));
    mkdirSync(inner);
    writeFileSync(Buffer.concat([inner as Buffer, Buffer.from('/\xe4', 'latin1')]), 'inner');
  }

  it('go to the server and back byte for byte (put -r, get -r)', async () => {
    makeFiles(local('tree'));
    await sftp(server().login('alice'), ['put -r tree', 'get -r tree back'], { cwd: directory() });
    expect(describeTree(local('back'))).to.deep.equal(describeTree(local('tree')));
    expect(readdirSync(local('back'))).to.have.lengthOf(NAMES.length + 1);
  });

  it('are made, listed, renamed and removed byte for byte (sshfs)', async function () {
    requireMounts(this);
    const mounted = await mount(server().login('alice'));
    try {
      const parent = join(mounted.directory, 'names');
      makeFiles(parent);
      makeFiles(local('tree'));
      expect(describeTree(parent)).to.deep.equal(describeTree(local('tree')));
      rmSync(parent, { recursive: true });
      expect(readdirSync(mounted.directory)).not.to.include('names');
    } finally {
      await mounted.unmount();
    }
  });
});

function within(parent: string, name: Buffer): PathLike {
  return Buffer.concat([Buffer.from(`${parent}/`), name]);
}
