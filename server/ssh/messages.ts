/** Message types (RFC 4250 section 4.1.2), as far as a server sends or understands them. */
export const MESSAGE = {
  disconnect: 1,
  ignore: 2,
  unimplemented: 3,
  debug: 4,
  serviceRequest: 5,
  serviceAccept: 6,
  extInfo: 7,
  keyExchangeInit: 20,
  userAuthRequest: 50,
  userAuthFailure: 51,
  userAuthSuccess: 52,
  userAuthBanner: 53,
  userAuthPublicKeyOk: 60,
  userAuthInfoRequest: 60,
  userAuthInfoResponse: 61,
  globalRequest: 80,
  requestSuccess: 81,
  requestFailure: 82,
  channelOpen: 90,
  channelOpenConfirmation: 91,
  channelOpenFailure: 92,
  channelWindowAdjust: 93,
  channelData: 94,
  channelExtendedData: 95,
  channelEof: 96,
  channelClose: 97,
  channelRequest: 98,
  channelSuccess: 99,
  channelFailure: 100,
} as const;

/** Reasons of a DISCONNECT (RFC 4250 section 4.2.2). */
export const DISCONNECT = {
  protocolError: 2,
  keyExchangeFailed: 3,
  serviceNotAvailable: 7,
  connectionLost: 10,
  byApplication: 11,
  tooManyConnections: 12,
  noMoreAuthMethods: 14,
} as const;

export type DisconnectReason = (typeof DISCONNECT)[keyof typeof DISCONNECT];

/** Reasons of a CHANNEL_OPEN_FAILURE (RFC 4250 section 4.3.2). */
export const OPEN_FAILURE = {
  prohibited: 1,
  unknownType: 3,
  resourceShortage: 4,
} as const;

/** `data_type_code` of CHANNEL_EXTENDED_DATA (RFC 4250 section 4.4.2). */
export const STDERR = 1;
