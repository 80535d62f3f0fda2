/** What a backend can do beyond the core. Each is tied to a section of the conformance suite; a missing one is refused with `ENOTSUP`. */
export interface Capabilities {
  readonly symlinks: boolean;
  readonly hardLinks: boolean;
  /** Holes take no space. */
  readonly sparse: boolean;
  /** `getxattr`, `setxattr`, `listxattr`, `removexattr`. */
  readonly xattrs: boolean;
  /** `lock`, `tryLock`, `unlock`. */
  readonly locks: boolean;
  /** `lookup`, `statInode`, `pathToInode`, `inodeToPath`, and inode numbers that are never used again. */
  readonly inodes: boolean;
  /** `resolve` walks symlinks inside the backend, in one call and atomically. */
  readonly resolvesPaths: boolean;
  /** Times are kept to the nanosecond; otherwise to the millisecond. */
  readonly nanoseconds: boolean;
  /** `ctx.limits` is checked inside the transaction that would exceed it. */
  readonly limits: boolean;
  /** What was acknowledged survives the end of the process. */
  readonly persistent: boolean;
}
