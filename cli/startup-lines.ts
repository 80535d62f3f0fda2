import { isIP } from 'node:net';
import { basename } from 'node:path';
import { formatListenAddress } from '../config/listen-address.ts';
import type { ListenAddress } from '../config/schema.ts';
import type { HostKey } from '../keys/host-keys.ts';
import { formatBytes } from '../vfs/backends/shared/format-bytes.ts';
import { FIRST_QUOTA_BYTES, type FirstAccount } from './first-run.ts';

export interface Startup {
  readonly version: string;
  readonly data: string;
  readonly hostKeys: readonly HostKey[];
  /** Where the server truly listens. */
  readonly addresses: readonly ListenAddress[];
  readonly firstAccount: FirstAccount | undefined;
  /** The account for the line to paste; absent where none can log in. */
  readonly name: string | undefined;
}

/** What a server says on standard output once it can be used. The last line is the command that logs in, and nothing else. */
export function startupLines({ version, data, hostKeys, addresses, firstAccount, name }: Startup): string[] {
  return [
    `AnyFS ${version}, data directory ${data}`,
    ...hostKeys.map((key) => `Host key ${key.fingerprint} (${key.type})`),
    ...(firstAccount === undefined ? [] : firstAccountLines(firstAccount)),
    ...(name === undefined
      ? ['No account can log in yet; add one with: anyfs user add NAME --key FILE']
      : []),
    `Listening on ${addresses.map(formatListenAddress).join(', ')}. To log in:`,
    ...addresses.slice(0, 1).map((address) => loginLine(address, name ?? 'NAME')),
  ];
}

function firstAccountLines({ name, keyFiles, password, skipped }: FirstAccount): string[] {
  const quota = `${formatBytes(FIRST_QUOTA_BYTES)} of room`;
  const login =
    password === undefined
      ? `the keys of ${keyFiles.map((file) => `~/.ssh/${basename(file)}`).join(', ')}`
      : `the password ${password}`;
  return [
    ...skipped.map((line) => `Not used: ${line}`),
    `Made the account ${name} with ${quota} and ${login}`,
    ...(password === undefined
      ? []
      : [`The password is shown this once; change it with: anyfs user set ${name} --password-stdin`]),
  ];
}

/** `sftp -P 2022 alice@localhost`, ready to be pasted. */
export function loginLine({ host, port }: ListenAddress, name: string): string {
  const target = `${name}@${reachableHost(host)}`;
  // A shell would take brackets for a pattern.
  return `sftp -P ${port} ${target.includes('[') ? `'${target}'` : target}`;
}

/** How a person on this machine names the address. */
function reachableHost(host: string): string {
  if (host === '127.0.0.1' || host === '0.0.0.0' || host === '::' || host === '') return 'localhost';
  return isIP(host) === 6 ? `[${host}]` : host;
}
