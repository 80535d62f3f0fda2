import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { fingerprint } from './fingerprint.ts';
import { KeyError } from './key-error.ts';
import { generateOpensshKeyPair, type GeneratedKeyType } from './openssh-key-pair.ts';

/** A key by which clients know the server. */
export interface HostKey {
  readonly type: GeneratedKeyType;
  readonly file: string;
  /** The text of the private key file. */
  readonly privateKey: string;
  /** In SSH wire format. */
  readonly publicKey: Uint8Array;
  /** `SHA256:…` of the public key. */
  readonly fingerprint: string;
}

/** The files of the directory, in the order in which the server prefers their keys. */
const FILES: Readonly<Record<GeneratedKeyType, string>> = {
  'ssh-ed25519': 'ssh_host_ed25519_key',
  'ecdsa-sha2-nistp256': 'ssh_host_ecdsa_key',
  'ssh-rsa': 'ssh_host_rsa_key',
};

const TYPES = Object.keys(FILES) as readonly GeneratedKeyType[];
const OTHERS_BITS = 0o077;

/**
 * The host keys in `directory`; those that are missing are made. Each is an OpenSSH private key file of mode 0600
 * with its `.pub` beside it. Throws `KeyError` for a file that others can read or that holds no such key.
 */
export async function loadOrCreateHostKeys(directory: string): Promise<HostKey[]> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const missing = await missingTypes(directory);
  for (const type of missing) await create(directory, type);
  if (missing.length > 0) await syncDirectory(directory);
  return Promise.all(TYPES.map((type) => load(join(directory, FILES[type]), type)));
}

/** The host keys that are there, without making any; for checks. */
export async function loadHostKeys(directory: string): Promise<HostKey[]> {
  const missing = new Set(await missingTypes(directory));
  const present = TYPES.filter((type) => !missing.has(type));
  return Promise.all(present.map((type) => load(join(directory, FILES[type]), type)));
}

async function missingTypes(directory: string): Promise<GeneratedKeyType[]> {
  const there = await Promise.all(TYPES.map((type) => exists(join(directory, FILES[type]))));
  return TYPES.filter((_, index) => there[index] !== true);
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

async function create(directory: string, type: GeneratedKeyType): Promise<void> {
  const pair = await generateOpensshKeyPair(type, `anyfs@${hostname()}`);
  const file = join(directory, FILES[type]);
  await writeWhole(`${file}.pub`, pair.publicLine, 0o644);
  await writeWhole(file, pair.privateText, 0o600);
}

/** Under another name first, so that a crash leaves no half of a key. The data directory's lock keeps other writers out. */
async function writeWhole(file: string, text: string, mode: number): Promise<void> {
  const draft = `${file}.new`;
  await rm(draft, { force: true });
  const handle = await open(draft, 'wx', mode);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function load(file: string, type: GeneratedKeyType): Promise<HostKey> {
  await checkAccess(file);
  const privateKey = await readFile(file, 'utf8');
  const parsed = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error || Array.isArray(parsed))
    throw new KeyError(unusable(file, parsed), { cause: parsed });
  if (!parsed.isPrivateKey()) throw new KeyError(`${file} holds a public key; put the private one there`);
  if (parsed.type !== type)
    throw new KeyError(`${file} holds a key of type ${parsed.type}; ${type} belongs there`);
  const publicKey = parsed.getPublicSSH();
  return { type, file, privateKey, publicKey, fingerprint: fingerprint(publicKey) };
}

async function checkAccess(file: string): Promise<void> {
  const stats = await stat(file);
  if (!stats.isFile()) throw new KeyError(`${file} is not a regular file`);
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0');
  if ((stats.mode & OTHERS_BITS) !== 0) {
    throw new KeyError(`${file} can be read or changed by others (mode ${mode}); run: chmod 600 '${file}'`);
  }
}

function unusable(file: string, problem: unknown): string {
  const encrypted = problem instanceof Error && /encrypted|passphrase/i.test(problem.message);
  if (encrypted) return `${file} is protected by a passphrase; run: ssh-keygen -p -N '' -f '${file}'`;
  return `${file} cannot be read as a private key; restore it from a backup, or remove it to have a new one made`;
}
