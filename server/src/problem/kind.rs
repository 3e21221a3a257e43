//! The table of everything that can go wrong, as programs see it.

use axum::http::StatusCode;

macro_rules! kinds {
    ($($name:ident $status:ident $code:literal $title:literal,)*) => {
        /// What went wrong. Code, status and title of a kind never change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Kind {
            $(#[doc = $title] $name,)*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The HTTP status.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status),* }
            }

            /// The kind in one word.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }

            /// The kind in words.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title),* }
            }
        }
    };
}

kinds! {
    Malformed BAD_REQUEST "malformed" "The request cannot be read",
    Unauthenticated UNAUTHORIZED "unauthenticated" "Sign in first",
    WrongCredentials UNAUTHORIZED "wrong-credentials" "The sign-in did not succeed",
    CodeNeeded UNAUTHORIZED "code-needed" "Send the code of the second factor too",
    SessionEnded UNAUTHORIZED "session-ended" "The session has ended: sign in again",
    UnknownDevice UNAUTHORIZED "unknown-device" "The server does not know this device: enroll it again, with the same keys",
    ChallengeRefused UNAUTHORIZED "challenge-refused" "The challenge is too old or was used: ask for another",
    SessionExpired UNAUTHORIZED "session-expired" "The device's session has ended: open another",
    SecondFactorNeeded FORBIDDEN "second-factor-needed" "Set up a second factor first",
    PasswordChangeNeeded FORBIDDEN "password-change-needed" "Choose a password of your own first",
    Forbidden FORBIDDEN "forbidden" "The account has no right to do this",
    TicketRefused FORBIDDEN "ticket-refused" "The ticket is wrong, too old, or was used by another device: ask for a new one",
    DeviceRevoked FORBIDDEN "device-revoked" "The device was revoked: speak to your supervisor",
    NotFound NOT_FOUND "not-found" "There is nothing here",
    MethodNotAllowed METHOD_NOT_ALLOWED "method-not-allowed" "This address knows other methods only",
    NotAcceptable NOT_ACCEPTABLE "not-acceptable" "There is no answer of the kind that was asked for",
    TooSlow REQUEST_TIMEOUT "too-slow" "The request did not arrive in time",
    Conflict CONFLICT "conflict" "Something with the same value is there already",
    Gone GONE "gone" "What was here is no longer",
    QuotaUsedUp CONFLICT "quota-used-up" "More cards than the organization may make",
    Changed PRECONDITION_FAILED "changed" "It was changed by someone else meanwhile: read it again",
    TooLarge PAYLOAD_TOO_LARGE "too-large" "The request is too large",
    AddressTooLong URI_TOO_LONG "address-too-long" "The address is too long",
    UnsupportedMediaType UNSUPPORTED_MEDIA_TYPE "unsupported-media-type" "Send the body as application/json",
    RangeNotSatisfiable RANGE_NOT_SATISFIABLE "range-not-satisfiable" "The file has no such bytes",
    Invalid UNPROCESSABLE_ENTITY "invalid" "The request has fields that are not as they should be",
    WeakPassword UNPROCESSABLE_ENTITY "weak-password" "The password is too easy to guess",
    UpgradeNeeded UPGRADE_REQUIRED "upgrade-needed" "Open this address as a WebSocket",
    TooManyRequests TOO_MANY_REQUESTS "too-many-requests" "Too many requests: wait a moment",
    HeadersTooLarge REQUEST_HEADER_FIELDS_TOO_LARGE "headers-too-large" "The request's headers are too large",
    Internal INTERNAL_SERVER_ERROR "internal" "The server failed: tell its administrator the request's id",
    Unavailable SERVICE_UNAVAILABLE "unavailable" "The server cannot do this now: try again in a moment",
    TookTooLong GATEWAY_TIMEOUT "took-too-long" "The server did not finish in time: try again",
    StorageFull INSUFFICIENT_STORAGE "storage-full" "The server has no room left: tell its administrator",
}

impl Kind {
    /// The stable name of the kind.
    pub fn uri(self) -> String {
        format!("urn:teranga:problem:{}", self.code())
    }

    /// The kind that a bare status stands for: the first of that status, else what is nearest.
    pub fn of_status(status: StatusCode) -> Self {
        let known = Self::ALL.iter().find(|kind| kind.status() == status);
        match known {
            Some(kind) => *kind,
            None if status.is_client_error() => Self::Malformed,
            None => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_the_table_is_as_it_was() {
        let mut codes: Vec<&str> = Kind::ALL.iter().map(|kind| kind.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Kind::ALL.len());
        let table: Vec<String> = Kind::ALL
            .iter()
            .map(|kind| format!("{} {} {}", kind.status().as_u16(), kind.code(), kind.title()))
            .collect();
        insta::assert_snapshot!(table.join("\n"));
    }

    #[test]
    fn a_bare_status_finds_its_kind() {
        assert_eq!(
            Kind::of_status(StatusCode::METHOD_NOT_ALLOWED),
            Kind::MethodNotAllowed
        );
        assert_eq!(Kind::of_status(StatusCode::UNAUTHORIZED), Kind::Unauthenticated);
        assert_eq!(Kind::of_status(StatusCode::IM_A_TEAPOT), Kind::Malformed);
        assert_eq!(Kind::of_status(StatusCode::BAD_GATEWAY), Kind::Internal);
    }
}
