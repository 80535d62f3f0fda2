import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import ssh2, { type FileEntryWithStats, type SFTPWrapper } from 'ssh2';
import type { Login } from './login.ts';

/** An SFTP session in this process, in promises; calls fail when the connection is lost. */
export interface Ssh2Session {
  /** Writes a file that is there only then, or replaces one; resolves when its CLOSE was acknowledged. */
  put(path: string, content: Buffer): Promise<void>;
  get(path: string): Promise<Buffer>;
  remove(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  makeDirectory(path: string): Promise<void>;
  names(path: string): Promise<string[]>;
  /** Resolves when the connection has ended. */
  readonly ended: Promise<void>;
  end(): void;
}

/** Logs in by key; rejects where that fails. The host's key is not looked at. */
export async function ssh2Session({ host, port, user, identity }: Login): Promise<Ssh2Session> {
  const client = new ssh2.Client();
  const ended = new Promise<void>((resolve) => client.once('close', () => resolve()));
  const ready = new Promise<void>((resolve, reject) => {
    client.once('ready', () => resolve());
    client.on('error', reject);
  });
  client.connect({ host, port, username: user, privateKey: readFileSync(identity) });
  await Promise.race([ready, lostWith(ended)]);
  const sftp = await new Promise<SFTPWrapper>((resolve, reject) => {
    client.sftp((error, channel) => (error === undefined ? resolve(channel) : reject(error)));
  });
  // A call that waits for its answer when the connection ends would wait for ever.
  const alive = <T>(work: Promise<T>): Promise<T> => Promise.race([work, lostWith(ended)]);
  const open = promisify<string, string, Buffer>(sftp.open.bind(sftp) as Callback2<Buffer>);
  const close = promisify<Buffer, void>(sftp.close.bind(sftp));
  return {
    ended,
    end: () => client.end(),
    async put(path, content) {
      const handle = await alive(open(path, 'w'));
      const write = (): Promise<void> =>
        new Promise((resolve, reject) => {
          sftp.write(handle, content, 0, content.length, 0, (error) => (error ? reject(error) : resolve()));
        });
      if (content.length > 0) await alive(write());
      await alive(close(handle));
    },
    get: (path) => alive(promisify<string, Buffer>(sftp.readFile.bind(sftp) as Callback1<Buffer>)(path)),
    remove: (path) => alive(promisify<string, void>(sftp.unlink.bind(sftp))(path)),
    rename: (from, to) => alive(promisify<string, string, void>(sftp.rename.bind(sftp))(from, to)),
    makeDirectory: (path) => alive(promisify<string, void>(sftp.mkdir.bind(sftp) as Callback1<void>)(path)),
    async names(path) {
      const list = promisify<string, FileEntryWithStats[]>(
        sftp.readdir.bind(sftp) as Callback1<FileEntryWithStats[]>,
      );
      return (await alive(list(path))).map(({ filename }) => filename);
    },
  };
}

type Callback1<T> = (path: string, done: (error: Error | null, result: T) => void) => void;
type Callback2<T> = (path: string, flags: string, done: (error: Error | null, result: T) => void) => void;

async function lostWith(ended: Promise<void>): Promise<never> {
  await ended;
  throw new Error('the connection was lost');
}
