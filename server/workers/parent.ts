import type { Socket } from 'node:net';
import type { Answers, FromWorker, News, ToWorker, WorkerStart } from './messages.ts';

/** What a worker does when the supervisor says so. */
export interface WorkerDuties {
  connection(connection: string, socket: Socket): void;
  evict(connection: string): void;
  close(graceMs: number): void;
}

/** The supervisor, as a worker sees it. */
export class Parent {
  readonly #answers = new Map<number, (value: never) => void>();
  #nextId = 1;

  /** The first thing that it says. A worker ends with its supervisor, at once, as a server ends that is killed. */
  static async begin(): Promise<{ readonly parent: Parent; readonly start: WorkerStart }> {
    process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
    const message = await new Promise<ToWorker>((resolve) => process.once('message', resolve));
    if (message.kind !== 'start') throw new Error('the supervisor has not said how to start');
    return { parent: new Parent(), start: message.start };
  }

  /** From now on it is obeyed. */
  obey(duties: WorkerDuties): void {
    process.on('message', (message: ToWorker, handle: unknown) => {
      switch (message.kind) {
        case 'connection':
          this.tell({ kind: 'taken', connection: message.connection });
          // Absent where the client was gone before it came here.
          if (handle === undefined) return this.tell({ kind: 'ended', connection: message.connection });
          return duties.connection(message.connection, handle as Socket);
        case 'evict':
          return duties.evict(message.connection);
        case 'close':
          return duties.close(message.graceMs);
        case 'answer':
          this.#answers.get(message.id)?.(message.value as never);
          this.#answers.delete(message.id);
          return;
        case 'start':
          throw new Error('the supervisor has said twice how to start');
      }
    });
  }

  ask<K extends keyof Answers>(kind: K, of: string): Promise<Answers[K]> {
    const id = this.#nextId++;
    this.#send({ kind, id, of });
    return new Promise((resolve) => this.#answers.set(id, resolve));
  }

  tell(news: News): void {
    this.#send(news);
  }

  /** One that is gone takes this process with it. */
  #send(message: FromWorker): void {
    if (process.connected) process.send?.(message, undefined, {}, () => {});
  }
}
