/*
 * Sockets in the data directory where storages are reached from other processes (storage-door.ts). The paths of sockets
 * have little room.
 */

/** Of a server that is one process. No longer than the control socket's name: where that fits, this does. */
export const SERVER_DOOR = 'storage.sock';

/** Of the worker with that number. */
export function workerDoor(number: number): string {
  return `worker-${number}.sock`;
}
