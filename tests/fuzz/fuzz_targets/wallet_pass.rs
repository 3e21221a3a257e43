//! A wallet pass and the link around it: any text.
#![no_main]
use teranga_core::{card::signing::PublicKey, sensitive::Secret, wallet};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let key = Secret::take(&mut [1; 32]);
    let link = wallet::PassLink::parse(text).unwrap_or(wallet::PassLink { p: text, s: text });
    let _ = wallet::check(link.p, link.s, |_| Some(&key));
    if let Ok(pass) = wallet::SignedPass::parse(link.p) {
        let _ = pass.verify(&PublicKey([1; 32]));
    }
});
