import { expect } from 'chai';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { promisify } from 'node:util';
import ssh2, { type SFTPWrapper } from 'ssh2';
import { clientServer } from '../support/client-server.ts';
import { noise } from '../support/local-tree.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

describe("ssh2's own client", function () {
  this.timeout(60_000);
  const server = clientServer({ alice: {} });
  const directory = temporaryDirectory();
  let client: ssh2.Client;
  let sftp: SFTPWrapper;

  beforeEach(async () => {
    const { host, port, user, identity } = server().login('alice');
    client = new ssh2.Client();
    const ready = new Promise<void>((resolve, reject) => {
      client.once('ready', () => resolve());
      client.once('error', reject);
    });
    client.connect({ host, port, username: user, privateKey: readFileSync(identity) });
    await ready;
    sftp = await new Promise((resolve, reject) => {
      client.sftp((error, channel) => (error === undefined ? resolve(channel) : reject(error)));
    });
  });

  afterEach(() => {
    client.end();
  });

  it('puts and gets in parallel parts (fastPut, fastGet)', async () => {
    const bytes = noise(5_000_011);
    writeFileSync(join(directory(), 'sent'), bytes);
    await promisify(sftp.fastPut.bind(sftp) as Transfer)(join(directory(), 'sent'), 'parallel');
    await promisify(sftp.fastGet.bind(sftp) as Transfer)('parallel', join(directory(), 'got'));
    expect(readFileSync(join(directory(), 'got')).equals(bytes)).to.equal(true);
  });

  it('streams both ways', async () => {
    const bytes = noise(700_001);
    const output = sftp.createWriteStream('streamed');
    output.end(bytes);
    await finished(output);
    const input = sftp.createReadStream('streamed');
    const parts: Buffer[] = [];
    for await (const part of input) parts.push(part as Buffer);
    expect(Buffer.concat(parts).equals(bytes)).to.equal(true);
  });

  it('makes a symlink where it says, though it takes the server for one that follows the draft', async () => {
    await promisify(sftp.symlink.bind(sftp))('where/it/leads', 'link');
    expect(await promisify(sftp.readlink.bind(sftp))('link')).to.equal('where/it/leads');
  });

  it('opens several sftp channels in one connection, each with handles of its own', async () => {
    const other = await new Promise<SFTPWrapper>((resolve, reject) => {
      client.sftp((error, channel) => (error === undefined ? resolve(channel) : reject(error)));
    });
    const handle = await new Promise<Buffer>((resolve, reject) => {
      sftp.open('shared', 'w', (error, opened) => (error === undefined ? resolve(opened) : reject(error)));
    });
    const stranger = await new Promise<Error | undefined | null>((resolve) => {
      other.close(handle, (error) => resolve(error));
    });
    expect(stranger).to.be.instanceOf(Error);
    await new Promise<void>((resolve, reject) => {
      sftp.close(handle, (error) => (error === undefined || error === null ? resolve() : reject(error)));
    });
    other.end();
  });
});

/** The shape of `fastPut` and `fastGet` that `promisify` needs; they have others. */
type Transfer = (from: string, to: string, done: (error: Error | null | undefined) => void) => void;
