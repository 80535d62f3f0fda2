import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { exitOf, loginOptions, place } from '../client.ts';
import type { SftpTarget } from '../peer.ts';
import { AT, packet, STATUS, TYPE, uint32 } from './packets.ts';

/** An answer: its type, and what stands behind its request's number. A data packet's content is thrown away, its length kept. */
export interface Answer {
  readonly type: number;
  readonly fields: Buffer;
  /** Bytes of content in a data packet. */
  readonly length: number;
}

/** Length, type, number, length of the data. */
const DATA_HEADER_BYTES = 13;

/**
 * SFTP over the real `ssh`, which encrypts in a process of its own, so that what this one does is no more than
 * packing and unpacking. Requests go out at once, however many wait for their answers.
 */
export class SftpConnection {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly #ended: Promise<unknown>;
  #nextId = 1;
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes of content that are still to come, and whom to tell then. */
  #skip = 0;
  #told: (() => void) | undefined;
  #fail: (error: Error) => void = () => {};
  #onVersion: () => void = () => {};
  readonly #version = new Promise<void>((resolve) => (this.#onVersion = resolve));
  /** Rejects when the connection is lost, with what `ssh` said. */
  readonly failed: Promise<never>;

  private constructor(child: ChildProcessByStdio<Writable, Readable, Readable>) {
    let said = '';
    this.#child = child;
    this.#ended = exitOf(child);
    this.failed = new Promise<never>((_resolve, reject) => {
      this.#fail = reject;
      void this.#ended.then((code) => reject(new Error(`ssh ended with ${String(code)}: ${said.trim()}`)));
    });
    this.failed.catch(() => {});
    child.stdout.on('data', (chunk: Buffer) => this.#take(chunk));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.stdin.on('error', () => {});
    child.stdin.write(packet(TYPE.init, uint32(3)));
  }

  /** Logs in and agrees on the version. Rejects with what `ssh` said. */
  static async open(target: SftpTarget, cipher: string | undefined): Promise<SftpConnection> {
    const login = ['-p', String(target.port), ...loginOptions(target, cipher)];
    const connection = new SftpConnection(
      spawn('ssh', [...login, '-s', place(target), 'sftp'], { stdio: ['pipe', 'pipe', 'pipe'] }),
    );
    await Promise.race([connection.#version, connection.failed]);
    return connection;
  }

  /** Sends a request, into which it writes the number; the buffer may be used again once it is answered. */
  send(request: Buffer, answered: (answer: Answer) => void): void {
    const id = this.#nextId++ >>> 0;
    request.writeUInt32BE(id, AT.id);
    this.#waiting.set(id, answered);
    this.#child.stdin.write(request);
  }

  /** Sends a request of these fields and answers the answer; rejects where it is a status other than OK and end of file. */
  ask(type: number, ...fields: readonly Uint8Array[]): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.send(packet(type, uint32(0), ...fields), (answer) => {
        const code = answer.type === TYPE.status ? answer.fields.readUInt32BE(0) : STATUS.ok;
        if (code === STATUS.ok || code === STATUS.eof) resolve(answer);
        else reject(new Error(`request ${type} was answered with status ${code}`));
      });
    });
  }

  /** Ends the session as a client does that is done. */
  async close(): Promise<void> {
    this.#child.stdin.end();
    await this.#ended;
  }

  #take(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, bytes.length);
        this.#skip -= skipped;
        bytes = bytes.subarray(skipped);
        if (this.#skip > 0) break;
        this.#told?.();
        this.#told = undefined;
      }
      if (bytes.length < AT.fields) break;
      const end = 4 + bytes.readUInt32BE(0);
      if (bytes[AT.type] === TYPE.data) {
        if (bytes.length < DATA_HEADER_BYTES) break;
        const length = bytes.readUInt32BE(AT.fields);
        const id = bytes.readUInt32BE(AT.id);
        this.#told = () => this.#answer(id, { type: TYPE.data, fields: Buffer.alloc(0), length });
        this.#skip = length;
        bytes = bytes.subarray(DATA_HEADER_BYTES);
        if (length === 0) this.#told();
        continue;
      }
      if (bytes.length < end) break;
      this.#packet(bytes.subarray(0, end));
      bytes = bytes.subarray(end);
    }
    this.#rest = Buffer.from(bytes);
  }

  #packet(bytes: Buffer): void {
    const type = bytes[AT.type] ?? 0;
    if (type === TYPE.version) return this.#onVersion();
    this.#answer(bytes.readUInt32BE(AT.id), {
      type,
      fields: Buffer.from(bytes.subarray(AT.fields)),
      length: 0,
    });
  }

  #answer(id: number, answer: Answer): void {
    const answered = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (answered === undefined) this.#fail(new Error('an answer to no request'));
    else answered(answer);
  }
}
