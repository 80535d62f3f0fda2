/** When files that the sender does not have are deleted; `default` depends on the protocol. */
export type DeleteTiming = 'before' | 'during' | 'delay' | 'after' | 'default';

/** What a client's command line asks for (options.c). Sizes are bytes. */
export interface Options {
  server: boolean;
  sender: boolean;
  /** The value of `-e`: what the client is able to. */
  capabilities: string | undefined;

  verbose: number;
  quiet: boolean;
  dryRun: boolean;
  /** How much is itemized: `%i` is 1, `%i%I` is 2. */
  itemize: number;

  recurse: boolean;
  directories: boolean;
  listOnly: boolean;
  relative: boolean;
  impliedDirectories: boolean;
  symlinks: boolean;
  copyLinks: boolean;
  copyUnsafeLinks: boolean;
  safeLinks: boolean;
  copyDirectoryLinks: boolean;
  keepDirectoryLinks: boolean;
  hardLinks: boolean;
  devices: boolean;
  specials: boolean;
  permissions: boolean;
  executability: boolean;
  owner: boolean;
  group: boolean;
  times: boolean;
  omitDirectoryTimes: boolean;
  omitLinkTimes: boolean;
  accessTimes: boolean;
  creationTimes: boolean;
  acls: boolean;
  /** How often `-X` is given: twice, rsync's own attributes (`user.rsync.%…`) go with the others. */
  xattrs: number;
  numericIds: boolean;
  /** `FROM:TO,…`. */
  usermap: string | undefined;
  groupmap: string | undefined;

  checksum: boolean;
  ignoreTimes: boolean;
  sizeOnly: boolean;
  update: boolean;
  existing: boolean;
  ignoreExisting: boolean;
  maxSize: number | undefined;
  minSize: number | undefined;
  /** Seconds; -1 compares nanoseconds too. */
  modifyWindow: number;

  wholeFile: boolean;
  blockSize: number;
  inplace: boolean;
  /** 1: `--append`; 2: `--append-verify`. */
  append: number;
  partial: boolean;
  partialDirectory: string | undefined;
  delayUpdates: boolean;
  backup: boolean;
  backupDirectory: string | undefined;
  suffix: string | undefined;
  linkDestinations: string[];
  copyDestinations: string[];
  compareDestinations: string[];
  makePath: boolean;
  removeSourceFiles: boolean;

  deleteTiming: DeleteTiming | undefined;
  deleteExcluded: boolean;
  maxDelete: number | undefined;
  force: boolean;
  ignoreErrors: boolean;
  deleteMissingArguments: boolean;
  ignoreMissingArguments: boolean;
  pruneEmptyDirectories: boolean;
  cvsExclude: boolean;

  compress: boolean;
  compressChoice: string | undefined;
  compressLevel: number | undefined;
  checksumChoice: string | undefined;
  checksumSeed: number;

  filesFrom: string | undefined;
  from0: boolean;
  /** Seconds; 0: none. */
  timeout: number;
  /** Units of 1,024 bytes a second; 0: as fast as it goes. */
  bandwidthLimit: number;
}

export function defaultOptions(): Options {
  return {
    server: false,
    sender: false,
    capabilities: undefined,
    verbose: 0,
    quiet: false,
    dryRun: false,
    itemize: 0,
    recurse: false,
    directories: false,
    listOnly: false,
    relative: false,
    impliedDirectories: true,
    symlinks: false,
    copyLinks: false,
    copyUnsafeLinks: false,
    safeLinks: false,
    copyDirectoryLinks: false,
    keepDirectoryLinks: false,
    hardLinks: false,
    devices: false,
    specials: false,
    permissions: false,
    executability: false,
    owner: false,
    group: false,
    times: false,
    omitDirectoryTimes: false,
    omitLinkTimes: false,
    accessTimes: false,
    creationTimes: false,
    acls: false,
    xattrs: 0,
    numericIds: false,
    usermap: undefined,
    groupmap: undefined,
    checksum: false,
    ignoreTimes: false,
    sizeOnly: false,
    update: false,
    existing: false,
    ignoreExisting: false,
    maxSize: undefined,
    minSize: undefined,
    modifyWindow: 0,
    wholeFile: false,
    blockSize: 0,
    inplace: false,
    append: 0,
    partial: false,
    partialDirectory: undefined,
    delayUpdates: false,
    backup: false,
    backupDirectory: undefined,
    suffix: undefined,
    linkDestinations: [],
    copyDestinations: [],
    compareDestinations: [],
    makePath: false,
    removeSourceFiles: false,
    deleteTiming: undefined,
    deleteExcluded: false,
    maxDelete: undefined,
    force: false,
    ignoreErrors: false,
    deleteMissingArguments: false,
    ignoreMissingArguments: false,
    pruneEmptyDirectories: false,
    cvsExclude: false,
    compress: false,
    compressChoice: undefined,
    compressLevel: undefined,
    checksumChoice: undefined,
    checksumSeed: 0,
    filesFrom: undefined,
    from0: false,
    timeout: 0,
    bandwidthLimit: 0,
  };
}
