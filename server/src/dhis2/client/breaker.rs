//! A server that keeps failing is left alone for a while, and then asked once.
//!
//! Closed, it lets everything pass. After [`MOST`] faults in a row it opens: nobody asks for a minute, then for two, four
//! and at most an hour. When the time is over, one probe passes (half open); its answer closes it or opens it for longer. A wrong password opens
//! it at once, because DHIS2 locks accounts that try again.

use serde::{Deserialize, Serialize};

use super::ClientError;

/// Faults in a row after which it opens.
const MOST: u32 = 5;

/// Milliseconds for which it opens first.
const FIRST: i64 = 60_000;

/// Milliseconds for which it opens at most.
const LONGEST: i64 = 3_600_000;

/// The state of a circuit. It is kept beside the connection, so that all machines see one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breaker {
    failures: u32,
    open: Option<Open>,
}

/// An open circuit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// Until when, in milliseconds since 1970.
    pub until: i64,
    /// How long it was opened for, in milliseconds.
    pub length: i64,
    /// Why, in the words of [`ClientError`].
    pub reason: String,
    /// A probe is under way.
    pub probing: bool,
}

impl Breaker {
    /// Asks to pass. The first who comes after the time is the probe.
    ///
    /// # Errors
    /// [`ClientError::LeftAlone`] while it is open.
    pub fn pass(&mut self, now: i64) -> Result<(), ClientError> {
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        if now < open.until {
            let left = open.until.saturating_sub(now).unsigned_abs();
            return Err(ClientError::LeftAlone {
                seconds: left.div_ceil(1_000),
                reason: open.reason.clone(),
            });
        }
        // A probe that died without an answer gives way to the next after the same time.
        open.until = now.saturating_add(open.length);
        open.probing = true;
        Ok(())
    }

    /// An answer came.
    pub fn succeed(&mut self) {
        *self = Self::default();
    }

    /// A fault. Only those of the server and of the way there count.
    pub fn fail(&mut self, now: i64, error: &ClientError) {
        if !(error.is_passing() || error.is_sign_in() || *error == ClientError::NotDhis2) {
            return;
        }
        self.failures = self.failures.saturating_add(1);
        let length = match &self.open {
            Some(open) => open.length.saturating_mul(2).min(LONGEST),
            None if error.is_sign_in() => LONGEST,
            None if self.failures >= MOST => FIRST,
            None => return,
        };
        self.open = Some(Open {
            until: now.saturating_add(length),
            length,
            reason: error.to_string(),
            probing: false,
        });
    }

    /// The open circuit; nothing while it is closed.
    pub fn open(&self) -> Option<&Open> {
        self.open.as_ref()
    }

    /// closed, open or half-open.
    pub fn state(&self, now: i64) -> &'static str {
        match &self.open {
            None => "closed",
            Some(open) if open.probing || now >= open.until => "half-open",
            Some(_) => "open",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_faults_in_a_row_and_closes_with_a_probe() {
        let mut breaker = Breaker::default();
        for at in 0..i64::from(MOST) {
            assert!(breaker.pass(at).is_ok());
            breaker.fail(at, &ClientError::Slow);
        }
        assert_eq!(breaker.state(10), "open");
        let refused = breaker.pass(10).unwrap_err();
        assert!(refused.to_string().contains("took too long"), "{refused}");
        let later = FIRST + 10;
        assert!(breaker.pass(later).is_ok(), "a probe");
        assert_eq!(breaker.state(later), "half-open");
        assert!(breaker.pass(later).is_err(), "one alone");
        breaker.fail(later, &ClientError::Failed(503));
        assert!(breaker.pass(later + FIRST).is_err(), "for twice as long");
        assert!(breaker.pass(later + 2 * FIRST).is_ok());
        breaker.succeed();
        assert_eq!(breaker, Breaker::default());
    }

    #[test]
    fn a_wrong_password_is_not_tried_again_and_a_refused_question_is_nobodys_fault() {
        let mut breaker = Breaker::default();
        for _ in 0..20 {
            breaker.fail(0, &ClientError::Refused(409));
        }
        assert_eq!(breaker.state(0), "closed");
        breaker.fail(0, &ClientError::SignIn);
        assert!(breaker.pass(LONGEST - 1).is_err());
        assert!(breaker.pass(LONGEST).is_ok());
    }
}
