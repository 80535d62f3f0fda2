import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { VfsBackend } from '../../../vfs/backend.ts';
import { VfsError } from '../../../vfs/errors.ts';
import type { Layer } from '../../../vfs/layer.ts';
import { denyOverwrite } from '../../../vfs/middleware/deny-overwrite.ts';
import { readOnly } from '../../../vfs/middleware/read-only.ts';
import { restrictions } from '../../../vfs/middleware/request-words.ts';
import * as layers from '../../../vfs/middleware/restrictions.ts';
import {
  deniedRequests,
  parseRequestWords,
  REQUEST_WORDS,
  type RequestWord,
} from '../../../vfs/request-words.ts';
import { outcomeOf } from '../../conformance/expectations.ts';
import { at } from '../../conformance/suite.ts';
import { skip } from '../../support/require-program.ts';
import { layered, mkdirs, open, put } from './steps.ts';

const SFTP_SERVER = '/usr/lib/openssh/sftp-server';
const FOLLOW = { follow: true };

/** What each request asks of a storage that has /f, /g, /d and the symlink /l. */
const REQUESTS: Partial<Record<RequestWord, (backend: VfsBackend, below: VfsBackend) => Promise<unknown>>> = {
  open: (backend) => open(backend, '/f', { access: 'r' }),
  read: async (backend, below) => backend.read(await open(below, '/f', { access: 'r' }), 0, 10, {}),
  write: async (backend, below) =>
    backend.write(await open(below, '/f', { access: 'w' }), 0, new Uint8Array(1), {}),
  lstat: (backend) => backend.lstat(at('/f'), {}),
  fstat: async (backend, below) => backend.fstat(await open(below, '/f', { access: 'r' }), {}),
  setstat: (backend) => backend.setstat(at('/f'), { mode: 0o600 }, FOLLOW),
  fsetstat: async (backend, below) =>
    backend.fsetstat(await open(below, '/f', { access: 'r' }), { mode: 0o600 }, {}),
  opendir: (backend) => backend.readdir(at('/'), { limit: 10 }, {}),
  readdir: (backend) => backend.readdir(at('/'), { limit: 10 }, {}),
  remove: (backend) => backend.unlink(at('/f'), {}),
  mkdir: (backend) => backend.mkdir(at('/new'), 0o755, {}),
  rmdir: (backend) => backend.rmdir(at('/d'), {}),
  realpath: (backend) => backend.resolve(at('/f'), 'follow', {}),
  stat: (backend) => backend.lstat(at('/f'), FOLLOW),
  rename: (backend) => backend.rename(at('/f'), at('/new'), { replace: false }, {}),
  readlink: (backend) => backend.readlink(at('/l'), {}),
  symlink: (backend) => backend.symlink('f', at('/new'), {}),
  'posix-rename': (backend) => backend.rename(at('/f'), at('/g'), { replace: true }, {}),
  statvfs: (backend) => backend.statfs({}),
  fstatvfs: (backend) => backend.statfs({}),
  hardlink: (backend) => backend.link(at('/f'), at('/new'), {}),
  fsync: async (backend, below) => backend.fsync(await open(below, '/f', { access: 'r' }), {}),
  lsetstat: (backend) => backend.setstat(at('/l'), { mtime: { seconds: 1, nanoseconds: 0 } }, {}),
  'copy-data': async (backend, below) => {
    const from = await open(below, '/f', { access: 'r' });
    await backend.copyRange(from, 0, 10, await open(below, '/g', { access: 'w' }), 0, {});
  },
};

/** Refused by the protocol alone. */
const PROTOCOL_ONLY: ReadonlySet<string> = new Set([
  'close', 'lstat', 'fstat', 'realpath', 'stat', 'statvfs', 'fstatvfs', 'limits', 'expand-path', 'home-directory',
  'users-groups-by-id',
]); // prettier-ignore

/** Requests of the table above that fail under a layer, though others of their kind do not. */
const SOMETIMES: Readonly<Record<string, readonly string[]>> = {
  denyPermissionChanges: ['setstat', 'fsetstat'],
  denyTimesChanges: ['lsetstat'],
  denyDelete: ['posix-rename'],
  denyOverwrite: ['posix-rename', 'write', 'copy-data'],
};

const passing: Layer = (next) => next;

async function outcomesUnder(layer: Layer): Promise<Record<string, string>> {
  const outcomes: Record<string, string> = {};
  for (const [word, request] of Object.entries(REQUESTS)) {
    const { below, above } = layered(layer);
    await put(below, '/f', 'content');
    await put(below, '/g', 'other');
    await mkdirs(below, '/d');
    await below.symlink('f', at('/l'), {});
    outcomes[word] = await outcomeOf(request(above, below));
  }
  return outcomes;
}

describe("restrictions by the words of OpenSSH's lists", () => {
  it("are all of those that OpenSSH's server knows", function () {
    if (!existsSync(SFTP_SERVER)) skip(this, `${SFTP_SERVER} is not installed`);
    const { stdout } = spawnSync(SFTP_SERVER, ['-Q', 'requests'], { encoding: 'utf8' });
    expect(REQUEST_WORDS).to.include.members(stdout.trim().split('\n'));
  });

  it('refuse nothing where nothing is denied', async () => {
    const outcomes = await outcomesUnder(restrictions([]));
    expect(new Set(Object.values(outcomes))).to.deep.equal(new Set(['ok']));
  });

  for (const word of REQUEST_WORDS) {
    it(`${word} refuses that request and no other`, async () => {
      const outcomes = await outcomesUnder(restrictions([word]));
      const same = ['opendir', 'readdir'].includes(word) ? ['opendir', 'readdir'] : [word];
      const refusals = Object.entries(outcomes).filter(([, outcome]) => outcome !== 'ok');
      const wanted = PROTOCOL_ONLY.has(word) ? [] : same;
      expect(refusals.map(([name]) => name)).to.deep.equal(wanted);
      for (const [, code] of refusals) expect(code).to.equal(word === 'hardlink' ? 'ENOTSUP' : 'EPERM');
    });
  }

  it('can be many at once, and the same twice', async () => {
    const words = parseRequestWords('mkdir,rmdir,mkdir,close,hardlink');
    const outcomes = await outcomesUnder(restrictions(words));
    expect(outcomes).to.include({ mkdir: 'EPERM', rmdir: 'EPERM', hardlink: 'ENOTSUP', remove: 'ok' });
    expect(layered(restrictions(words)).above.capabilities.hardLinks).to.equal(false);
  });

  it('refuse a word that is misspelt, instead of denying nothing', () => {
    expect(() => parseRequestWords('open,posixrename')).to.throw(VfsError, "no request 'posixrename'");
    expect(() => restrictions(['toString' as RequestWord])).to.throw(VfsError, "no request 'toString'");
  });

  it('combine a list of permitted and a list of denied requests as sftp-server does', () => {
    expect([...deniedRequests({})]).to.deep.equal([]);
    expect([...deniedRequests({ denied: ['mkdir'] })]).to.deep.equal(['mkdir']);
    const left = ['open', 'close', 'read'] as const;
    const denied = deniedRequests({ permitted: left, denied: ['read'] });
    expect(REQUEST_WORDS.filter((word) => !denied.has(word))).to.deep.equal(['open', 'close']);
  });

  it('are told in full by the stack, those too that only a protocol can refuse', () => {
    const { above } = layered(restrictions(['statvfs', 'mkdir', 'mkdir']), passing, restrictions(['close']));
    expect([...(above.denied ?? [])].toSorted()).to.deep.equal(['close', 'mkdir', 'statvfs']);
  });
});

describe('what a layer says that it denies', () => {
  const { maxFileSize, ...denials } = layers;
  const made: Readonly<Record<string, () => Layer>> = { ...denials, denyOverwrite, readOnly };

  for (const [name, make] of Object.entries(made)) {
    it(`can only fail, and is all of that, under ${name}`, async () => {
      const outcomes = await outcomesUnder(make());
      const failing = Object.keys(outcomes).filter((word) => outcomes[word] !== 'ok');
      // What fails here and not always: it depends on what is there, or on which attributes are changed.
      const sometimes = SOMETIMES[name] ?? [];
      expect([...(make().denies ?? [])].toSorted()).to.deep.equal(
        failing.filter((word) => !sometimes.includes(word)).toSorted(),
      );
    });
  }

  it('is nothing where a layer only sets a ceiling', () => {
    expect(maxFileSize(1).denies).to.equal(undefined);
  });
});
