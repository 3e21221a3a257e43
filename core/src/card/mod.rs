//! Cards: keys, tokens, the signed payload of the QR code, and the code that is printed for when the QR is damaged.
//!
//! A card says nothing about its holder. Its QR code is a CWT ([`payload`]) that carries a token ([`token`]) and two
//! dates, signed by the issuer key of a campaign or of a lot of blank cards; the text around it ([`text`]) is a URL or a
//! compact form. Whoever has the organisation's trust list ([`trust`]) can tell a genuine card without asking anyone,
//! and nobody who verifies holds a key that could make one ([`key`], [`signing`]).

pub mod cbor;
pub mod code;
pub mod key;
pub mod legacy;
pub mod payload;
pub mod public;
pub mod signing;
pub mod text;
pub mod token;
pub mod trust;
mod trust_sign;
mod trust_wire;
