import type { VfsBackend } from '../../vfs/backend.ts';
import { ROOT, vfsPath } from '../../vfs/path.ts';
import { runProgram, succeed } from './run-program.ts';
import { treeOf } from './tree-of.ts';

/** Extended attributes by path and name; values in Latin-1. */
export type Xattrs = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Node cannot reach them. */
const SET = `
import json, os, sys
for path, attributes in json.load(sys.stdin).items():
    for name, value in attributes.items():
        os.setxattr(path, name, value.encode('latin-1'), follow_symlinks=False)
`;

const READ = `
import json, os, sys
found = {}
def look(path, name):
    names = [one for one in os.listxattr(path, follow_symlinks=False) if one.split('.')[0] in ('user', 'trusted')]
    if names:
        found[name] = {one: os.getxattr(path, one, follow_symlinks=False).decode('latin-1') for one in names}
root = sys.argv[1]
look(root, '.')
for directory, directories, files in os.walk(root):
    for one in directories + files:
        path = os.path.join(directory, one)
        look(path, os.path.relpath(path, root))
json.dump(found, sys.stdout)
`;

/** Whether files in the directory can have extended attributes of the namespace `user.`. */
export async function hasXattrs(directory: string): Promise<boolean> {
  const input = JSON.stringify({ [directory]: { 'user.probe': '' } });
  return (await runProgram('python3', ['-c', SET], { input })).status === 0;
}

/** Sets them on paths below `root`. */
export async function setLocalXattrs(root: string, xattrs: Xattrs): Promise<void> {
  const absolute = Object.entries(xattrs).map(([path, attributes]) => [`${root}/${path}`, attributes]);
  await succeed('python3', ['-c', SET], { input: JSON.stringify(Object.fromEntries(absolute)) });
}

/** Those of all that is below `root`, by relative path; the root is `.`. */
export async function localXattrs(root: string): Promise<Xattrs> {
  return JSON.parse((await succeed('python3', ['-c', READ, root])).stdout) as Xattrs;
}

/** The same of a storage. */
export async function storedXattrs(backend: VfsBackend, root: string): Promise<Xattrs> {
  const top = vfsPath(root);
  const found: Record<string, Record<string, string>> = {};
  for (const path of [top, ...(await treeOf(backend)).keys()]) {
    if (path !== top && !path.startsWith(`${top}/`)) continue;
    const names = await backend.listxattr(path, {});
    if (names.length === 0) continue;
    const attributes: Record<string, string> = {};
    for (const name of names)
      attributes[name] = Buffer.from(await backend.getxattr(path, name, {})).toString('latin1');
    found[path === top ? '.' : path.slice(top === ROOT ? 1 : top.length + 1)] = attributes;
  }
  return found;
}
