import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { fingerprint } from '../../keys/fingerprint.ts';
import { loadHostKeys, loadOrCreateHostKeys } from '../../keys/host-keys.ts';
import { KeyError } from '../../keys/key-error.ts';
import { generateOpensshKeyPair } from '../../keys/openssh-key-pair.ts';
import { requireProgram } from '../support/require-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const PRIVATE_FILES = ['ssh_host_ecdsa_key', 'ssh_host_ed25519_key', 'ssh_host_rsa_key'];

/** The message of the `KeyError` with which the directory is refused. */
async function refusal(directory: string): Promise<string> {
  try {
    await loadOrCreateHostKeys(directory);
  } catch (error) {
    expect(error).to.be.instanceOf(KeyError);
    return (error as KeyError).message;
  }
  throw new Error('the host keys were accepted');
}

describe('host keys', () => {
  const temporary = temporaryDirectory();
  const directory = (): string => join(temporary(), 'host_keys');

  it('are made on the first start, mode 0600, and nothing else is left', async () => {
    const keys = await loadOrCreateHostKeys(directory());
    expect(keys.map((key) => key.type)).to.deep.equal(['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ssh-rsa']);
    expect(readdirSync(directory()).sort()).to.deep.equal(
      PRIVATE_FILES.flatMap((file) => [file, `${file}.pub`]),
    );
    for (const key of keys) expect(statSync(key.file).mode & 0o777).to.equal(0o600);
    expect(statSync(directory()).mode & 0o777).to.equal(0o700);
  });

  it('are the same on the next start, and a missing one is made anew', async () => {
    const first = await loadOrCreateHostKeys(directory());
    expect(await loadOrCreateHostKeys(directory())).to.deep.equal(first);
    rmSync(join(directory(), 'ssh_host_ecdsa_key'));
    expect(await loadHostKeys(directory())).to.deep.equal([first[0], first[2]]);
    const again = await loadOrCreateHostKeys(directory());
    expect(again[0]).to.deep.equal(first[0]);
    expect(again[1]?.fingerprint).not.to.equal(first[1]?.fingerprint);
  });

  it('are what ssh-keygen reads, with the fingerprints that it prints', async function () {
    const keygen = requireProgram(this, 'ssh-keygen');
    for (const key of await loadOrCreateHostKeys(directory())) {
      const publicLine = execFileSync(keygen, ['-y', '-f', key.file], { encoding: 'utf8' });
      expect(publicLine).to.equal(readFileSync(`${key.file}.pub`, 'utf8'));
      const printed = execFileSync(keygen, ['-lf', `${key.file}.pub`], { encoding: 'utf8' });
      expect(printed.split(' ')[1]).to.equal(key.fingerprint).and.to.equal(fingerprint(key.publicKey));
    }
  });

  it('are refused where others could read them', async () => {
    await loadOrCreateHostKeys(directory());
    const file = join(directory(), 'ssh_host_ed25519_key');
    chmodSync(file, 0o640);
    expect(await refusal(directory())).to.match(/mode 0640.*chmod 600/);
  });

  it('are refused where the file holds no key, the public half, another type, or one with a passphrase', async function () {
    const keygen = requireProgram(this, 'ssh-keygen');
    await loadOrCreateHostKeys(directory());
    const file = join(directory(), 'ssh_host_ed25519_key');
    const whole = readFileSync(file, 'utf8');
    writeFileSync(file, whole.slice(0, 100));
    expect(await refusal(directory())).to.match(/cannot be read as a private key/);
    writeFileSync(file, '');
    expect(await refusal(directory())).to.match(/cannot be read as a private key/);
    writeFileSync(file, readFileSync(`${file}.pub`));
    expect(await refusal(directory())).to.match(/public key/);
    writeFileSync(file, readFileSync(join(directory(), 'ssh_host_rsa_key')));
    expect(await refusal(directory())).to.match(/type ssh-rsa; ssh-ed25519 belongs there/);
    writeFileSync(file, whole);
    execFileSync(keygen, ['-q', '-p', '-P', '', '-N', 'secret', '-f', file]);
    expect(await refusal(directory())).to.match(/passphrase/);
  });
});

describe('generated key pairs', () => {
  const temporary = temporaryDirectory();

  it('keep a leading zero byte of an ed25519 public key, which one in 256 has', async function () {
    const keygen = requireProgram(this, 'ssh-keygen');
    const file = join(temporary(), 'key');
    for (let attempt = 0; attempt < 10_000; attempt++) {
      const pair = await generateOpensshKeyPair('ssh-ed25519', 'test');
      const blob = Buffer.from(pair.publicLine.split(' ')[1] ?? '', 'base64');
      if (blob[blob.length - 32] !== 0) continue;
      writeFileSync(file, pair.privateText, { mode: 0o600 });
      expect(execFileSync(keygen, ['-y', '-f', file], { encoding: 'utf8' })).to.equal(pair.publicLine);
      return;
    }
    throw new Error('no such key in 10,000');
  });
});
