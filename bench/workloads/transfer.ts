import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { loginOptions, place, runClient, sftp } from '../client.ts';
import { userOf, type RunningPeer, type Service } from '../peer.ts';
import type { Inputs, Run, Step, Workload } from '../workload.ts';
import { makeRandomFile, sameContent } from './random-file.ts';

const CHACHA = 'chacha20-poly1305@openssh.com';

/** One large file to the server by the real `sftp`, and back, once with each cipher; what comes back is compared. */
export function transfer(inputs: Inputs): Workload {
  const source = join(inputs.local, 'large');
  const copy = join(inputs.local, 'copy');
  const run = (command: (directory: string) => string, cipher: string) => async (peer: RunningPeer) => {
    const target = userOf(peer, 0);
    return (): Promise<void> => sftp(target, [command(target.directory)], cipher);
  };
  return {
    name: 'transfer',
    prepare: () => makeRandomFile(source, inputs.size),
    steps: inputs.ciphers.flatMap((cipher): Step[] => [
      large(
        inputs,
        'put',
        cipher,
        run((directory) => `put "${source}" "${directory}/large"`, cipher),
      ),
      {
        ...large(
          inputs,
          'get',
          cipher,
          run((directory) => `get "${directory}/large" "${copy}"`, cipher),
        ),
        verify: () => arrived(source, copy),
      },
    ]),
    cleanUp: (peer) => removeLarge(peer, inputs),
  };
}

/** The same by the scripted client with many requests on their way, without a file on its side. */
export function scriptedTransfer(inputs: Inputs): Workload {
  const run =
    (kind: 'put' | 'get', cipher: string) =>
    (peer: RunningPeer): Promise<Run> => {
      const target = userOf(peer, 0);
      return inputs
        .driver()
        .begin(target, cipher, { kind, path: `${target.directory}/large`, size: inputs.size });
    };
  return {
    name: 'transfer64',
    steps: inputs.ciphers.flatMap((cipher): Step[] => [
      large(inputs, 'put64', cipher, run('put', cipher)),
      large(inputs, 'get64', cipher, run('get', cipher)),
    ]),
    cleanUp: (peer) => removeLarge(peer, inputs),
  };
}

/** The same by `scp` with the protocol that it had before SFTP. */
export function scp(inputs: Inputs): Workload {
  const source = join(inputs.local, 'large');
  const copy = join(inputs.local, 'copy');
  const run = (upwards: boolean, cipher: string) => async (peer: RunningPeer) => {
    const target = userOf(peer, 0);
    const there = `${place(target)}:${target.directory}/large`;
    const options = ['-O', '-q', '-P', String(target.port), ...loginOptions(target, cipher)];
    const names = upwards ? [source, there] : [there, copy];
    return async (): Promise<void> => void (await runClient('scp', [...options, ...names]));
  };
  const [cipher] = inputs.ciphers;
  return {
    name: 'scp',
    prepare: () => makeRandomFile(source, inputs.size),
    steps: [
      { ...large(inputs, 'scp -O put', cipher, run(true, cipher)), needs: 'scp' },
      {
        ...large(inputs, 'scp -O get', cipher, run(false, cipher)),
        needs: 'scp',
        verify: () => arrived(source, copy),
      },
    ],
    cleanUp: (peer) => removeLarge(peer, inputs),
  };
}

function large({ size }: Inputs, name: string, cipher: string, begin: Step['begin']): Step {
  const needs: Service | undefined = cipher === CHACHA ? CHACHA : undefined;
  return { name: `${name} ${cipher.split('-')[0]}`, bytes: size, count: 1, unit: 's', needs, begin };
}

async function arrived(source: string, copy: string): Promise<void> {
  await sameContent(source, copy);
  await rm(copy);
}

async function removeLarge(peer: RunningPeer, { ciphers }: Inputs): Promise<void> {
  const target = userOf(peer, 0);
  await sftp(target, [`rm "${target.directory}/large"`], ciphers[0]);
}
