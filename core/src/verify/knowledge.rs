//! How much a verdict knows: the age of the lists, and whether the device's clock can be believed.
//!
//! A phone's clock is set by hand, by a dead battery, or by somebody who wants an expired card to pass. The last time
//! that a server signed is a floor: a clock behind it is wrong, that is said, and dates are judged by the floor.

use jiff::{SignedDuration, Timestamp};

use crate::registry::Freshness;

/// The device's clock against the last time that a server vouched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockFloor {
    /// What the device's clock says.
    pub device: Timestamp,
    /// The newest time in anything signed that this device has accepted.
    pub trusted: Option<Timestamp>,
}

impl ClockFloor {
    /// The time by which dates are judged: the later of the two.
    pub fn now(&self) -> Timestamp {
        self.trusted
            .map_or(self.device, |trusted| trusted.max(self.device))
    }

    /// Whether the device's clock is certainly wrong.
    pub fn is_behind(&self) -> bool {
        self.trusted.is_some_and(|trusted| self.device < trusted)
    }
}

/// How old the knowledge behind a verdict is. It never changes the verdict: it turns a green screen amber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Knowledge {
    /// The device's clock is behind the last trusted time: set it right.
    pub clock_behind: bool,
    /// When the newest list or delta was signed; none without any list.
    pub as_of: Option<Timestamp>,
    /// Time since then.
    pub age: Option<SignedDuration>,
    /// The next list was to be expected before now, or there is no list.
    pub overdue: bool,
}

impl Knowledge {
    /// What is known at a moment.
    pub fn at(clock: &ClockFloor, freshness: Option<Freshness>) -> Self {
        let now = clock.now();
        Self {
            clock_behind: clock.is_behind(),
            as_of: freshness.map(|freshness| freshness.as_of),
            age: freshness.map(|freshness| now.duration_since(freshness.as_of).max(SignedDuration::ZERO)),
            overdue: freshness.is_none_or(|freshness| now > freshness.next_update),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_clock_behind_the_last_trusted_time_is_said_and_not_believed() {
        let clock = ClockFloor {
            device: at("2020-01-01T00:00:00Z"),
            trusted: Some(at("2026-05-01T12:00:00Z")),
        };
        assert!(clock.is_behind());
        assert_eq!(clock.now(), at("2026-05-01T12:00:00Z"));
        let good = ClockFloor {
            device: at("2026-05-02T00:00:00Z"),
            ..clock
        };
        assert!(!good.is_behind());
        assert_eq!(good.now(), good.device);
        assert!(
            !ClockFloor {
                trusted: None,
                ..clock
            }
            .is_behind()
        );
    }

    #[test]
    fn a_list_past_its_next_update_is_overdue_and_has_an_age() {
        let freshness = Freshness {
            as_of: at("2026-05-01T00:00:00Z"),
            next_update: at("2026-05-08T00:00:00Z"),
        };
        let knowledge = |device| {
            Knowledge::at(
                &ClockFloor {
                    device: at(device),
                    trusted: None,
                },
                Some(freshness),
            )
        };
        let fresh = knowledge("2026-05-03T00:00:00Z");
        assert_eq!(
            (fresh.age, fresh.overdue),
            (Some(SignedDuration::from_hours(48)), false)
        );
        assert!(knowledge("2026-05-08T00:00:01Z").overdue);
        assert_eq!(
            knowledge("2026-04-01T00:00:00Z").age,
            Some(SignedDuration::ZERO),
            "never negative"
        );
        let none = Knowledge::at(
            &ClockFloor {
                device: at("2026-05-03T00:00:00Z"),
                trusted: None,
            },
            None,
        );
        assert_eq!((none.age, none.overdue), (None, true));
    }
}
