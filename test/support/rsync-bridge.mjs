// What `rsync -e` runs in tests: hands the command line to the test's process over a socket, and its streams with it.
import { createConnection } from 'node:net';

const [socketPath, _host, ...words] = process.argv.slice(2);
const socket = createConnection(socketPath);
socket.write(`${Buffer.from(words.join(' '), 'latin1').toString('base64')}\n`);
process.stdin.pipe(socket);
process.stdin.on('error', () => socket.destroy());

/** Frames of a byte that says what, four bytes of length, and the content. */
let held = Buffer.alloc(0);
let status = 255;
const handlers = {
  1: (bytes) => process.stdout.write(bytes),
  2: (bytes) => process.stderr.write(bytes),
  3: (bytes) => {
    status = bytes[0];
    return true;
  },
};
process.stdout.on('error', () => socket.destroy());
process.stdout.on('drain', () => socket.resume());
socket.on('data', (bytes) => {
  held = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
  while (held.length >= 5 && held.length >= 5 + held.readUInt32LE(1)) {
    const end = 5 + held.readUInt32LE(1);
    const isTaken = handlers[held[0]](held.subarray(5, end));
    held = held.subarray(end);
    if (!isTaken) socket.pause();
  }
});
socket.on('error', () => {});
socket.on('close', () => {
  process.stdin.destroy();
  process.exitCode = status;
});
