import { createServer } from 'node:net';
import { formatListenAddress } from '../../config/listen-address.ts';
import type { ListenAddress } from '../../config/schema.ts';
import { whoHolds } from '../../server/data-lock.ts';
import { describeError } from '../describe-error.ts';
import { fail, ok, type Finding } from './finding.ts';

/** Is the server running, or could it listen where it is told to? */
export async function examineAddresses(data: string, listen: readonly ListenAddress[]): Promise<Finding[]> {
  const server = await whoHolds(data);
  if (server !== undefined) {
    const places = server.listen.map(formatListenAddress).join(', ');
    const about = `process id ${server.pid}, version ${server.version}, listening on ${places}`;
    return [ok('server', `running: ${about}; ${server.connections} connections`)];
  }
  return Promise.all(listen.map(examineAddress));
}

async function examineAddress(address: ListenAddress): Promise<Finding> {
  try {
    await tryToListen(address);
    return ok('server', `not running; ${formatListenAddress(address)} is free`);
  } catch (error) {
    return fail('server', `not running, and it could not listen: ${describeError(error)}`);
  }
}

function tryToListen({ host, port }: ListenAddress): Promise<void> {
  const listener = createServer();
  return new Promise((resolve, reject) => {
    listener.once('error', reject);
    listener.listen({ host, port, exclusive: true }, () => listener.close(() => resolve()));
  });
}
