//! Which version a server is, as far as its answers differ.

/// A version of DHIS2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edition {
    /// 2.36 to 2.39, from their documentation alone.
    Published,
    /// 2.40, as recorded.
    V40,
    /// 2.41, as recorded.
    V41,
    /// 2.42, as recorded.
    V42,
}

impl Edition {
    /// The edition of a version such as `2.41.5.1`; a later one answers as the last that is known.
    pub fn of(version: &str) -> Self {
        let minor = version.split('.').nth(1).and_then(|part| part.parse().ok());
        match minor.unwrap_or(0) {
            0..40 => Self::Published,
            40 => Self::V40,
            41 => Self::V41,
            _ => Self::V42,
        }
    }

    /// Whether it is 2.40 or before, whose habits changed with 2.41.
    pub(super) fn is_old(self) -> bool {
        self <= Self::V40
    }
}
