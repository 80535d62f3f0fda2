import { createRequire } from 'node:module';
import Database from 'better-sqlite3';
import { hashPassword } from '../../server/auth/password-hash.ts';
import { fail, ok, warn, type Finding } from './finding.ts';

const NODE_MIN = '20.19.0';
/** Older versions can corrupt a database in WAL mode (the WAL-reset bug). */
const SQLITE_MIN = '3.51.3';

/** What the program itself stands on. */
export async function examineProgram(): Promise<Finding[]> {
  return [examineNode(), examineSqlite(), examineNativeCrypto(), await examinePasswords()];
}

function examineNode(): Finding {
  const { node } = process.versions;
  return isAtLeast(node, NODE_MIN)
    ? ok('node', node)
    : fail('node', `${node} is too old; install ${NODE_MIN} or newer`);
}

function examineSqlite(): Finding {
  const database = new Database(':memory:');
  const version = database.prepare('SELECT sqlite_version()').pluck().get() as string;
  database.close();
  return isAtLeast(version, SQLITE_MIN)
    ? ok('sqlite', version)
    : fail('sqlite', `${version} is too old; ${SQLITE_MIN} or newer is needed; run npm ci`);
}

/** Without its native part ssh2 encrypts in JavaScript around OpenSSL, which costs speed and nothing else. */
function examineNativeCrypto(): Finding {
  try {
    createRequire(import.meta.url)('ssh2/lib/protocol/crypto/build/Release/sshcrypto.node');
    return ok('encryption', 'native');
  } catch {
    return warn(
      'encryption',
      'the native part of ssh2 is missing, so transfers are slower; install a C++ compiler and run npm rebuild ssh2',
    );
  }
}

async function examinePasswords(): Promise<Finding> {
  const begun = performance.now();
  await hashPassword('doctor');
  return ok('passwords', `argon2id, ${Math.round(performance.now() - begun)} ms each`);
}

function isAtLeast(version: string, least: string): boolean {
  return version.localeCompare(least, 'en', { numeric: true }) >= 0;
}
