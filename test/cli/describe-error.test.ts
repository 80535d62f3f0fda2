import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { describeError } from '../../cli/describe-error.ts';
import { Failure } from '../../cli/failure.ts';
import { VfsError } from '../../vfs/errors.ts';

async function thrown(action: () => unknown): Promise<unknown> {
  try {
    await action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

function listening(port: number, host: string): Promise<void> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, host, () => server.close(() => resolve()));
  });
}

describe('errors on the command line', () => {
  it('are the sentence that was written for people, in one line and safe for a terminal', () => {
    expect(describeError(new Failure('do this\nthen \u001b[2Jthat'))).to.equal('do this\\nthen \\x1b[2Jthat');
  });

  it('name the path and the meaning for files of a storage', () => {
    expect(describeError(new VfsError('ENOENT', { op: 'lstat', path: '/a\n' }))).to.equal(
      '/a\\n: no such file or directory',
    );
    expect(describeError(new VfsError('EDQUOT', { detail: 'quota exceeded: 1 of 1' }))).to.equal(
      'quota exceeded: 1 of 1',
    );
  });

  it('name the path or address and what to do for errors of the host', async () => {
    expect(describeError(await thrown(() => readFile('/nonexistent')))).to.equal(
      '/nonexistent: no such file or directory',
    );
    expect(describeError(await thrown(() => listening(0, '192.0.2.1')))).to.equal(
      '192.0.2.1:0: this machine has no such address; give another with --listen',
    );
    const unknown = { syscall: 'getaddrinfo', code: 'ENOTFOUND', hostname: 'a.invalid' };
    expect(describeError(Object.assign(new Error(), unknown))).to.equal(
      'a.invalid: this host name is unknown; give another with --listen',
    );
  });

  it('say which database cannot be used', async () => {
    const error = await thrown(() => new Database('/nonexistent.db', { fileMustExist: true }));
    expect(describeError(error)).to.match(/^a database .* \(SQLITE_CANTOPEN\); see: anyfs doctor$/);
  });

  it('are the reason where a signal ended the work', async () => {
    const error = Object.assign(new Error('aborted', { cause: new Failure('interrupted') }), {
      name: 'AbortError',
    });
    expect(describeError(error)).to.equal('interrupted');
  });

  it('come with their stack where they are bugs', () => {
    expect(describeError(new TypeError('a bug'))).to.match(/^TypeError: a bug\n {4}at /);
    expect(describeError('text')).to.equal('text');
  });
});
