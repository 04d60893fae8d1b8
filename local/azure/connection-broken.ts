/** The connection ended without an answer: a planned fault, or a host that no vault has. In process it becomes the client's own error, on the TLS port the socket is destroyed. */
export class ConnectionBroken extends Error {
  override readonly name = 'ConnectionBroken';
  /** As Node names it: reset by the other side, or no such host. */
  readonly code: 'ECONNRESET' | 'ENOTFOUND';
  readonly url: string;
  constructor(code: 'ECONNRESET' | 'ENOTFOUND', url: string) {
    super(
      code === 'ECONNRESET'
        ? `The connection was broken by plan: ${url}`
        : `getaddrinfo ENOTFOUND: the local Azure has no vault at ${url}`,
    );
    this.code = code;
    this.url = url;
  }
}
