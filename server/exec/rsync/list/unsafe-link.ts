/**
 * Whether the target of a symlink leads out of the tree (unsafe_symlink, util1.c): absolute, with more `..` than there are
 * directories above, or with `..` after a name.
 */
export function isUnsafeLink(target: string, name: string): boolean {
  if (target === '' || target.startsWith('/')) return true;
  let depth = name.split('/').filter((part) => part !== '' && part !== '.').length - 1;
  for (const part of target.split('/')) {
    if (part === '..') {
      if (--depth < 0) return true;
    } else if (part !== '' && part !== '.') depth++;
  }
  return hasDotsAfterName(target);
}

function hasDotsAfterName(target: string): boolean {
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  const first = parts.findIndex((part) => part !== '..');
  return first >= 0 && parts.slice(first).includes('..');
}
