/** Commands and devices that a rewritten line names; no person has any of them. */
export const RUN = '__run';
export const OPEN_PIPE = '__open';
export const CLOSE_PIPE = '__close';
export const FEED = '__feed';
export const NEST = '__nest';
/** For NEST: its commands come from its own standard input. */
export const PIPED = '--piped';
export const REDIRECT_SESSION = '__redirect';
export const OUT = '/dev/.out';
export const ERR = '/dev/.err';
export const LINE = '/dev/.line';
