import { readFileSync } from 'node:fs';
import ssh2 from 'ssh2';
import type { Login } from './login.ts';

const STATUS = 101;

/** A raw channel of a session that is properly logged in. */
export interface RawSubsystem {
  readonly client: ssh2.Client;
  readonly channel: ssh2.ClientChannel;
  readonly received: () => Buffer;
  readonly closed: () => boolean;
}

/** The raw `sftp` channel of a session that is properly logged in. */
export async function openSubsystem({ host, port, user, identity }: Login): Promise<RawSubsystem> {
  const client = new ssh2.Client();
  const ready = new Promise<void>((resolve, reject) => {
    client.once('ready', () => resolve());
    client.once('error', reject);
  });
  client.connect({ host, port, username: user, privateKey: readFileSync(identity) });
  await ready;
  client.on('error', () => {});
  const channel = await new Promise<ssh2.ClientChannel>((resolve, reject) => {
    client.subsys('sftp', (error, opened) => (error === undefined ? resolve(opened) : reject(error)));
  });
  const parts: Buffer[] = [];
  let closed = false;
  channel.on('data', (part: Buffer) => parts.push(part));
  channel.on('error', () => {});
  channel.once('close', () => (closed = true));
  const whole = (): Buffer => {
    const all = Buffer.concat(parts);
    parts.splice(0, Infinity, all);
    return all;
  };
  return { client, channel, received: whole, closed: () => closed };
}

/** The whole packets in what came, each without its length and type. */
export function replies(bytes: Buffer): { type: number; body: Buffer }[] {
  const found: { type: number; body: Buffer }[] = [];
  for (let at = 0; at + 5 <= bytes.length;) {
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) break;
    found.push({ type: bytes.readUInt8(at + 4), body: bytes.subarray(at + 5, end) });
    at = end;
  }
  return found;
}

/** The codes of all STATUS packets in what came. */
export function statusCodes(bytes: Buffer): number[] {
  return replies(bytes)
    .filter(({ type }) => type === STATUS)
    .map(({ body }) => body.readUInt32BE(4));
}
