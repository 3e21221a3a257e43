//! Why a card no longer counts. Kept with the card and in the audit; the public is told that it was revoked, not why.

use std::fmt;

macro_rules! reasons {
    ($($(#[doc = $doc:literal])* $name:ident $code:literal,)*) => {
        /// Why a card was revoked.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Reason {
            $($(#[doc = $doc])* $name,)*
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The reason in one word, as the database and the command line write it.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }
        }
    };
}

reasons! {
    /// Its holder no longer has it.
    Lost "lost",
    /// Somebody else may have it.
    Stolen "stolen",
    /// It can no longer be read.
    Damaged "damaged",
    /// A newer card of the same person took its place.
    Replaced "replaced",
    /// It was given to the wrong person, or holds something wrong.
    Mistake "mistake",
    /// Its holder has died.
    Deceased "deceased",
    /// Its holder asked for it.
    Asked "asked",
    /// An older system says so, without a reason.
    Imported "imported",
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.code())
    }
}

/// A word that is no reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a card is revoked as lost, stolen, damaged, replaced, mistake, deceased, asked or imported")]
pub struct NoReason;

impl std::str::FromStr for Reason {
    type Err = NoReason;

    fn from_str(text: &str) -> Result<Self, NoReason> {
        let known = Self::ALL.iter().find(|reason| reason.code() == text);
        known.copied().ok_or(NoReason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_read_back_and_the_error_names_them_all() {
        for reason in Reason::ALL {
            assert_eq!(reason.to_string().parse(), Ok(*reason));
            assert!(NoReason.to_string().contains(reason.code()));
        }
        assert_eq!("because".parse::<Reason>(), Err(NoReason));
    }
}
