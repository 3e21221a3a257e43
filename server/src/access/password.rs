//! Passwords: which are good enough, and how they are kept.
//!
//! Argon2id with 19 MiB and two passes (OWASP's password storage cheat sheet), on threads of their own. Whether a
//! password is easy to guess is judged by `zxcvbn`, which knows 30,000 passwords that many people use, names, words,
//! keyboards and dates, and how people disguise them.

use std::sync::LazyLock;

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use teranga_core::ids::{self, OsRandom, Random};
use teranga_core::sensitive::Sensitive;
use zeroize::Zeroizing;

use crate::app::{Heavy, TooMuch};
use crate::problem::{Kind, Problem};

/// A password as it came: neither printed nor kept.
#[derive(Clone, serde::Deserialize)]
#[serde(from = "String")]
pub struct Password(Zeroizing<String>);

impl std::fmt::Debug for Password {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("[withheld]")
    }
}

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl Password {
    /// Takes a text for a password.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text. Whoever calls this answers for where it goes.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Longest password, in bytes: long enough for any sentence, short enough to hash.
pub const LONGEST: usize = 1024;

/// Fewest characters where the password stands alone.
const ALONE: usize = 15;

/// Fewest characters beside a second factor.
const WITH_FACTOR: usize = 8;

/// What an organization asks for beyond that.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Policy {
    /// Small letters, capitals, digits and others: at least three of the four.
    #[serde(default)]
    pub password_classes: bool,
}

/// What a new password is held against.
#[derive(Debug, Clone, Default)]
pub struct Setting {
    /// What the organization asks for.
    pub policy: Policy,
    /// Whether the account has a second factor.
    pub has_second_factor: bool,
    /// What is known of the account, and so no password: login, name, organization.
    pub about: Vec<String>,
}

/// Whether a new password is good enough; the problem says what to do.
pub fn check(password: &Password, setting: &Setting) -> Result<(), Problem> {
    let weak = |words: &str| Err(Problem::new(Kind::WeakPassword).saying(words));
    let text = password.reveal();
    let fewest = if setting.has_second_factor {
        WITH_FACTOR
    } else {
        ALONE
    };
    if text.chars().count() < fewest {
        return weak(if setting.has_second_factor {
            "take at least 8 characters; a sentence is easy to remember"
        } else {
            "take at least 15 characters (8 once there is a second factor); a sentence is easy to remember"
        });
    }
    if text.len() > LONGEST {
        return weak("take at most 1024 bytes");
    }
    if setting.policy.password_classes && classes(text) < 3 {
        return weak("the organization asks for three of: small letters, capitals, digits, other characters");
    }
    let about: Vec<&str> = setting
        .about
        .iter()
        .map(String::as_str)
        .chain(["teranga"])
        .collect();
    if zxcvbn::zxcvbn(text, &about).score() < zxcvbn::Score::Three {
        return weak(
            "many people use such a password, or it is easy to guess; take words that have nothing to do with each other",
        );
    }
    Ok(())
}

fn classes(text: &str) -> usize {
    let has = |is: fn(char) -> bool| usize::from(text.chars().any(is));
    has(char::is_lowercase) + has(char::is_uppercase) + has(char::is_numeric) + has(|c| !c.is_alphanumeric())
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).unwrap_or(Params::DEFAULT);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The PHC string of a password.
pub fn hash_now(password: &Password, random: &mut impl Random) -> Result<String, Problem> {
    let salt: [u8; 16] = ids::bytes(random).map_err(Problem::internal)?;
    let hashed = argon2().hash_password_with_salt(password.reveal().as_bytes(), &salt);
    Ok(hashed.map_err(Problem::internal)?.to_string())
}

/// The PHC string of a password, made on a thread for it.
pub async fn hash(heavy: &Heavy, password: &Password) -> Result<String, Problem> {
    let password = password.clone();
    heavy.run(move || hash_now(&password, &mut OsRandom)).await?
}

/// What a password is held against where there is no account, so that the answer takes as long.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| {
    let nothing = Password::new(String::new());
    hash_now(&nothing, &mut OsRandom).ok()
});

/// Whether a password is the one of an account; without an account it takes as long and is not.
pub async fn verify(heavy: &Heavy, password: &Password, kept: Option<String>) -> Result<bool, Problem> {
    let password = password.clone();
    let verified = heavy.run(move || {
        let nobody = NOBODY.clone();
        let is_someone = kept.is_some();
        let kept = kept.or(nobody).unwrap_or_default();
        let fits = PasswordHash::new(&kept).is_ok_and(|kept| {
            argon2()
                .verify_password(password.reveal().as_bytes(), &kept)
                .is_ok()
        });
        fits && is_someone
    });
    Ok(verified.await?)
}

/// A password for someone else, who has to change it: 20 characters that are not taken for one another.
pub fn draw(random: &mut impl Random) -> Result<Sensitive<String>, Problem> {
    const ALPHABET: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let text = ids::string_from(ALPHABET, 20, random).map_err(Problem::internal)?;
    let groups: Vec<&str> = [0, 5, 10, 15].into_iter().map(|at| &text[at..at + 5]).collect();
    Ok(Sensitive::new(groups.join("-")))
}

impl From<TooMuch> for Problem {
    fn from(error: TooMuch) -> Self {
        Self::new(Kind::Unavailable).because(error).retry_after(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, setting: &Setting) -> Option<Kind> {
        check(&Password::new(text.into()), setting)
            .err()
            .map(|problem| problem.kind)
    }

    #[test]
    fn a_password_is_long_or_has_a_second_factor_and_is_no_common_one() {
        let alone = Setting::default();
        let with = Setting {
            has_second_factor: true,
            ..Setting::default()
        };
        assert_eq!(said("baobab lantern quilt", &alone), None);
        assert_eq!(
            said("vK4#pezu", &alone),
            Some(Kind::WeakPassword),
            "too short alone"
        );
        assert_eq!(said("vK4#pezu9q", &with), None);
        for common in [
            "passwordpassword",
            "aaaaaaaaaaaaaaaaaaaa",
            "qwertyuiopasdfghjkl",
            "123456789012345678",
            "P@ssw0rd12345678",
        ] {
            assert_eq!(said(common, &alone), Some(Kind::WeakPassword), "{common}");
        }
        assert_eq!(
            said(&"baobab lantern ".repeat(70), &alone),
            Some(Kind::WeakPassword),
            "too long"
        );
    }

    #[test]
    fn what_is_known_of_the_account_is_no_password_and_classes_may_be_asked_for() {
        let about = Setting {
            about: vec!["awa.ndiaye@sante.example".into()],
            ..Setting::default()
        };
        assert_eq!(said("awa.ndiaye@sante.example", &about), Some(Kind::WeakPassword));
        let classes = Setting {
            policy: Policy {
                password_classes: true,
            },
            ..Setting::default()
        };
        assert_eq!(said("baobab lantern quilt", &classes), Some(Kind::WeakPassword));
        assert_eq!(said("Baobab lantern quilt", &classes), None);
    }

    #[tokio::test]
    async fn a_kept_password_is_argon2id_with_19_mib_and_two_passes() {
        let heavy = Heavy::default();
        let password = Password::new("baobab lantern quilt".into());
        let kept = hash(&heavy, &password).await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(verify(&heavy, &password, Some(kept.clone())).await.unwrap());
        let other = Password::new("baobab lantern quill".into());
        assert!(!verify(&heavy, &other, Some(kept)).await.unwrap());
        assert!(
            !verify(&heavy, &Password::new(String::new()), None).await.unwrap(),
            "nobody has no password"
        );
        assert_eq!(format!("{password:?}"), "[withheld]");
    }

    #[test]
    fn a_drawn_password_is_good_enough() {
        let drawn = draw(&mut OsRandom).unwrap().into_revealed();
        assert_eq!(said(&drawn, &Setting::default()), None, "{drawn}");
    }
}
