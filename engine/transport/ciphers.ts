/**
 * Cipher suites of TLS 1.2, in OpenSSL's names: forward secret and authenticated, nothing else, which
 * every client since 2014 has. Those of TLS 1.3 are all fit, and not chosen here.
 */
export const CIPHERS = [
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
].join(":");
