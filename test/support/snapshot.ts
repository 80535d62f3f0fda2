import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Everything about a tree of the host that reading it does not change, as one comparable value. */
export function snapshot(directory: string): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  const look = (path: string, name: string): void => {
    const { ino, mode, nlink, uid, gid, size, mtimeNs, ctimeNs } = lstatSync(path, { bigint: true });
    const isDirectory = (mode & 0o170000n) === 0o040000n;
    const isLink = (mode & 0o170000n) === 0o120000n;
    const content = isDirectory
      ? readdirSync(path).sort()
      : isLink
        ? readlinkSync(path)
        : readFileSync(path, 'latin1');
    found[name] = { ino, mode, nlink, uid, gid, size, mtimeNs, ctimeNs, content };
    if (isDirectory) for (const child of content as string[]) look(join(path, child), `${name}/${child}`);
  };
  look(directory, '');
  return found;
}
