/**
 * Bytes on their way to a socket. An ArrayBuffer is all there is in it: a view of it is one object more,
 * and where there are many files each of them lies far away in memory.
 */
export type Bytes = Uint8Array | ArrayBuffer;

/** Without the view, where nothing else lies in the same memory. */
export const bareOf = (view: Uint8Array): Bytes => {
  const { buffer } = view;
  const isAlone = buffer instanceof ArrayBuffer && buffer.byteLength === view.byteLength;
  return isAlone ? buffer : view;
};

export const viewOf = (bytes: Bytes): Uint8Array =>
  bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes;
