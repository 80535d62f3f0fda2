/** Tags of multiplexed frames (enum msgcode, rsync.h). On the wire each has `MULTIPLEX_BASE` added. */
export const TAG = {
  data: 0,
  errorTransfer: 1,
  info: 2,
  error: 3,
  warning: 4,
  ioError: 22,
  noop: 42,
  errorExit: 86,
  success: 100,
  deleted: 101,
  noSend: 102,
} as const;

export type Tag = (typeof TAG)[keyof typeof TAG];

/** MPLEX_BASE. */
export const MULTIPLEX_BASE = 7;
