//! Wallet passes: a card that lives on its holder's phone, as a link `https://host/verify?p=…&s=…`.
//!
//! ```text
//! p    = base64url, no padding, of [ body: bstr, signature: bstr .size 64 ]
//! body = { 1: version (1), 2: kid (bstr .size 4), 3: campaign prefix, 4: card token (bstr .size 16),
//!          5: issued (day), 6: expires (day) }          signature over "teranga/pass/v1" 00 body
//! s    = HMAC-SHA-256(pass key, the exact characters of p), 64 lower-case hexadecimal digits
//! ```
//! Two proofs, for two kinds of reader. `s` is the published form: only the server, which holds the pass key, can check
//! it ([`check()`]). The Ed25519 signature inside `p` lets phones and portals verify a pass offline with the trust list
//! ([`scan()`]), so that no device holds a secret that could make one. Days count from 1970-01-01. No personal data.

mod check;
mod link;
mod pass;
mod scan;

pub use check::{InvalidPass, PassKey, check, seal};
pub use link::{MAX_LINK, PassLink};
pub use pass::{MAX_PASS, Pass, PassError, SignedPass};
pub use scan::scan;
