/** Which way a case goes. */
export type Direction = 'push' | 'pull';
export type Start = 'empty' | 'old';

export interface OptionSet {
  readonly name: string;
  /** `%LIST%` is a file of names. */
  readonly options: readonly string[];
  /** Default: both. */
  readonly directions?: readonly Direction[];
  /** What the destination has before; default: both. */
  readonly starts?: readonly Start[];
  /** What is copied; default: the content of the tree. `@` stands for the tree. */
  readonly sources?: readonly string[];
  /** The destination; default: `dest/`. */
  readonly destination?: string;
  /** Run at every protocol in the short matrix. */
  readonly core?: boolean;
  /** Run for an ordinary account too. */
  readonly ordinary?: boolean;
  /** A directory of the destination that belongs to another account than an ordinary one, and its mode. */
  readonly closed?: { readonly name: string; readonly mode: number };
  /** Needs at least this protocol. */
  readonly protocol?: number;
  /** Only the tree and the status are compared: what is said is worded differently. */
  readonly silent?: boolean;
}

export const OPTION_SETS: readonly OptionSet[] = [
  { name: 'archive', options: ['-ai'], core: true, ordinary: true },
  { name: 'hard links', options: ['-aHi'], core: true, ordinary: true },
  { name: 'compressed', options: ['-azi'], core: true },
  { name: 'checksums', options: ['-aci'], core: true, ordinary: true },
  { name: 'delete', options: ['-ai', '--delete'], core: true },
  { name: 'verbose', options: ['-av'], core: true, ordinary: true },
  { name: 'dry run', options: ['-ain', '--delete'], core: true },
  { name: 'recursion and times alone', options: ['-rlti'] },
  { name: 'recursion alone', options: ['-ri'], ordinary: true },
  { name: 'very verbose items', options: ['-aii'] },
  { name: 'new compression', options: ['-azzi'] },
  { name: 'old compression', options: ['-ai', '--old-compress'] },
  { name: 'whole files', options: ['-aWi'] },
  { name: 'all files again', options: ['-aIi'], ordinary: true },
  { name: 'a block size', options: ['-ai', '-B', '2048'] },
  { name: 'md5', options: ['-ai', '--cc=md5'] },
  { name: 'xxh3', options: ['-ai', '--cc=xxh3'] },
  { name: 'xxh64 and a seed', options: ['-ai', '--cc=xxh64', '--checksum-seed=-5'] },
  { name: 'in place', options: ['-ai', '--inplace'], ordinary: true },
  { name: 'append', options: ['-ai', '--append'], ordinary: true },
  { name: 'append and verify', options: ['-ai', '--append-verify'] },
  { name: 'sparse', options: ['-aSi'] },
  { name: 'sizes only', options: ['-ai', '--size-only'] },
  { name: 'update', options: ['-aui'] },
  { name: 'existing', options: ['-ai', '--existing'] },
  {
    name: 'ignore existing',
    options: ['-ai', '--ignore-existing'],
    sources: ['@/dir', '@/odd', '@/dir-a', '@/big.bin'],
  },
  { name: 'a largest size', options: ['-ai', '--max-size=100k'] },
  { name: 'a smallest size', options: ['-ai', '--min-size=100'] },
  { name: 'numeric ids', options: ['-ai', '--numeric-ids'], ordinary: true },
  { name: 'another owner', options: ['-ai', '--chown=1234:4321'], ordinary: true },
  {
    name: 'maps of owners',
    options: ['-ai', '--usermap=r?ot:77,0-5:78,*:79', '--groupmap=100-60000:80,root:81'],
  },
  { name: 'maps of numbers', options: ['-ai', '--numeric-ids', '--usermap=0:77', '--groupmap=*:78'] },
  { name: 'a map with a name that is not there', options: ['-ai', '--usermap=*:nobody-at-all'] },
  { name: 'executability', options: ['-rltEi'], ordinary: true },
  { name: 'a window', options: ['-ai', '--modify-window=200'] },
  { name: 'nanoseconds', options: ['-ai', '-@-1'] },
  { name: 'omitted directory times', options: ['-aOi'], ordinary: true },
  { name: 'omitted link times', options: ['-aJi'] },
  ...[0o700, 0o711].flatMap((mode): OptionSet[] => {
    const closed = { name: 'dir', mode };
    const others = { directions: ['push'], starts: ['old'], ordinary: true, closed } as const;
    const named = `a directory of mode ${mode.toString(8)} that is not one's own`;
    return [
      { ...others, name: named, options: ['-ai'] },
      { ...others, name: `${named}, dry run`, options: ['-ain', '--delete'] },
      { ...others, name: `${named}, delete during`, options: ['-ai', '--delete'] },
      { ...others, name: `${named}, delete before`, options: ['-ai', '--delete-before'] },
      { ...others, name: `${named}, errors ignored`, options: ['-ai', '--delete', '--ignore-errors'] },
    ];
  }),
  { name: 'delete before', options: ['-ai', '--delete-before'], starts: ['old'] },
  { name: 'delete delayed', options: ['-ai', '--delete-delay'], starts: ['old'] },
  { name: 'delete after', options: ['-ai', '--delete-after'], starts: ['old'] },
  { name: 'delete excluded', options: ['-ai', '--delete-excluded', '--exclude=*.o'], starts: ['old'] },
  {
    name: 'delete with a filter',
    options: ['-ai', '--delete', '--exclude=*.o', '--filter=P extra-dir/below'],
    starts: ['old'],
  },
  { name: 'none deleted', options: ['-ai', '--delete', '--max-delete=0'], starts: ['old'], silent: true },
  { name: 'forced', options: ['-ai', '--force'], starts: ['old'], ordinary: true },
  {
    name: 'excludes',
    options: ['-ai', '--exclude=*.bin', '--exclude=/dir/sub/', '--include=*.o', '--exclude=a**'],
  },
  { name: 'only some', options: ['-ai', '--include=*/', '--include=*.txt', '--exclude=*'] },
  { name: 'empty directories pruned', options: ['-aim', '--include=*/', '--include=*.txt', '--exclude=*'] },
  { name: 'filters in directories', options: ['-aiF'] },
  { name: 'filters in directories, deleted', options: ['-aiF', '--delete'], starts: ['old'] },
  { name: 'cvs', options: ['-aiC'] },
  { name: 'cvs, deleted', options: ['-aiC', '--delete'], starts: ['old'] },
  { name: 'backups', options: ['-aib'], starts: ['old'], ordinary: true },
  { name: 'backups with a suffix', options: ['-aib', '--suffix=.orig'], starts: ['old'] },
  {
    name: 'backups in a directory, deleted',
    options: ['-aib', '--backup-dir=.kept', '--delete'],
    starts: ['old'],
  },
  { name: 'partial', options: ['-aiP', '--no-progress'], ordinary: true },
  { name: 'a directory for parts', options: ['-ai', '--partial-dir=.parts'], ordinary: true },
  { name: 'delayed updates', options: ['-ai', '--delay-updates'], ordinary: true },
  { name: 'secluded arguments', options: ['-ais'] },
  { name: 'no recursion', options: ['-di'] },
  { name: 'directories deleted', options: ['-dti', '--delete'], starts: ['old'] },
  { name: 'copied links', options: ['-aLi'], silent: true },
  { name: 'copied directory links', options: ['-aki'] },
  { name: 'kept directory links', options: ['-aKi'] },
  { name: 'safe links', options: ['-ai', '--safe-links'] },
  { name: 'copied unsafe links', options: ['-ai', '--copy-unsafe-links'], silent: true },
  { name: 'no links', options: ['-rti'] },
  { name: 'changed modes', options: ['-ai', '--chmod=D755,F640'] },
  { name: 'statistics', options: ['-a', '--stats'], silent: true },
  { name: 'limited', options: ['-ai', '--bwlimit=100m', '--timeout=30'] },
  { name: 'accepted attributes', options: ['-aiAX'], directions: ['push'], protocol: 30 },
  { name: 'a directory itself', options: ['-ai'], sources: ['@/dir'] },
  { name: 'several sources', options: ['-ai'], sources: ['@/dir', '@/a-b/', '@/small'] },
  { name: 'files from a list', options: ['-ai', '--files-from=%LIST%'], core: true },
  { name: 'relative', options: ['-aiR'], sources: ['@/./dir/sub', '@/./a/c'], ordinary: true },
  {
    name: 'relative without implied directories',
    options: ['-aiR', '--no-implied-dirs'],
    sources: ['@/./dir/sub'],
  },
  { name: 'one file to a name', options: ['-ti'], sources: ['@/small'], destination: 'dest/renamed' },
  { name: 'one file to a directory', options: ['-ti'], sources: ['@/small'] },
  { name: 'a missing source', options: ['-ai'], sources: ['@/missing', '@/small'], silent: true },
  {
    name: 'a path that is made',
    options: ['-ai', '--mkpath'],
    sources: ['@/dir/'],
    destination: 'dest/x/y/',
    starts: ['empty'],
  },
  { name: 'link-dest', options: ['-ai', '--link-dest=../other'], starts: ['empty'], ordinary: true },
  { name: 'copy-dest', options: ['-ai', '--copy-dest=../other'], starts: ['empty'], ordinary: true },
  { name: 'compare-dest', options: ['-ai', '--compare-dest=../other'], starts: ['empty'] },
  { name: 'sources removed', options: ['-ai', '--remove-source-files'], ordinary: true },
  {
    name: 'links kept and deleted during',
    options: ['-aHi', '--delete-during', '--no-whole-file'],
    starts: ['old'],
  },
  { name: 'fuzzy', options: ['-aiy'] },
  { name: 'one file system', options: ['-axi'] },
  { name: 'quiet', options: ['-aq'] },
  { name: 'old arguments', options: ['-ai', '--old-args'] },
];
