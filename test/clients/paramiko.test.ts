import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientServer } from '../support/client-server.ts';
import { noise } from '../support/local-tree.ts';
import { missing } from '../support/require-program.ts';
import { runProgram, succeed } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** Debian's interpreter: the one that has Debian's python3-paramiko. */
const PYTHON = '/usr/bin/python3';

const CONNECT = `
import hashlib, io, os, stat, sys, paramiko
host, port, user, identity, local = sys.argv[1:6]
ssh = paramiko.SSHClient()
ssh.set_missing_host_key_policy(paramiko.AutoAddPolicy())
ssh.connect(host, int(port), user, key_filename=identity, look_for_keys=False, allow_agent=False)
sftp = ssh.open_sftp()
def refused(action, *args):
    try:
        action(*args)
    except IOError as error:
        return error
    raise SystemExit('not refused: %r' % (args,))
`;

describe('paramiko', function () {
  this.timeout(60_000);
  before(async function () {
    const found = await runProgram(PYTHON, ['-c', 'import paramiko']).catch(() => undefined);
    if (found?.status !== 0) missing(this, 'paramiko is not installed (Debian package python3-paramiko)');
  });
  const server = clientServer({ alice: {} });
  const directory = temporaryDirectory();

  async function python(script: string): Promise<string> {
    const { host, port, user, identity } = server().login('alice');
    const program = `${CONNECT}\n${script}\nssh.close()\n`;
    const { stdout } = await succeed(PYTHON, [
      '-c',
      program,
      host,
      String(port),
      user,
      identity,
      directory(),
    ]);
    return stdout;
  }

  it('puts and gets with its own confirmation by stat', async () => {
    writeFileSync(join(directory(), 'sent'), noise(3_000_000));
    await python(`
attributes = sftp.put(local + '/sent', 'paramiko')
assert attributes.st_size == 3000000, attributes
sftp.get('paramiko', local + '/got')
assert open(local + '/sent', 'rb').read() == open(local + '/got', 'rb').read()
`);
  });

  it('reads and writes anywhere in a file, pipelined, and past 4 GiB', async () => {
    await python(`
with sftp.open('sparse', 'w+b') as file:
    file.set_pipelined(True)
    for index in range(50):
        file.seek(index * 1000)
        file.write(b'%04d' % index)
    file.set_pipelined(False)
    file.seek(5 * 2**30)
    file.write(b'end')
    file.flush()
    assert file.stat().st_size == 5 * 2**30 + 3
    file.seek(49000)
    assert file.read(6) == b'0049\\0\\0'
    file.seek(5 * 2**30 - 2)
    assert file.read(10) == b'\\0\\0end'
    file.truncate(10)
    file.seek(0)
    assert file.read() == b'0000' + bytes(6)
sftp.remove('sparse')
`);
  });

  it('reads many parts with one request (readv)', async () => {
    await python(`
content = os.urandom(500000)
sftp.putfo(io.BytesIO(content), 'parts')
with sftp.open('parts') as file:
    wanted = [(400000, 1000), (0, 10), (123456, 65536)]
    for (offset, length), part in zip(wanted, file.readv(wanted)):
        assert part == content[offset:offset + length]
`);
  });

  it('appends, and refuses to create what exists', async () => {
    await python(`
sftp.putfo(io.BytesIO(b'one'), 'log')
with sftp.open('log', 'a') as file:
    file.write(b'two')
assert sftp.open('log').read() == b'onetwo'
refused(sftp.open, 'log', 'x')
`);
  });

  it('makes, lists, renames, links and removes', async () => {
    await python(`
sftp.mkdir('dir', 0o750)
assert stat.S_IMODE(sftp.stat('dir').st_mode) == 0o750
sftp.putfo(io.BytesIO(b'x'), 'dir/file')
sftp.symlink('file', 'dir/link')
assert sftp.readlink('dir/link') == 'file'
assert stat.S_ISLNK(sftp.lstat('dir/link').st_mode) and stat.S_ISREG(sftp.stat('dir/link').st_mode)
assert sorted(sftp.listdir('dir')) == ['file', 'link']
assert sorted(entry.filename for entry in sftp.listdir_iter('dir')) == ['file', 'link']
refused(sftp.rename, 'dir/file', 'dir/link')
sftp.posix_rename('dir/file', 'dir/link')
assert sftp.listdir('dir') == ['link'] and sftp.lstat('dir/link').st_size == 1
sftp.utime('dir/link', (1000000000, 1100000000))
assert sftp.stat('dir/link').st_mtime == 1100000000
refused(sftp.rmdir, 'dir')
sftp.remove('dir/link')
sftp.rmdir('dir')
assert refused(sftp.stat, 'dir').errno == 2
`);
  });

  it('walks up no further than the root', async () => {
    const said = await python(`
sftp.chdir('/')
print(sftp.normalize('../../..'), sftp.normalize('/..//.././'))
`);
    expect(said).to.equal('/ /\n');
  });
});
