/** What an entry's flags say (XMIT_*, rsync.h). Some bits mean another thing by protocol or type. */
export const FLAG = {
  topDirectory: 0x0001,
  sameMode: 0x0002,
  /** Protocol 28 and newer, without variable flags: a second byte follows. */
  extended: 0x0004,
  /** Before protocol 28. */
  sameDeviceOld: 0x0004,
  sameUid: 0x0008,
  sameGid: 0x0010,
  sameName: 0x0020,
  longName: 0x0040,
  sameTime: 0x0080,
  /** Devices. */
  sameMajor: 0x0100,
  /** Directories, protocol 30. */
  noContent: 0x0100,
  hardLinked: 0x0200,
  /** Protocols 28 and 29. */
  sameDevice: 0x0400,
  userName: 0x0400,
  /** Protocols 28 and 29. */
  minorByte: 0x0800,
  groupName: 0x0800,
  hardLinkFirst: 0x1000,
  /** With `extended` alone: the end of the list, with an error. */
  endWithError: 0x1000,
  nanoseconds: 0x2000,
  sameAccessTime: 0x4000,
  creationIsModification: 0x20000,
} as const;
