import type { Socket } from 'node:net';
import { Connection, type ConnectionServices } from './connection.ts';
import { DISCONNECT } from './ssh/messages.ts';
import { withinTime } from './within-time.ts';

/** The connections of a process. */
export class Connections {
  readonly #services: ConnectionServices;
  readonly #connections = new Set<Connection>();

  constructor(services: ConnectionServices) {
    this.#services = services;
  }

  /** Logged in or not. */
  get size(): number {
    return this.#connections.size;
  }

  /** Serves a client that has connected. `id` names the connection in the log; `own` is for this one alone. Resolves when nothing of it is left. */
  async take(id: string, socket: Socket, own: Partial<ConnectionServices> = {}): Promise<void> {
    try {
      const connection = new Connection(id, socket, { ...this.#services, ...own });
      this.#connections.add(connection);
      await connection.done;
      this.#connections.delete(connection);
    } catch (error) {
      this.#services.log.error('a connection could not be taken on', { error });
      socket.on('error', () => {});
      socket.destroy();
    }
  }

  /** Ends those that have not logged in, gives the others `graceMs` to end by themselves, and ends them. */
  async end(graceMs: number): Promise<void> {
    const ended = (): Promise<unknown> => Promise.all([...this.#connections].map(({ done }) => done));
    const sayGoodbye = (connection: Connection): void =>
      connection.end(DISCONNECT.byApplication, 'The server is shutting down.');
    for (const connection of this.#connections) if (!connection.loggedIn) sayGoodbye(connection);
    await withinTime(ended(), graceMs);
    for (const connection of this.#connections) sayGoodbye(connection);
    await ended();
  }
}
