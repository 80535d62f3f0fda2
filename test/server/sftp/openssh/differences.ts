/** An answer that is meant to be another than that of OpenSSH's server. */
export interface Difference {
  readonly why: string;
  /** `script: question`. */
  readonly what: RegExp;
  readonly openssh: string | RegExp;
  readonly ours: string | RegExp;
}

const REFUSED = /^(NO_SUCH_FILE|FAILURE|BAD_MESSAGE|PERMISSION_DENIED)$/;

export const DIFFERENCES: readonly Difference[] = [
  {
    why: 'A handle that is unknown, or not open for what is asked: FAILURE. "No such file" reads as if the file were gone.',
    what: /: (read|write|close|fsync@openssh\.com) /,
    openssh: 'NO_SUCH_FILE',
    ours: 'FAILURE',
  },
  {
    why: 'REALPATH of `file/.` and `file/..`: OpenSSH takes the dots away as text, also behind what is no directory.',
    what: /^REALPATH .*\/file\/\.\.?$/,
    openssh: /^names /,
    ours: 'NO_SUCH_FILE',
  },
  {
    why: 'SETSTAT makes all changes or none; OpenSSH sets the times of a directory whose size it could not set.',
    what: /^SETSTAT .*: lstat .*\/(dir|empty|dirlink)\/?$/,
    openssh: 'directory 600 at 2',
    ours: 'directory 600 at 2000',
  },
  {
    why: 'The mode of a symlink cannot be set: version 3 has a code that says so.',
    what: /: lsetstat mode /,
    openssh: 'FAILURE',
    ours: 'OP_UNSUPPORTED',
  },
  {
    why: 'RENAME onto a symlink that leads nowhere fails, since the name is taken; OpenSSH replaces it where it renames no file.',
    what: /^RENAME .*: rename \S+\/(link|dirlink|dangling|loop) \S+\/(dangling|loop)$/,
    openssh: 'OK',
    ours: 'FAILURE',
  },
  {
    why: 'The same, in the listing afterwards.',
    what: /^RENAME .* after rename \S+\/(link|dirlink|dangling|loop) \S+\/(dangling|loop)$/,
    openssh: /^names /,
    ours: 'names . .. dangling dir dirlink empty file link loop',
  },
  {
    why: 'Where a rename or a link is refused for two reasons, RENAME and hardlink may name the other one.',
    what: /^(RENAME|hardlink) .*: (rename|hardlink@openssh\.com) /,
    openssh: REFUSED,
    ours: REFUSED,
  },
  {
    why: 'home-directory of the empty name is that of the user, as the draft of the extension has it.',
    what: /: home-directory of the empty name$/,
    openssh: 'FAILURE',
    ours: 'names /',
  },
  {
    why: 'Offsets and sizes beyond what a file can have: FAILURE "file too large". BAD_MESSAGE is for packets.',
    what: /: (read|write|fsetstat size) /,
    openssh: 'BAD_MESSAGE',
    ours: 'FAILURE',
  },
  {
    why: 'READ at 2^53-1 is past the end; the file system under OpenSSH has no such place.',
    what: / at 9007199254740991 of h$/,
    openssh: 'BAD_MESSAGE',
    ours: 'EOF',
  },
  {
    why: 'copy-data of more than there is: EOF however little is missing; OpenSSH says it only where 64 KiB or more are.',
    what: /^copy-data: copy-data 100 at 100003 of source to target at 0$/,
    openssh: 'OK',
    ours: 'EOF',
  },
  {
    why: 'copy-data that cannot be read or written fails; OpenSSH copies nothing and says OK.',
    what: /^copy-data: copy-data .*(to readonly|of writeonly|of directory) /,
    openssh: 'OK',
    ours: 'FAILURE',
  },
  {
    why: 'A packet that cannot be read is refused by itself; OpenSSH ends the session.',
    what: /a name with NUL in it$|an extended count of 2\^32-1$|a string longer than the packet$|no fields$|half an offset$/,
    openssh: 'closed',
    ours: 'BAD_MESSAGE',
  },
  {
    why: 'Attributes that version 3 does not have are refused; OpenSSH overlooks them.',
    what: /attributes with unknown flags$/,
    openssh: 'OK',
    ours: 'BAD_MESSAGE',
  },
  {
    why: 'Bytes left over are refused; OpenSSH overlooks them.',
    what: /bytes left over$/,
    openssh: 'file 644 of 0 bytes',
    ours: 'BAD_MESSAGE',
  },
  {
    why: 'A second INIT ends the session; OpenSSH answers it.',
    what: /a second INIT$/,
    openssh: 'packet 2',
    ours: 'closed',
  },
];
