import { MemoryBackend } from '../../../vfs/backends/memory/index.ts';
import type { CallContext, Handle, OpenFlags, VfsBackend } from '../../../vfs/backend.ts';
import { stack, type Layer } from '../../../vfs/layer.ts';
import { at } from '../../conformance/suite.ts';

/** A store, and the same store seen through layers. */
export function layered(...layers: readonly Layer[]): { below: VfsBackend; above: VfsBackend } {
  const below = new MemoryBackend();
  return { below, above: stack(below, ...layers) };
}

export function open(
  backend: VfsBackend,
  path: string,
  flags: OpenFlags,
  ctx: CallContext = {},
): Promise<Handle> {
  return backend.open(at(path), flags, 0o644, ctx);
}

/** Makes or replaces a file. */
export async function put(
  backend: VfsBackend,
  path: string,
  content: string,
  ctx: CallContext = {},
): Promise<void> {
  const handle = await open(backend, path, { access: 'w', create: 'if-missing', truncate: true }, ctx);
  await backend.write(handle, 0, new TextEncoder().encode(content), ctx);
  await backend.close(handle, ctx);
}

export async function text(backend: VfsBackend, path: string, ctx: CallContext = {}): Promise<string> {
  const handle = await open(backend, path, { access: 'r' }, ctx);
  const bytes = await backend.read(handle, 0, 1 << 20, ctx);
  await backend.close(handle, ctx);
  return new TextDecoder().decode(bytes);
}

export async function mkdirs(backend: VfsBackend, ...paths: readonly string[]): Promise<void> {
  for (const path of paths) await backend.mkdir(at(path), 0o755, {});
}

export async function names(backend: VfsBackend, path: string, limit = 1000): Promise<string[]> {
  const all: string[] = [];
  for (;;) {
    const page = await backend.readdir(at(path), { after: all.at(-1), limit }, {});
    all.push(...page.map(({ name }) => name));
    if (page.length < limit) return all;
  }
}
