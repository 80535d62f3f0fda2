import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { PACKET, STATUS } from '../../../../server/sftp/protocol.ts';
import {
  attributesIn,
  dataIn,
  extendedIn,
  handleIn,
  namesIn,
  SftpClient,
  statusCode,
  str,
  type Field,
  type RawReply,
} from '../../../support/sftp-client.ts';
import { beginSession, type TestSessionOptions } from '../../../support/sftp-session.ts';

/** Where Debian keeps the program (package openssh-sftp-server), and where others do. */
const PLACES = [
  '/usr/lib/openssh/sftp-server',
  '/usr/libexec/openssh/sftp-server',
  '/usr/libexec/sftp-server',
];

export function findSftpServer(): string | undefined {
  return PLACES.find((place) => existsSync(place));
}

/** A server to be compared: its client, and what its answers say in words that do not depend on where its files are. */
export interface Peer {
  readonly client: SftpClient;
  /** Handles by the names that a script gives them. */
  readonly handles: Map<string, Buffer>;
  /** A path of the script as this server knows it. */
  readonly path: (path: string) => string;
  /** Sends a request and describes the answer; `closed` where the server hangs up instead. */
  ask(type: number, ...fields: readonly Field[]): Promise<string>;
  describe(reply: RawReply | undefined): string;
  end(): Promise<void>;
}

/** Our server over an empty memory backend, or over what is given. */
export function ourPeer(options: Pick<TestSessionOptions, 'backend' | 'layers'> = {}): Peer {
  const { client, done } = beginSession({ umask: 0o022, handlesMax: 1000, ...options });
  const end = async (): Promise<void> => {
    client.finish();
    await done;
  };
  return peer(client, '', end);
}

/** OpenSSH's server on its standard input and output, in an empty directory of its own. */
export async function opensshPeer(program: string, flags: readonly string[] = []): Promise<Peer> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'anyfs-sftp-server-')));
  await chmod(root, 0o755);
  const child = spawn(program, ['-u', '022', ...flags], { cwd: root, stdio: ['pipe', 'pipe', 'ignore'] });
  const exited = once(child, 'exit');
  const client = new SftpClient(Duplex.from({ readable: child.stdout, writable: child.stdin }));
  const end = async (): Promise<void> => {
    client.finish();
    await exited;
    await rm(root, { recursive: true, force: true });
  };
  return peer(client, root, end);
}

function peer(client: SftpClient, root: string, end: () => Promise<void>): Peer {
  let lastId = 0;
  const describe = (reply: RawReply | undefined): string =>
    reply === undefined ? 'closed' : words(reply, root);
  return {
    client,
    handles: new Map(),
    path: (path) => (path.startsWith('/') ? `${root}${path}` : path),
    async ask(type, ...fields) {
      const id = ++lastId;
      const body = Buffer.concat(fields);
      const head = Buffer.alloc(9);
      head.writeUInt32BE(5 + body.length, 0);
      head.writeUInt8(type, 4);
      head.writeUInt32BE(id, 5);
      client.send(head, body);
      return describe(await client.next());
    },
    describe,
    end,
  };
}

const STATUS_NAMES = new Map<number, string>(Object.entries(STATUS).map(([name, code]) => [code, name]));
const TYPES: Readonly<Record<number, string>> = {
  0o100000: 'file',
  0o040000: 'directory',
  0o120000: 'symlink',
};

/** What both servers must say alike: no owners, no sizes of directories, no times but those that a script set. */
function words(reply: RawReply, root: string): string {
  const atHome = (text: string): string => (root === '' ? text : text.replaceAll(root, '') || '/');
  switch (reply.type) {
    case PACKET.STATUS:
      return STATUS_NAMES.get(statusCode(reply)) ?? `status ${statusCode(reply)}`;
    case PACKET.HANDLE:
      return `handle${handleIn(reply).length > 0 ? '' : ' without a name'}`;
    case PACKET.DATA:
      return `data ${JSON.stringify(dataIn(reply).toString('latin1'))}`;
    case PACKET.NAME:
      return `names ${namesIn(reply)
        .map(({ name }) => atHome(name.toString('latin1')))
        .toSorted()
        .join(' ')}`;
    case PACKET.ATTRS:
      return attributeWords(reply);
    case PACKET.EXTENDED_REPLY:
      return `extended reply of ${extendedIn(reply).left} bytes`;
    default:
      return `packet ${reply.type}`;
  }
}

/** Times that a script sets are before this one; those of the clock are not. */
const SET_TIMES_BEFORE = 1_600_000_000;

function attributeWords(reply: RawReply): string {
  const { permissions = 0, size, mtime = 0 } = attributesIn(reply);
  const type = TYPES[permissions & 0o170000] ?? 'other';
  const mode = (permissions & 0o7777).toString(8);
  const length = type === 'file' ? ` of ${size} bytes` : '';
  const time = mtime < SET_TIMES_BEFORE ? ` at ${mtime}` : '';
  return `${type} ${mode}${length}${time}`;
}

/** Remembers the handle that a reply gives under a name, and describes the reply. */
export async function opened(
  peer: Peer,
  name: string,
  type: number,
  ...fields: readonly Field[]
): Promise<string> {
  const reply = await peer.client.ask(type, ...fields);
  if (reply.type === PACKET.HANDLE) peer.handles.set(name, handleIn(reply));
  return peer.describe(reply);
}

/** A handle by its name as a field; one that was never given where there is none. */
export function handle(peer: Peer, name: string): Field {
  return str(peer.handles.get(name) ?? 'none');
}
