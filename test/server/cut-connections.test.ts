import { randomBytes } from 'node:crypto';
import { writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { cuttingProxy, type CuttingProxy } from '../support/cutting-proxy.ts';
import { sftp, trySftp } from '../support/login.ts';
import { passwordRequest, rawClient, requestLoginService } from '../support/raw-client.ts';
import { requireProgram } from '../support/require-program.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

describe('a connection that is cut', function () {
  this.timeout(120_000);
  const directory = temporaryDirectory();
  let server: TestServer;
  let proxy: CuttingProxy;

  before(function () {
    requireProgram(this, 'sftp');
  });

  beforeEach(async () => {
    server = await startTestServer({ accounts: { alice: { password: 'secret' } } });
    proxy = await cuttingProxy(server.port);
  });

  afterEach(async () => {
    await proxy.close();
    await server.stop();
  });

  it('at any moment of a login and an upload leaves no handle, no session and no alarm behind', async () => {
    const file = join(directory(), 'file');
    writeFileSync(file, randomBytes(3_000_000));
    const login = { ...server.login('alice'), port: proxy.port };
    const known = readFileSync(login.knownHosts, 'utf8').replace(/^\S+/, `[127.0.0.1]:${proxy.port}`);
    writeFileSync(login.knownHosts, known, { flag: 'a' });
    const moments = [
      0, 5, 21, 40, 500, 1200, 1600, 1700, 2000, 2300, 2600, 3000, 3500, 5000, 40_000, 100_000, 300_000,
      1_000_000, 2_900_000,
    ];
    for (const moment of moments) {
      proxy.cutAfter(moment);
      const finished = await trySftp(login, [`put ${file} /upload`]);
      expect(finished.status, `cut after ${moment} bytes`).not.to.equal(0);
    }
    await until('no connection is left', () => server.server.connectionCount === 0);
    const count = (wanted: string): number =>
      server.traces.filter(({ op, outcome }) => op === wanted && outcome === 'ok').length;
    expect(count('open')).to.be.greaterThan(3);
    expect(count('close')).to.equal(count('open'));
    expect(server.log.alarms).to.deep.equal([]);

    proxy.cutAfter(Infinity);
    const back = join(directory(), 'back');
    await sftp(login, [`put ${file} /upload`, `get /upload ${back}`]);
    expect(readFileSync(back).equals(readFileSync(file))).to.equal(true);
  });

  it('while its password is being checked is forgotten, and logs nobody in', async () => {
    for (let round = 0; round < 10; round++) {
      const client = await rawClient(server.port);
      await requestLoginService(client);
      client.send(passwordRequest('alice', 'secret'));
      await new Promise((resolve) => setTimeout(resolve, round));
      client.socket.resetAndDestroy();
      await client.closed;
    }
    await until('no connection is left', () => server.server.connectionCount === 0);
    // A check that went on past the end of its connection would tell by now.
    await sftp(server.login('alice'), ['pwd']);
    const lines = server.log.lines.filter(
      ({ message }) => message === 'alice logged in' || message === 'connection closed',
    );
    const closed = new Set<unknown>();
    for (const { message, fields } of lines) {
      if (message === 'connection closed') closed.add(fields['connection']);
      else expect(closed.has(fields['connection']), 'logged in after its end').to.equal(false);
    }
    expect(server.log.alarms).to.deep.equal([]);
  });
});
