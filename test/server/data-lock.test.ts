import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { askServer, controlSocketPath } from '../../server/control-client.ts';
import { openControlSocket } from '../../server/control-socket.ts';
import { DataDirectoryInUse, lockDataDirectory, whoHolds } from '../../server/data-lock.ts';
import type { RunningServer } from '../../server/listen.ts';
import { captureLog } from '../support/captured-log.ts';
import { rejection } from '../support/rejection.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** What the control socket asks of a running server. */
const server = {
  addresses: [{ host: '127.0.0.1', port: 2022 }],
  connectionCount: 3,
  storages: { names: ['alice', 'bob'] },
  doorTo: (name: string) => (name === 'alice' ? 'worker-2.sock' : undefined),
} as unknown as RunningServer;

describe('the lock of a data directory', () => {
  const directory = temporaryDirectory();

  it('is had by one holder at a time and by the next once it is released', async () => {
    const lock = await lockDataDirectory(directory());
    const refused = await rejection(lockDataDirectory(directory()));
    expect(refused).to.be.instanceOf(DataDirectoryInUse);
    expect(refused.message).to.contain('in use by another server, which does not answer');
    lock.release();
    lock.release();
    (await lockDataDirectory(directory())).release();
  });

  it('makes the data directory, for its owner alone', async () => {
    const data = join(directory(), 'new', 'data');
    (await lockDataDirectory(data)).release();
    expect(statSync(data).mode & 0o777).to.equal(0o700);
  });

  it('says who holds it: process and addresses', async () => {
    const lock = await lockDataDirectory(directory());
    const control = await openControlSocket(directory(), () => server, captureLog());
    const refused = await rejection(lockDataDirectory(directory()));
    expect(refused.message).to.equal(
      `the data directory ${directory()} is in use by the server with process id ${process.pid}, listening on 127.0.0.1:2022`,
    );
    await control.close();
    lock.release();
  });

  it('ends with its process, however that ends', async () => {
    const script = `
      import { lockDataDirectory } from ${JSON.stringify(join(import.meta.dirname, '../../server/data-lock.ts'))};
      await lockDataDirectory(${JSON.stringify(directory())});
      console.log('locked');
      setInterval(() => {}, 1000);`;
    const file = join(directory(), 'holder.mts');
    writeFileSync(file, script);
    const child = spawn(process.execPath, ['--import', 'tsx', file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = new Promise((resolve) => child.once('exit', resolve));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect(await rejection(lockDataDirectory(directory()))).to.be.instanceOf(DataDirectoryInUse);
    child.kill('SIGKILL');
    await exited;
    (await lockDataDirectory(directory())).release();
  });
});

describe('the control socket', () => {
  const directory = temporaryDirectory();

  it('tells the status of the server and where a storage is', async () => {
    const control = await openControlSocket(directory(), () => server, captureLog());
    const status = await askServer(directory(), { op: 'status' });
    expect(status).to.include({ pid: process.pid, connections: 3 });
    expect(status.storages).to.deep.equal(['alice', 'bob']);
    expect(await askServer(directory(), { op: 'storage', name: 'alice' })).to.deep.equal({
      name: 'alice',
      door: 'worker-2.sock',
    });
    expect(await askServer(directory(), { op: 'storage', name: 'carol' })).to.deep.equal({ name: 'carol' });
    await control.close();
    expect(existsSync(controlSocketPath(directory()))).to.equal(false);
    expect(await whoHolds(directory())).to.equal(undefined);
  });

  it('is open to its owner alone and takes the place of one that a dead server left', async () => {
    const path = controlSocketPath(directory());
    await leaveStaleSocket(path);
    expect(existsSync(path)).to.equal(true);
    const control = await openControlSocket(directory(), () => server, captureLog());
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    expect((await whoHolds(directory()))?.pid).to.equal(process.pid);
    await control.close();
  });

  it('refuses what it does not understand and goes on', async () => {
    const control = await openControlSocket(directory(), () => server, captureLog());
    const refused = await rejection(askServer(directory(), { op: 'self-destruct' } as never));
    expect(refused.message).to.contain('no such operation');
    expect(await sendRaw(directory(), 'not json\n')).to.contain('"error"');
    expect(await sendRaw(directory(), 'x'.repeat(100_000))).to.equal('');
    expect((await askServer(directory(), { op: 'status' })).pid).to.equal(process.pid);
    await control.close();
  });

  it('is left out with a warning where its path is too long for the system', async () => {
    const data = join(directory(), 'd'.repeat(120));
    mkdirSync(data);
    const log = captureLog();
    const control = await openControlSocket(data, () => server, log);
    expect(log.lines.map(({ level }) => level)).to.deep.equal(['warn']);
    await control.close();
  });
});

/** A socket file whose server is gone without having removed it. */
async function leaveStaleSocket(path: string): Promise<void> {
  const child = spawn(process.execPath, [
    '-e',
    `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`,
  ]);
  await new Promise((resolve) => child.once('exit', resolve));
}

function sendRaw(data: string, text: string): Promise<string> {
  const socket = connect(controlSocketPath(data));
  let answer = '';
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString();
    if (answer.includes('\n')) socket.destroy();
  });
  socket.on('error', () => {});
  socket.write(text);
  return new Promise((resolve) => socket.once('close', () => resolve(answer)));
}
