//! The second factor: time-based one-time passwords (RFC 6238), HMAC-SHA-1, six digits, 30 seconds, as every
//! authenticator app has them. A code counts once.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use subtle::ConstantTimeEq as _;

/// Seconds that a code stands.
const PERIOD: i64 = 30;

/// Bytes of a new secret: as long as the hash (RFC 4226, section 4).
pub const SECRET: usize = 20;

/// How many steps a phone's clock may be off, before and after.
const DRIFT: i64 = 1;

/// The code of a step, RFC 4226 section 5.3.
fn code(secret: &[u8], step: i64, modulus: u32) -> u32 {
    // HMAC takes a key of any length.
    let Ok(mac) = Hmac::<Sha1>::new_from_slice(secret) else {
        return 0;
    };
    let digest = mac.chain_update(step.to_be_bytes()).finalize().into_bytes();
    let at = usize::from(digest[19] & 0xf);
    let word = u32::from_be_bytes([digest[at], digest[at + 1], digest[at + 2], digest[at + 3]]);
    (word & 0x7fff_ffff) % modulus
}

/// The step of a code that stands now and is later than the last one that was taken.
pub fn step_of(secret: &[u8], given: &str, now_seconds: i64, last: i64) -> Option<i64> {
    let now = now_seconds / PERIOD;
    let mut found = None;
    // All are compared, so that the time does not say which fits.
    for step in now - DRIFT..=now + DRIFT {
        let text = format!("{:06}", code(secret, step, 1_000_000));
        if bool::from(text.as_bytes().ct_eq(given.as_bytes())) && step > last {
            found = Some(step);
        }
    }
    found
}

/// The code of now, as an authenticator shows it.
#[cfg(test)]
pub fn code_now(secret: &[u8], now_seconds: i64) -> String {
    format!("{:06}", code(secret, now_seconds / PERIOD, 1_000_000))
}

/// What an authenticator reads from a QR code (the key URI format of Google Authenticator).
pub fn uri(secret_base32: &str, login: &str) -> String {
    let mut label = String::new();
    for byte in login.bytes() {
        if byte.is_ascii_alphanumeric() || b".-_".contains(&byte) {
            label.push(char::from(byte));
        } else {
            label.push_str(&format!("%{byte:02X}"));
        }
    }
    format!(
        "otpauth://totp/Teranga:{label}?secret={secret_base32}&issuer=Teranga&algorithm=SHA1&digits=6&period=30"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B.
    #[test]
    fn codes_are_those_of_the_rfc() {
        for (seconds, wanted) in [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000, 65_353_130),
        ] {
            assert_eq!(
                code(b"12345678901234567890", seconds / PERIOD, 100_000_000),
                wanted,
                "{seconds}"
            );
        }
    }

    #[test]
    fn a_code_counts_once_and_for_a_minute_and_a_half() {
        let secret = [7; SECRET];
        let now = 1_000 * PERIOD;
        let given = code_now(&secret, now);
        assert_eq!(step_of(&secret, &given, now, 0), Some(1_000));
        assert_eq!(
            step_of(&secret, &given, now + PERIOD, 999),
            Some(1_000),
            "a slow clock"
        );
        assert_eq!(step_of(&secret, &given, now, 1_000), None, "twice");
        assert_eq!(step_of(&secret, &given, now, 1_001), None, "after a later one");
        assert_eq!(step_of(&secret, &given, now + 2 * PERIOD, 0), None, "too late");
        for other in ["", "12345", "1234567", "abcdef", " 12345"] {
            assert_eq!(step_of(&secret, other, now, 0), None, "{other}");
        }
    }

    #[test]
    fn a_login_is_escaped_in_the_uri() {
        assert!(
            uri("ABC", "awa+a@b.example")
                .starts_with("otpauth://totp/Teranga:awa%2Ba%40b.example?secret=ABC&")
        );
    }
}
