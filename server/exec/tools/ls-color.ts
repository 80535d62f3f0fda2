import type { Listed } from './ls-order.ts';

/** dircolors(1) without a file: what an entry's kind is shown in. */
const KINDS = {
  directory: '01;34',
  symlink: '01;36',
  orphan: '40;31;01',
  executable: '01;32',
  setuid: '37;41',
  setgid: '30;43',
  sticky: '37;44',
  stickyOtherWritable: '30;42',
  otherWritable: '34;42',
} as const;

const ARCHIVE = /\.(?:tar|tgz|zip|gz|xz|zst|bz2|7z|rar|deb|rpm|jar|lz4?)$/i;
const PICTURE = /\.(?:jpe?g|gif|bmp|png|svg|tiff?|webp|mp4|mkv|webm|mov|avi|ogv)$/i;
const AUDIO = /\.(?:aac|flac|m4a|mid|mp3|ogg|opus|wav)$/i;

/** The text in the colour of what it names; `isOrphan`: a symlink that leads nowhere. */
export function colored(text: string, { name, stats: { type, mode } }: Listed, isOrphan: boolean): string {
  const code =
    type === 'file'
      ? fileColor(name, mode)
      : type === 'directory'
        ? directoryColor(mode)
        : isOrphan
          ? KINDS.orphan
          : KINDS.symlink;
  return code === undefined ? text : `\x1b[0m\x1b[${code}m${text}\x1b[0m`;
}

function directoryColor(mode: number): string {
  const isOpen = (mode & 0o002) !== 0;
  if ((mode & 0o1000) !== 0) return isOpen ? KINDS.stickyOtherWritable : KINDS.sticky;
  return isOpen ? KINDS.otherWritable : KINDS.directory;
}

function fileColor(name: string, mode: number): string | undefined {
  if ((mode & 0o4000) !== 0) return KINDS.setuid;
  if ((mode & 0o2000) !== 0) return KINDS.setgid;
  if ((mode & 0o111) !== 0) return KINDS.executable;
  if (ARCHIVE.test(name)) return '01;31';
  if (PICTURE.test(name)) return '01;35';
  return AUDIO.test(name) ? '00;36' : undefined;
}
