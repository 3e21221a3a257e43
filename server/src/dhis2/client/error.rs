//! Why a server could not be read, and what to do.

/// Why a server could not be read. No message repeats what the server said or who was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// An address of another form.
    #[error("the address of the DHIS2 server has to be {0}")]
    Address(&'static str),
    /// An address inside a network.
    #[error(
        "the address leads into a private network; if the DHIS2 server is in your own, let an administrator allow it"
    )]
    Private,
    /// No connection.
    #[error("the DHIS2 server cannot be reached; check its address and whether it runs")]
    Unreachable,
    /// It took too long.
    #[error("the DHIS2 server took too long to answer; the sync goes on where it stopped, try again later")]
    Slow,
    /// Too much came.
    #[error("the DHIS2 server sent more than a page can hold; ask for smaller pages")]
    TooLarge,
    /// The password or the login is wrong.
    #[error("the DHIS2 server does not know this username with this password; check both")]
    SignIn,
    /// The token is wrong.
    #[error("the DHIS2 server does not take this personal access token; make a new one that may GET")]
    Token,
    /// It wants to be asked elsewhere.
    #[error("the DHIS2 server sends on to another address; enter the address at which it answers itself")]
    Redirected,
    /// Something else answers.
    #[error("what answers at this address is no DHIS2 server of version 2.36 or later; check the address")]
    NotDhis2,
    /// A version before the API.
    #[error("the DHIS2 server is older than 2.36, which has not the API that is read")]
    TooOld,
    /// The account may not.
    #[error("the account has no right to read this in DHIS2 ({0}); ask its administrator to share it")]
    NoRight(u16),
    /// It does not understand.
    #[error("the DHIS2 server refused the question ({0}); please report it with the server's version")]
    Refused(u16),
    /// It is asked too often.
    #[error("the DHIS2 server asks to be asked less often; the sync waits")]
    Busy(Option<u64>),
    /// It failed.
    #[error("the DHIS2 server failed ({0}); the sync goes on where it stopped, try again later")]
    Failed(u16),
    /// The answer ended early or is no JSON.
    #[error("the answer of the DHIS2 server was cut off; try again")]
    Torn,
    /// Rows are missing.
    #[error(
        "the DHIS2 server said {said} people and gave {given}; nothing was removed, the next sync reads all again"
    )]
    Short {
        /// The total that it said.
        said: u64,
        /// Different people that came.
        given: u64,
    },
    /// Too many are gone at once.
    #[error(
        "the DHIS2 server does not list {gone} of {known} people any more; nothing was removed: check the account's \
         rights there, and confirm with a sync that is told to remove them"
    )]
    Vanished {
        /// People who are not listed.
        gone: u64,
        /// People who were.
        known: u64,
    },
    /// The circuit is open.
    #[error(
        "the DHIS2 server failed again and again and is left alone for {seconds} s; its last reason: {reason}"
    )]
    LeftAlone {
        /// Seconds until it is asked again.
        seconds: u64,
        /// Why.
        reason: String,
    },
}

impl ClientError {
    /// Whether the same question may get an answer a moment later.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Unreachable | Self::Slow | Self::Busy(_) | Self::Failed(_) | Self::Torn
        )
    }

    /// Whether asking again would only get an account locked.
    pub fn is_sign_in(&self) -> bool {
        matches!(self, Self::SignIn | Self::Token)
    }

    /// The kind in one word, for the history of syncs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Address(_) => "address",
            Self::Private => "private-address",
            Self::Unreachable => "unreachable",
            Self::Slow => "slow",
            Self::TooLarge => "too-large",
            Self::SignIn => "sign-in",
            Self::Token => "token",
            Self::Redirected => "redirected",
            Self::NotDhis2 => "not-dhis2",
            Self::TooOld => "too-old",
            Self::NoRight(_) => "no-right",
            Self::Refused(_) => "refused",
            Self::Busy(_) => "busy",
            Self::Failed(_) => "failed",
            Self::Torn => "torn",
            Self::Short { .. } => "short",
            Self::Vanished { .. } => "vanished",
            Self::LeftAlone { .. } => "left-alone",
        }
    }
}
